//! What the ledger tells of pairing, case by case and against a naive model.

use std::collections::BTreeMap;

use super::*;
use crate::matcher::pairing_counts::{FateCounts, PairingCounts, ServiceCounts};
use crate::matcher::snapshot::AGE_SHARES;

fn milliseconds(count: u64) -> Duration {
    Duration::from_millis(count)
}

fn by_name(counts: &PairingCounts) -> BTreeMap<String, ServiceCounts> {
    let named = |service: &Option<Arc<str>>| service.as_deref().unwrap_or("(others)").to_owned();
    let services = counts.services.iter();
    services.map(|each| (named(&each.service), each.counts)).collect()
}

#[test]
fn halves_are_counted_by_service_side_and_fate() {
    let (mut pairing, start) = (pairing(10), Instant::now());
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
    let told = by_name(&pairing.snapshot(start).since_start);
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
    let (mut pairing, now) = (pairing(0), Instant::now());
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
    let told = by_name(&pairing.snapshot(now).since_start);
    assert_eq!(told["bank"].client.dropped_full, 1);
    assert_eq!(told["shop"].client.dropped_filtered, 1);
    assert_eq!(told["cart"].server.dropped_filtered, 1);
}

#[test]
fn the_gap_between_halves_is_counted_for_edges_that_have_both() {
    let (mut pairing, start) = (pairing(10), Instant::now());
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
    let gaps = pairing.snapshot(start).since_start.gaps;
    assert_eq!(gaps.count(), 1);
    assert_eq!(gaps.quantile_at_most(1.0), Some(milliseconds(1_024)));
}

#[test]
fn a_half_whose_edge_was_given_up_is_late_and_nothing_else_changes() {
    let (mut pairing, start) = (pairing(10), Instant::now());
    pairing.apply(&batch(&[half(1, 1, EdgeKind::Client, "shop")]), start);
    pairing.apply(
        &batch(&[half(1, 1, EdgeKind::Server, "cart")]),
        start + milliseconds(2_700),
    );
    let (_, outcomes) = taken(&mut pairing);
    assert_eq!((outcomes.expired, outcomes.pending_change()), (1, 1));
    let told = pairing.snapshot(start + milliseconds(2_700));
    assert_eq!(by_name(&told.since_start)["cart"].server.late, 1);
    assert_eq!(
        told.since_start.lateness.quantile_at_most(1.0),
        Some(milliseconds(1_024))
    );
}

#[test]
fn what_waits_is_told_by_side_and_age() {
    let (mut pairing, start) = (pairing(10), Instant::now());
    pairing.apply(&batch(&[half(1, 1, EdgeKind::Client, "shop")]), start);
    pairing.apply(
        &batch(&[
            half(2, 1, EdgeKind::Server, "cart"),
            half(2, 1, EdgeKind::Server, "cart"),
        ]),
        start + milliseconds(1_500),
    );
    let pending = pairing.snapshot(start + milliseconds(1_600)).pending;
    assert_eq!(
        (pending.edges, pending.client_halves, pending.server_halves),
        (2, 1, 2)
    );
    assert_eq!(pending.ages, [1, 0, 0, 0, 1, 0]);
    let overdue = pairing.snapshot(start + milliseconds(2_001)).pending.ages;
    assert_eq!(overdue, [0, 0, 1, 0, 0, 1]);
}

#[test]
fn a_sample_of_a_large_table_tells_of_all_of_it() {
    let mut pairing = pairing(1_000_000);
    let start = Instant::now();
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
    let pending = pairing.snapshot(start + milliseconds(1_000)).pending;
    assert_eq!((pending.edges, pending.client_halves), (edges, edges));
    let share = pending.ages[2] as f64 / edges as f64;
    assert!((share - 1.0 / 3.0).abs() < 0.05, "{share}");
    assert_eq!(pending.ages[1] + pending.ages[2], edges);
}

#[test]
fn what_is_recent_is_told_apart_from_what_is_old() {
    let (mut pairing, start) = (pairing(10), Instant::now());
    let call = batch(&[
        half(1, 1, EdgeKind::Client, "shop"),
        half(1, 1, EdgeKind::Server, "cart"),
    ]);
    let minutes = |count: u64| start + Duration::from_secs(60 * count);
    for (minute, expected) in [(1, (1, 1)), (6, (2, 2)), (11, (3, 2)), (16, (4, 2))] {
        pairing.apply(&call, minutes(minute));
        let told = pairing.snapshot(minutes(minute));
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
    let mut now = Instant::now();
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
        now += Duration::from_secs(2);
    }
    pairing.expire(now);
    let told = by_name(&pairing.snapshot(now).since_start);
    assert_eq!(told["service-0"].client.expired, 1);
    assert_eq!(told["service-199"].client.expired, 5);
    assert_eq!(told.values().map(|each| each.client.expired).sum::<u64>(), 4_000);
}

#[test]
fn counting_allocates_nothing_once_services_are_known() {
    let (mut pairing, now) = (pairing(10), Instant::now());
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
            let edge = PendingEdge::new(
                clients.halves[0].key,
                EdgeKind::Client,
                now + Duration::from_secs(2),
            );
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

/// What the model knows of one call.
#[derive(Default)]
struct ModelEdge {
    clients: u64,
    servers: u64,
    client: String,
    server: String,
    began: u64,
}

/// Pairing and its ledger said in the plainest way, without filters, peers or a bound. Times are in milliseconds.
#[derive(Default)]
struct Model {
    waiting: BTreeMap<(u8, u8), ModelEdge>,
    given_up: BTreeMap<(u8, u8), (Side, u64)>,
    services: BTreeMap<String, ServiceCounts>,
    gaps: u64,
}

impl Model {
    fn apply(&mut self, half: &Written, now: u64) {
        self.expire(now);
        let key = (half.trace, half.call);
        let side = half.kind.side();
        if !self.waiting.contains_key(&key) && self.is_late(key, side, now) {
            self.service(half.service).side_mut(side).late += 1;
        }
        let edge = self.waiting.entry(key).or_insert_with(|| ModelEdge {
            began: now,
            ..ModelEdge::default()
        });
        match side {
            Side::Client => (edge.client, edge.clients) = (half.service.to_owned(), edge.clients + 1),
            Side::Server => (edge.server, edge.servers) = (half.service.to_owned(), edge.servers + 1),
        }
        if !edge.client.is_empty() && !edge.server.is_empty() {
            self.gaps += 1;
            self.settle(key, |counts| &mut counts.completed);
        }
    }

    fn expire(&mut self, now: u64) {
        let due = self.waiting.iter().filter(|(_, edge)| edge.began + 2_000 <= now);
        for key in due.map(|(key, _)| *key).collect::<Vec<_>>() {
            let edge = &self.waiting[&key];
            let missing = match (edge.clients, edge.servers) {
                (0, _) => Some(Side::Client),
                (_, 0) => Some(Side::Server),
                _ => None,
            };
            let virtual_node = edge.client.is_empty() && key.1 == 0;
            if let Some(missing) = missing
                && key.1 != 0
            {
                self.given_up.insert(key, (missing, edge.began + 2_000));
            }
            self.settle(key, |counts| {
                if virtual_node {
                    &mut counts.virtual_node
                } else {
                    &mut counts.expired
                }
            });
        }
    }

    fn settle(&mut self, key: (u8, u8), fate: impl Fn(&mut FateCounts) -> &mut u64) {
        let edge = self.waiting.remove(&key).unwrap();
        if edge.clients > 0 {
            *fate(&mut self.service(&edge.client).client) += edge.clients;
        }
        if edge.servers > 0 {
            *fate(&mut self.service(&edge.server).server) += edge.servers;
        }
    }

    fn is_late(&self, key: (u8, u8), side: Side, now: u64) -> bool {
        let given_up = self.given_up.get(&key);
        given_up.is_some_and(|(missing, since)| *missing == side && now < since + 2_000)
    }

    fn service(&mut self, name: &str) -> &mut ServiceCounts {
        self.services.entry(name.to_owned()).or_default()
    }
}

fn any_timed_half() -> impl Strategy<Value = (Written, u64)> {
    let kind = prop::sample::select(EdgeKind::ALL.to_vec());
    let service = prop::sample::select(vec!["", "a", "b", "c"]);
    let pause = prop::sample::select(vec![0, 0, 30, 700, 2_000]);
    (0..3_u8, 0..3_u8, kind, service, pause)
        .prop_map(|(trace, call, kind, service, pause)| (half(trace, call, kind, service), pause))
}

proptest! {
    #[test]
    fn the_ledger_agrees_with_the_model(written in prop::collection::vec(any_timed_half(), 0..80)) {
        let (mut pairing, start) = (pairing(1_000), Instant::now());
        let (mut model, mut now) = (Model::default(), 0);
        for (half, pause) in &written {
            now += pause;
            pairing.apply(&batch(std::slice::from_ref(half)), start + milliseconds(now));
            model.apply(half, now);
        }
        let told = pairing.snapshot(start + milliseconds(now));
        prop_assert_eq!(by_name(&told.since_start), model.services);
        prop_assert_eq!(told.since_start.gaps.count(), model.gaps);
        prop_assert_eq!(told.pending.client_halves, model.waiting.values().map(|edge| edge.clients).sum::<u64>());
        prop_assert_eq!(told.pending.server_halves, model.waiting.values().map(|edge| edge.servers).sum::<u64>());
    }

    #[test]
    fn sums_by_service_are_the_outcomes(written in prop::collection::vec((any_timed_half(), any::<bool>()), 0..80), most in 0..6_usize) {
        let (mut pairing, mut now) = (pairing(most), Instant::now());
        let mut sums = [0; 5];
        for ((half, pause), filtered) in &written {
            now += milliseconds(*pause);
            let half = Written { filtered: *filtered, ..half.clone() };
            pairing.apply(&batch(&[half]), now);
            let (_, outcomes) = taken(&mut pairing);
            let found = [outcomes.paired, outcomes.virtual_node, outcomes.expired, outcomes.dropped_full, outcomes.dropped_filtered];
            sums.iter_mut().zip(found).for_each(|(sum, more)| *sum += more);
        }
        let told = pairing.snapshot(now);
        let total = told.since_start.total();
        let of = |fate: fn(&FateCounts) -> u64| fate(&total.client) + fate(&total.server);
        let found = [of(|c| c.completed), of(|c| c.virtual_node), of(|c| c.expired), of(|c| c.dropped_full), of(|c| c.dropped_filtered)];
        prop_assert_eq!(found, sums);
        prop_assert_eq!(of(FateCounts::settled) + told.pending.halves(), written.len() as u64);
        prop_assert_eq!(told.pending.ages.iter().sum::<u64>(), told.pending.edges);
        prop_assert_eq!(told.pending.ages.len(), AGE_SHARES.len() + 1);
    }
}
