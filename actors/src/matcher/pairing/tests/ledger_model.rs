//! What the ledger tells of random halves, against a naive model.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::ledger::{by_name, milliseconds};
use super::*;
use crate::matcher::description::AGE_SHARES;
use crate::matcher::pairing_counts::{FateCounts, ServiceCounts};

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
        let (mut pairing, start) = (pairing(1_000), START);
        let (mut model, mut now) = (Model::default(), 0);
        for (half, pause) in &written {
            now += pause;
            pairing.apply(&batch(std::slice::from_ref(half)), start + milliseconds(now));
            model.apply(half, now);
        }
        let told = pairing.describe(start + milliseconds(now));
        prop_assert_eq!(by_name(&told.since_start), model.services);
        prop_assert_eq!(told.since_start.gaps.count(), model.gaps);
        prop_assert_eq!(told.pending.client_halves, model.waiting.values().map(|edge| edge.clients).sum::<u64>());
        prop_assert_eq!(told.pending.server_halves, model.waiting.values().map(|edge| edge.servers).sum::<u64>());
    }

    #[test]
    fn sums_by_service_are_the_outcomes(written in prop::collection::vec((any_timed_half(), any::<bool>()), 0..80), most in 0..6_usize) {
        let (mut pairing, mut now) = (pairing(most), START);
        let mut sums = [0; 5];
        for ((half, pause), filtered) in &written {
            now = now + milliseconds(*pause);
            let half = Written { filtered: *filtered, ..half.clone() };
            pairing.apply(&batch(&[half]), now);
            let (_, outcomes) = taken(&mut pairing);
            let found = [outcomes.paired, outcomes.virtual_node, outcomes.expired, outcomes.dropped_full, outcomes.dropped_filtered];
            sums.iter_mut().zip(found).for_each(|(sum, more)| *sum += more);
        }
        let told = pairing.describe(now);
        let total = told.since_start.total();
        let of = |fate: fn(&FateCounts) -> u64| fate(&total.client) + fate(&total.server);
        let found = [of(|c| c.completed), of(|c| c.virtual_node), of(|c| c.expired), of(|c| c.dropped_full), of(|c| c.dropped_filtered)];
        prop_assert_eq!(found, sums);
        prop_assert_eq!(of(FateCounts::settled) + told.pending.halves(), written.len() as u64);
        prop_assert_eq!(told.pending.ages.iter().sum::<u64>(), told.pending.edges);
        prop_assert_eq!(told.pending.ages.len(), AGE_SHARES.len() + 1);
    }
}
