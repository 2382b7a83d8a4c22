//! Pairing rule by rule, and against a naive model.

mod empty_texts;
mod impossible_latencies;
mod reconfigure;

use std::collections::HashMap;

use proptest::prelude::*;

use super::*;
use crate::half_edge::CallKey;
use crate::latency::Latency;

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
        let now = Instant::now();
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
    let start = Instant::now();
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
fn a_root_without_caller_is_called_by_its_peer_or_by_user() {
    let mut pairing = pairing(10);
    let now = Instant::now();
    let partner = Written {
        peer: Some("partner"),
        ..half(2, 0, EdgeKind::Server, "front")
    };
    pairing.apply(
        &batch(&[
            half(1, 0, EdgeKind::Server, "front"),
            partner,
            half(3, 9, EdgeKind::Server, "x"),
        ]),
        now,
    );
    pairing.expire(now + Duration::from_secs(2));
    let (edges, outcomes) = taken(&mut pairing);
    assert_eq!(
        names(&edges),
        [
            ("user", "front", "virtual_node"),
            ("partner", "front", "virtual_node")
        ]
    );
    assert_eq!(
        (outcomes.virtual_node, outcomes.expired, outcomes.pending_change()),
        (2, 1, 0)
    );
    assert_eq!(edges.edges[0].virtual_side, Some(Side::Client));
}

#[test]
fn a_client_without_server_calls_its_peer_if_it_names_one() {
    let mut pairing = pairing(10);
    let now = Instant::now();
    let stripe = Written {
        peer: Some("stripe"),
        ..half(1, 1, EdgeKind::Client, "shop")
    };
    pairing.apply(&batch(&[stripe, half(2, 1, EdgeKind::Client, "shop")]), now);
    pairing.expire(now + Duration::from_secs(2));
    let (edges, outcomes) = taken(&mut pairing);
    assert_eq!(names(&edges), [("shop", "stripe", "virtual_node")]);
    assert_eq!(
        (edges.edges[0].virtual_side, edges.edges[0].server_latency),
        (Some(Side::Server), Latency::ZERO)
    );
    assert_eq!((outcomes.virtual_node, outcomes.expired), (1, 1));
}

#[test]
fn a_full_table_drops_halves_that_would_wait_and_no_others() {
    let mut pairing = pairing(0);
    let now = Instant::now();
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
    let now = Instant::now();
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
    let now = Instant::now();
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
    let now = Instant::now();
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
fn a_filtered_half_takes_its_counterpart_with_it_before_and_after() {
    let mut pairing = pairing(10);
    let now = Instant::now();
    let noisy = |trace, kind| Written {
        filtered: true,
        ..half(trace, 1, kind, "")
    };
    pairing.apply(
        &batch(&[half(1, 1, EdgeKind::Client, "a"), noisy(1, EdgeKind::Server)]),
        now,
    );
    pairing.apply(
        &batch(&[noisy(2, EdgeKind::Client), half(2, 1, EdgeKind::Server, "b")]),
        now,
    );
    pairing.expire(now + Duration::from_secs(2));
    pairing.apply(
        &batch(&[half(2, 1, EdgeKind::Server, "b")]),
        now + Duration::from_secs(2),
    );
    let (edges, outcomes) = taken(&mut pairing);
    assert!(edges.edges.is_empty());
    assert_eq!(
        (
            outcomes.dropped_filtered,
            outcomes.dropped_edges,
            outcomes.pending_change()
        ),
        (4, 2, 1)
    );
}

#[test]
fn a_filtered_half_takes_one_counterpart_with_it_and_not_a_second_one() {
    let mut pairing = pairing(10);
    let filtered = Written {
        filtered: true,
        ..half(1, 1, EdgeKind::Client, "noisy")
    };
    pairing.apply(
        &batch(&[
            filtered,
            half(1, 1, EdgeKind::Server, "first"),
            half(1, 1, EdgeKind::Client, "shop"),
            half(1, 1, EdgeKind::Server, "second"),
        ]),
        Instant::now(),
    );
    let (edges, outcomes) = taken(&mut pairing);
    assert_eq!(names(&edges), [("shop", "second", "")]);
    assert_eq!(
        (outcomes.dropped_filtered, outcomes.dropped_edges, outcomes.paired),
        (2, 1, 2)
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
            pairing.apply(&halves, Instant::now());
        }
        let (edges, _) = taken(&mut pairing);
        let found: Vec<_> = edges.dimensions.iter().map(|id| edges.texts.get(*id)).collect();
        assert_eq!(found, expected);
    }
}

#[test]
fn texts_of_edges_that_left_are_forgotten() {
    let mut pairing = pairing(100_000);
    let mut now = Instant::now();
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
        now += Duration::from_secs(2);
    }
    pairing.expire(now);
    assert_eq!(pairing.pending_edges(), 0);
    assert!(pairing.held_texts() <= 1_400, "{} texts", pairing.held_texts());
}

/// The pairing rules said in the plainest way, without filters, peers or a bound.
fn model(written: &[Written]) -> (Vec<(String, String)>, usize) {
    let mut waiting: HashMap<(u8, u8), (&str, &str)> = HashMap::new();
    let mut edges = Vec::new();
    for half in written {
        let edge = waiting.entry((half.trace, half.call)).or_default();
        match half.kind.side() {
            Side::Client => edge.0 = half.service,
            Side::Server => edge.1 = half.service,
        }
        if !edge.0.is_empty() && !edge.1.is_empty() {
            edges.push((edge.0.to_owned(), edge.1.to_owned()));
            waiting.remove(&(half.trace, half.call));
        }
    }
    (edges, waiting.len())
}

fn any_half() -> impl Strategy<Value = Written> {
    let kind = prop::sample::select(EdgeKind::ALL.to_vec());
    let service = prop::sample::select(vec!["", "a", "b", "c"]);
    (0..4_u8, 1..4_u8, kind, service, any::<bool>()).prop_map(|(trace, call, kind, service, failed)| {
        Written {
            failed,
            ..half(trace, call, kind, service)
        }
    })
}

proptest! {
    #[test]
    fn pairing_agrees_with_the_model_however_batches_are_cut(written in prop::collection::vec(any_half(), 0..60), size in 1..20_usize) {
        let mut pairing = pairing(1_000);
        let now = Instant::now();
        let mut found = Vec::new();
        let mut paired = 0;
        for part in written.chunks(size) {
            pairing.apply(&batch(part), now);
            let (edges, outcomes) = taken(&mut pairing);
            paired += outcomes.paired;
            found.extend(names(&edges).iter().map(|(client, server, _)| ((*client).to_owned(), (*server).to_owned())));
        }
        let (expected, waiting) = model(&written);
        prop_assert_eq!(found, expected);
        prop_assert_eq!(pairing.pending_edges(), waiting);
        prop_assert!(paired <= u64::try_from(written.len()).unwrap());
    }

    #[test]
    fn every_half_is_in_exactly_one_place(written in prop::collection::vec((any_half(), any::<bool>()), 0..80), most in 0..6_usize) {
        let written: Vec<_> = written.into_iter().map(|(half, filtered)| Written { filtered, ..half }).collect();
        let mut pairing = pairing(most);
        let mut now = Instant::now();
        let (mut accounted, mut pending) = (0_u64, 0_i64);
        for part in written.chunks(5) {
            pairing.apply(&batch(part), now);
            now += Duration::from_millis(700);
            let (_, outcomes) = taken(&mut pairing);
            accounted += outcomes.paired + outcomes.virtual_node + outcomes.expired + outcomes.dropped_full + outcomes.dropped_filtered;
            pending += outcomes.pending_change();
        }
        prop_assert_eq!(i64::try_from(accounted).unwrap() + pending, i64::try_from(written.len()).unwrap());
        prop_assert!(pairing.pending_edges() <= most + 1);
    }
}

mod ledger;
