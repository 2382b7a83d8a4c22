//! Pairing rule by rule, and against a naive model.

mod durable;
mod empty_texts;
mod filtered;
mod impossible_latencies;
mod ledger;
mod ledger_model;
mod model;
mod reconfigure;
mod room;
mod shifted;
mod virtual_nodes;

use super::*;
use crate::batches::{CallKey, EdgeKind, Latency, Side};

const START: PipelineTime = PipelineTime::from_unix_milliseconds(1_700_000_000_000);

/// A half as a test writes it: services and peers are texts.
#[derive(Clone, Debug)]
struct Written {
    trace: u8,
    call: u8,
    kind: EdgeKind,
    service: &'static str,
    peer: Option<&'static str>,
    filtered: bool,
    failed: bool,
}

fn half(trace: u8, call: u8, kind: EdgeKind, service: &'static str) -> Written {
    Written {
        trace,
        call,
        kind,
        service,
        peer: None,
        filtered: false,
        failed: false,
    }
}

fn batch(written: &[Written]) -> HalfEdges {
    let mut texts = Texts::new();
    let halves = written
        .iter()
        .map(|written| HalfEdge {
            key: CallKey {
                trace_id: [written.trace; 16],
                span_id: [written.call; 8],
            },
            kind: written.kind,
            filtered: written.filtered,
            failed: written.failed,
            connection: match written.kind {
                EdgeKind::Producer | EdgeKind::Consumer => Connection::MessagingSystem,
                _ => Connection::Unset,
            },
            service: texts.insert(written.service.as_bytes()).unwrap(),
            peer: written
                .peer
                .map_or(TextId::ABSENT, |peer| texts.insert(peer.as_bytes()).unwrap()),
            database: TextId::ABSENT,
            start_unix_nanoseconds: 1_000_000_000,
            end_unix_nanoseconds: 1_250_000_000,
            multiplier: 1.0,
            latency: Latency::between(1_000_000_000, 1_250_000_000),
        })
        .collect();
    HalfEdges {
        texts: Arc::new(texts),
        halves,
        dimensions: Vec::new(),
    }
}

fn settings(max_items: usize) -> ServiceGraphsSettings {
    ServiceGraphsSettings {
        wait: Duration::from_secs(2),
        max_items,
        ..ServiceGraphsSettings::default()
    }
}

fn pairing(max_items: usize) -> Pairing {
    let settings = settings(max_items);
    Pairing::new(&settings, PairingBudgets::new(&settings))
}

fn taken(pairing: &mut Pairing) -> (Edges, Outcomes) {
    (pairing.take_edges(), pairing.take_outcomes())
}

/// Client, server and connection of each edge, in order.
fn names(edges: &Edges) -> Vec<(&str, &str, &'static str)> {
    let name = |id| edges.texts.get(id);
    edges
        .edges
        .iter()
        .map(|edge| (name(edge.client), name(edge.server), edge.connection.as_str()))
        .collect()
}

#[test]
fn two_halves_make_an_edge_whichever_comes_first() {
    for order in [[0, 1], [1, 0]] {
        let halves = [
            half(1, 1, EdgeKind::Client, "shop"),
            half(1, 1, EdgeKind::Server, "cart"),
        ];
        let mut pairing = pairing(10);
        let now = START;
        for index in order {
            pairing.apply(&batch(&halves[index..=index]), now);
        }
        let (edges, outcomes) = taken(&mut pairing);
        assert_eq!(names(&edges), [("shop", "cart", "")]);
        assert_eq!(
            (
                outcomes.paired,
                outcomes.pending_change(),
                pairing.pending_edges()
            ),
            (2, 0, 0)
        );
    }
}

#[test]
fn a_half_waits_its_wait_and_not_longer() {
    let mut pairing = pairing(10);
    let start = START;
    pairing.apply(&batch(&[half(1, 1, EdgeKind::Client, "shop")]), start);
    pairing.expire(start + Duration::from_millis(1_999));
    assert_eq!(pairing.pending_edges(), 1);
    pairing.apply(
        &batch(&[half(1, 1, EdgeKind::Server, "cart")]),
        start + Duration::from_secs(2),
    );
    let (edges, outcomes) = taken(&mut pairing);
    assert!(edges.edges.is_empty());
    assert_eq!(
        (outcomes.expired, outcomes.expired_edges, pairing.pending_edges()),
        (1, [1, 0, 0, 0], 1)
    );
}

#[test]
fn prefixed_dimensions_keep_both_sides_and_plain_ones_the_later() {
    for (prefixed, expected) in [
        (true, vec!["gold", "", "silver", ""]),
        (false, vec!["silver", ""]),
    ] {
        let mut settings = settings(10);
        settings.dimensions = vec!["tier".into(), "zone".into()];
        settings.enable_client_server_prefix = prefixed;
        let mut pairing = Pairing::new(&settings, PairingBudgets::new(&settings));
        for (kind, tier) in [(EdgeKind::Client, "gold"), (EdgeKind::Server, "silver")] {
            let mut halves = batch(&[half(1, 1, kind, "s")]);
            let tier = Arc::make_mut(&mut halves.texts).insert(tier.as_bytes()).unwrap();
            halves.dimensions = vec![tier, TextId::ABSENT];
            pairing.apply(&halves, START);
        }
        let (edges, _) = taken(&mut pairing);
        let found: Vec<_> = edges.dimensions.iter().map(|id| edges.texts.get(*id)).collect();
        assert_eq!(found, expected);
    }
}
