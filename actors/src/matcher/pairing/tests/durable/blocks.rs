//! How what waits lies in blocks.

use super::*;
use crate::matcher::PAIRING_TABLES;

fn many(edges: u64, service: impl Fn(u64) -> String) -> HalfEdges {
    let mut halves = batch(&[half(1, 1, EdgeKind::Client, "")]);
    let (template, mut texts) = (halves.halves[0], Texts::new());
    halves.halves = (1..=edges)
        .map(|span| HalfEdge {
            key: CallKey {
                trace_id: [7; 16],
                span_id: span.to_be_bytes(),
            },
            service: texts.insert(service(span).as_bytes()).unwrap(),
            ..template
        })
        .collect();
    halves.texts = Arc::new(texts);
    halves
}

fn blocks_of(halves: &HalfEdges) -> Blocks {
    let mut pairing = pairing(halves.halves.len());
    pairing.apply(halves, START);
    saved(&pairing.freeze(3, &settings(10)).unwrap())
}

#[test]
fn many_edges_lie_in_many_blocks_in_the_order_in_which_they_expire() {
    let blocks = blocks_of(&many(2_500, |span| format!("service-{}", span % 3)));
    assert_eq!(blocks.len(), 3);
    assert!(
        blocks
            .iter()
            .all(|(place, _)| PAIRING_TABLES.contains(&place.table))
    );
    let mut loaded = load(&settings(10), 1, &blocks).remove(0);
    let edges = loaded.take_edges();
    let spans: Vec<_> = edges.map(|loaded| loaded.edge.key.span_id).collect();
    assert!(spans.len() == 2_500 && spans.is_sorted());
    let bytes: usize = blocks.iter().map(|(_, block)| block.len()).sum();
    assert!(bytes < 2_500 * 100, "{bytes} bytes");
}

#[test]
fn a_block_with_much_text_has_fewer_edges() {
    let long = "x".repeat(3 << 20);
    let blocks = blocks_of(&many(7, |span| format!("{span}{long}")));
    assert_eq!(blocks.len(), 3);
    assert!(blocks.iter().all(|(_, block)| block.len() < 10 << 20));
    let loaded = load(&settings(10), 2, &blocks);
    let edges: usize = loaded.iter().map(LoadedPairing::pending_edges).sum();
    assert_eq!(edges, 7);
}

#[test]
fn many_marks_lie_in_many_blocks() {
    let mut halves = many(1_025, |_| "noisy".to_owned());
    halves.halves.iter_mut().for_each(|half| half.filtered = true);
    let blocks = blocks_of(&halves);
    assert_eq!(blocks.len(), 2);
    let marks: usize = load(&settings(10), 4, &blocks)
        .iter()
        .map(|loaded| loaded.marks.len())
        .sum();
    assert_eq!(marks, 1_025);
}

#[test]
fn nothing_that_waits_is_no_block() {
    let image = pairing(10).freeze(1, &settings(10)).unwrap();
    assert!(saved(&image).is_empty());
    let tables: Vec<_> = image.tables().iter().map(|table| table.table).collect();
    assert_eq!(tables, [0x1000_0010, 0x1000_0011]);
}

/// What this version wrote must be read by later ones: a field may be added, but none may change.
#[test]
fn blocks_are_as_they_have_always_been() {
    let settings = ServiceGraphsSettings {
        dimensions: vec!["tier".into()],
        enable_client_server_prefix: true,
        ..settings(10)
    };
    let mut pairing = Pairing::new(&settings, PairingBudgets::new(&settings));
    let mut halves = batch(&[Written {
        peer: Some(""),
        failed: true,
        ..half(1, 2, EdgeKind::Producer, "shop")
    }]);
    halves.dimensions = vec![Arc::make_mut(&mut halves.texts).insert(b"gold").unwrap()];
    pairing.apply(&halves, START);
    let filtered = Written {
        filtered: true,
        ..half(3, 4, EdgeKind::Consumer, "noisy")
    };
    let mut filtered = batch(&[filtered]);
    filtered.dimensions = vec![TextId::ABSENT];
    pairing.apply(&filtered, START);
    let blocks = saved(&pairing.freeze(0, &settings).unwrap());
    let encoded: Vec<_> = blocks.iter().map(|(_, block)| hex::encode(block)).collect();
    assert_eq!(encoded, [EDGE, MARK]);
}

const EDGE: &str = "0a080a04746965721001120e0a0873686f70676f6c64120204041a18010101010101010101010101010101010202020202\
    020202220680a0abfef9622a01023201013a01014201024a01035201015a01016201006a08000000000000d03f7208000000000000000\
    07a08807c814a0000000082010800000000000000008a0108000000000000f03f9201020300";

const MARK: &str = "0a1803030303030303030303030303030303040404040404\
    0404120680a0abfef9621a0101220100";
