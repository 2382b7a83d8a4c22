//! What the ledger tells of pairing, case by case.

use std::collections::BTreeMap;

use super::*;
use crate::matcher::description::SAMPLED;
use crate::matcher::pairing_counts::{FateCounts, PairingCounts, ServiceCounts};

pub(super) fn milliseconds(count: u64) -> Duration {
    Duration::from_millis(count)
}

pub(super) fn by_name(counts: &PairingCounts) -> BTreeMap<String, ServiceCounts> {
    let named = |service: &Option<Arc<str>>| service.as_deref().unwrap_or("(others)").to_owned();
    let services = counts.services.iter();
    services.map(|each| (named(&each.service), each.counts)).collect()
}

#[test]
fn halves_are_counted_by_service_side_and_fate() {
    let (mut pairing, start) = (pairing(10), START);
    let stripe = Written {
        peer: Some("stripe"),
        ..half(3, 1, EdgeKind::Client, "shop")
    };
    let written = [
        half(1, 1, EdgeKind::Client, "shop"),
        half(1, 1, EdgeKind::Server, "cart"),
        half(2, 1, EdgeKind::Producer, "shop"),
        stripe,
        half(4, 0, EdgeKind::Server, "cart"),
    ];
    pairing.apply(&batch(&written), start);
    pairing.expire(start + Duration::from_secs(2));
    let told = by_name(&pairing.describe(start).since_start);
    let shop = FateCounts {
        completed: 1,
        virtual_node: 1,
        expired: 1,
        ..FateCounts::default()
    };
    let cart = FateCounts {
        completed: 1,
        virtual_node: 1,
        ..FateCounts::default()
    };
    assert_eq!(
        (told["shop"].client, told["shop"].server),
        (shop, FateCounts::default())
    );
    assert_eq!(
        (told["cart"].client, told["cart"].server),
        (FateCounts::default(), cart)
    );
}

#[test]
fn halves_without_room_and_filtered_ones_are_counted_too() {
    let (mut pairing, now) = (pairing(0), START);
    let noisy = Written {
        filtered: true,
        ..half(1, 1, EdgeKind::Server, "cart")
    };
    let written = [
        half(1, 1, EdgeKind::Client, "shop"),
        half(2, 1, EdgeKind::Client, "bank"),
        noisy,
    ];
    pairing.apply(&batch(&written), now);
    let told = by_name(&pairing.describe(now).since_start);
    assert_eq!(told["bank"].client.dropped_full, 1);
    assert_eq!(told["shop"].client.dropped_filtered, 1);
    assert_eq!(told["cart"].server.dropped_filtered, 1);
}

#[test]
fn the_gap_between_halves_is_counted_for_edges_that_have_both() {
    let (mut pairing, start) = (pairing(10), START);
    let mut database = batch(&[half(2, 1, EdgeKind::Client, "shop")]);
    database.halves[0].connection = Connection::Database;
    database.halves[0].database = database.halves[0].service;
    pairing.apply(&database, start);
    let began = start + milliseconds(500);
    pairing.apply(&batch(&[half(1, 1, EdgeKind::Client, "shop")]), began);
    pairing.apply(
        &batch(&[half(1, 1, EdgeKind::Server, "cart")]),
        began + milliseconds(900),
    );
    let gaps = pairing.describe(start).since_start.gaps;
    assert_eq!(gaps.count(), 1);
    assert_eq!(gaps.quantile_at_most(1.0), Some(milliseconds(1_024)));
}

#[test]
fn a_half_whose_edge_was_given_up_is_late_and_nothing_else_changes() {
    let (mut pairing, start) = (pairing(10), START);
    pairing.apply(&batch(&[half(1, 1, EdgeKind::Client, "shop")]), start);
    pairing.apply(
        &batch(&[half(1, 1, EdgeKind::Server, "cart")]),
        start + milliseconds(2_700),
    );
    let (_, outcomes) = taken(&mut pairing);
    assert_eq!((outcomes.expired, outcomes.pending_change()), (1, 1));
    let told = pairing.describe(start + milliseconds(2_700));
    assert_eq!(by_name(&told.since_start)["cart"].server.late, 1);
    assert_eq!(
        told.since_start.lateness.quantile_at_most(1.0),
        Some(milliseconds(1_024))
    );
}

#[test]
fn what_waits_is_told_by_side_and_age() {
    let (mut pairing, start) = (pairing(10), START);
    pairing.apply(&batch(&[half(1, 1, EdgeKind::Client, "shop")]), start);
    pairing.apply(
        &batch(&[
            half(2, 1, EdgeKind::Server, "cart"),
            half(2, 1, EdgeKind::Server, "cart"),
        ]),
        start + milliseconds(1_500),
    );
    let pending = pairing.describe(start + milliseconds(1_600)).pending;
    assert_eq!(
        (pending.edges, pending.client_halves, pending.server_halves),
        (2, 1, 2)
    );
    assert_eq!(pending.ages, [1, 0, 0, 0, 1, 0]);
    let overdue = pairing.describe(start + milliseconds(2_001)).pending.ages;
    assert_eq!(overdue, [0, 0, 1, 0, 0, 1]);
}

#[test]
fn a_sample_of_a_large_table_tells_of_all_of_it() {
    let mut pairing = pairing(1_000_000);
    let start = START;
    let template = batch(&[half(1, 1, EdgeKind::Client, "shop")]);
    let edges = 3 * SAMPLED as u64;
    for (age, spans) in [(2_u64, 1..edges / 3), (1, edges / 3..edges + 1)] {
        let mut halves = template.clone();
        let with = |span: u64| {
            let mut half = template.halves[0];
            half.key.span_id = span.to_be_bytes();
            half
        };
        halves.halves = spans.map(with).collect();
        pairing.apply(&halves, start + milliseconds(1_000 - 500 * age));
    }
    let pending = pairing.describe(start + milliseconds(1_000)).pending;
    assert_eq!((pending.edges, pending.client_halves), (edges, edges));
    let share = pending.ages[2] as f64 / edges as f64;
    assert!((share - 1.0 / 3.0).abs() < 0.05, "{share}");
    assert_eq!(pending.ages[1] + pending.ages[2], edges);
}

#[test]
fn what_is_recent_is_told_apart_from_what_is_old() {
    let (mut pairing, start) = (pairing(10), START);
    let call = batch(&[
        half(1, 1, EdgeKind::Client, "shop"),
        half(1, 1, EdgeKind::Server, "cart"),
    ]);
    let minutes = |count: u64| start + Duration::from_secs(60 * count);
    for (minute, expected) in [(1, (1, 1)), (6, (2, 2)), (11, (3, 2)), (16, (4, 2))] {
        pairing.apply(&call, minutes(minute));
        let told = pairing.describe(minutes(minute));
        let completed =
            [&told.since_start, &told.recent].map(|counts| by_name(counts)["shop"].client.completed);
        assert_eq!(completed, [expected.0, expected.1], "minute {minute}");
        assert_eq!(told.window, (minute > 10).then_some(Duration::from_secs(600)));
        pairing.set_mark(minutes(minute));
    }
}

#[test]
fn services_are_told_apart_after_their_symbols_were_swept() {
    let mut pairing = pairing(100_000);
    let mut now = START;
    for round in 0..20_u8 {
        let mut texts = Texts::new();
        let mut halves = batch(&[half(1, 1, EdgeKind::Client, "")]);
        let template = halves.halves[0];
        halves.halves = (0..200_u8)
            .map(|index| HalfEdge {
                key: CallKey {
                    trace_id: [1; 16],
                    span_id: [index + 1, round, 1, 0, 0, 0, 0, 0],
                },
                service: texts
                    .insert(format!("service-{}", usize::from(index) + usize::from(round) * 40).as_bytes())
                    .unwrap(),
                ..template
            })
            .collect();
        halves.texts = Arc::new(texts);
        pairing.apply(&halves, now);
        now = now + Duration::from_secs(2);
    }
    pairing.expire(now);
    let told = by_name(&pairing.describe(now).since_start);
    assert_eq!(told["service-0"].client.expired, 1);
    assert_eq!(told["service-199"].client.expired, 5);
    assert_eq!(told.values().map(|each| each.client.expired).sum::<u64>(), 4_000);
}

#[test]
fn counting_allocates_nothing_once_services_are_known() {
    let (mut pairing, now) = (pairing(10), START);
    let (clients, servers) = (
        batch(&[half(1, 1, EdgeKind::Client, "shop")]),
        batch(&[half(1, 1, EdgeKind::Server, "cart")]),
    );
    let mut once = || {
        pairing.apply(&clients, now);
        pairing.apply(&servers, now);
        taken(&mut pairing)
    };
    once();
    let allocated = |pairing: &mut Pairing| {
        allocation_counter::measure(|| {
            let edge = PendingEdge::new(clients.halves[0].key, EdgeKind::Client, now);
            let edge = PendingEdge {
                client_halves: 1,
                server_halves: 1,
                ..edge
            };
            pairing.ledger.note_completed(&edge, pairing.interning.symbols());
        })
    };
    allocated(&mut pairing);
    assert_eq!(allocated(&mut pairing).count_total, 0);
}
