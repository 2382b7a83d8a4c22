//! What finds no room, in the table or for its texts.

use super::*;

#[test]
fn a_full_table_drops_halves_that_would_wait_and_no_others() {
    let mut pairing = pairing(0);
    let now = START;
    let mut database = batch(&[half(3, 1, EdgeKind::Client, "shop")]);
    database.halves[0].connection = Connection::Database;
    database.halves[0].database = database.halves[0].service;
    pairing.apply(
        &batch(&[
            half(1, 1, EdgeKind::Client, "a"),
            half(2, 1, EdgeKind::Client, "b"),
        ]),
        now,
    );
    pairing.apply(&database, now);
    pairing.apply(&batch(&[half(1, 1, EdgeKind::Server, "s")]), now);
    let (edges, outcomes) = taken(&mut pairing);
    assert_eq!(names(&edges), [("shop", "shop", "database"), ("a", "s", "")]);
    assert_eq!((outcomes.dropped_full, outcomes.paired), (1, 3));
}

/// Pairing whose waiting edges may have so many bytes of text.
fn pairing_with_text_bytes(max_text_bytes: usize) -> (Pairing, PairingBudgets) {
    let settings = ServiceGraphsSettings {
        max_text_bytes,
        ..settings(1_000)
    };
    let budgets = PairingBudgets::new(&settings);
    (Pairing::new(&settings, budgets.clone()), budgets)
}

fn long_name(number: u8) -> &'static str {
    String::leak(format!("{number}{}", "x".repeat(2_000)))
}

#[test]
fn halves_whose_texts_find_no_room_are_dropped_and_those_that_complete_an_edge_are_not() {
    let (mut pairing, budgets) = pairing_with_text_bytes(10_000);
    let now = START;
    for call in 1..=10 {
        pairing.apply(&batch(&[half(1, call, EdgeKind::Client, long_name(call))]), now);
    }
    let (_, outcomes) = taken(&mut pairing);
    assert_eq!((pairing.pending_edges(), outcomes.dropped_full), (4, 6));
    assert!(
        budgets.text_bytes.taken() <= 10_000 + 2_100,
        "{}",
        budgets.text_bytes.taken()
    );
    pairing.apply(&batch(&[half(1, 1, EdgeKind::Server, long_name(99))]), now);
    let (edges, outcomes) = taken(&mut pairing);
    assert_eq!((edges.edges.len(), outcomes.dropped_full), (1, 0));
}

#[test]
fn a_half_that_leaves_its_edge_waiting_finds_no_room_either() {
    let (mut pairing, _) = pairing_with_text_bytes(5_000);
    let now = START;
    pairing.apply(&batch(&[half(1, 1, EdgeKind::Client, "shop")]), now);
    for peer in 1..=9 {
        let again = Written {
            peer: Some(long_name(peer)),
            ..half(1, 1, EdgeKind::Client, "shop")
        };
        pairing.apply(&batch(&[again]), now);
    }
    let (_, outcomes) = taken(&mut pairing);
    assert_eq!(pairing.pending_edges(), 1);
    assert!(outcomes.dropped_full > 0, "{outcomes:?}");
    assert_eq!(outcomes.dropped_full + outcomes.newly_pending, 10);
}

#[test]
fn texts_of_edges_that_do_not_wait_take_no_room_for_long() {
    let (mut pairing, budgets) = pairing_with_text_bytes(10_000);
    let now = START;
    for call in 1..=50 {
        let mut database = batch(&[half(1, call, EdgeKind::Client, long_name(call))]);
        database.halves[0].connection = Connection::Database;
        database.halves[0].database = database.halves[0].service;
        pairing.apply(&database, now);
        pairing.apply(&batch(&[half(2, call, EdgeKind::Client, "shop")]), now);
    }
    let (edges, outcomes) = taken(&mut pairing);
    assert_eq!((edges.edges.len(), outcomes.dropped_full), (50, 0));
    assert_eq!(pairing.pending_edges(), 50);
    drop(pairing);
    assert_eq!(budgets.text_bytes.taken(), 0);
}

#[test]
fn texts_of_edges_that_left_are_forgotten() {
    let mut pairing = pairing(100_000);
    let mut now = START;
    for round in 0..40_u32 {
        let mut texts = Texts::new();
        let mut halves = batch(&[half(1, 1, EdgeKind::Client, "")]);
        let template = halves.halves[0];
        halves.halves = (0..200_u32)
            .map(|index| HalfEdge {
                key: CallKey {
                    trace_id: [1; 16],
                    span_id: u64::from(round * 200 + index + 1).to_be_bytes(),
                },
                service: texts
                    .insert(format!("service-{round}-{index}").as_bytes())
                    .unwrap(),
                ..template
            })
            .collect();
        halves.texts = Arc::new(texts);
        pairing.apply(&halves, now);
        now = now + Duration::from_secs(2);
    }
    pairing.expire(now);
    assert_eq!(pairing.pending_edges(), 0);
    assert!(pairing.held_texts() <= 1_400, "{} texts", pairing.held_texts());
}
