//! What is forgotten after a collection, and that no slice of it is large.

use std::time::Duration;

use spangraph_config::{Processors, TenantSettings};

use super::MINUTE;
use crate::aggregator::decoded::{decode, edges, registry};
use crate::aggregator::registry::{Registry, RegistryStats};

const PAIRS: usize = 6_000;
/// So few samples are written, and so much is done instead of writing them, in one go.
const SLICE: usize = 400;
const STALE: i64 = 60_000;

fn settings() -> TenantSettings {
    let mut settings = TenantSettings {
        processors: Processors {
            service_graphs_request: true,
            ..Processors::default()
        },
        ..TenantSettings::default()
    };
    settings.registry.max_cardinality_per_label = 1_000_000;
    settings.registry.stale_duration = Duration::from_millis(STALE.unsigned_abs());
    settings
}

/// A call of each of so many clients.
fn apply(registry: &mut Registry, clients: std::ops::Range<usize>, now: i64) {
    let clients: Vec<_> = clients.map(|client| format!("client-{client}")).collect();
    let pairs: Vec<_> = clients.iter().map(|client| (client.as_str(), "server")).collect();
    registry.apply(&edges(&pairs), now);
}

/// A registry of series that were sent, and how much there is of what ends with them.
fn sent() -> Registry {
    let mut registry = registry(&settings());
    apply(&mut registry, 0..PAIRS, MINUTE);
    drop(registry.collect(MINUTE + 1));
    registry
}

/// Holds that little of what there was `before` is gone now.
fn check_slice(before: &RegistryStats, after: &RegistryStats) {
    let gone = |count: fn(&RegistryStats) -> usize| count(before).saturating_sub(count(after));
    let most = gone(|stats| stats.series.active)
        .max(gone(|stats| stats.label_sets))
        .max(gone(|stats| stats.keys));
    assert!(most <= SLICE, "{most} in one go: {before:?} {after:?}");
}

#[test]
fn when_all_series_end_at_once_no_slice_does_more_than_its_share() {
    let mut registry = sent();
    let now = MINUTE + STALE;
    let mut collection = registry.begin_collection(now);
    let (mut is_over, mut before, mut slices) = (false, registry.stats(), 0);
    loop {
        match is_over {
            false => is_over = registry.collect_slice(&mut collection, SLICE),
            true if registry.forget_slice(SLICE) => break,
            true => {}
        }
        let after = registry.stats();
        check_slice(&before, &after);
        (before, slices) = (after, slices + 1);
    }
    let ended = decode(&collection.finish());
    assert_eq!(
        ended.samples.values().filter(|(value, _)| value.is_nan()).count(),
        PAIRS
    );
    let stats = registry.stats();
    assert_eq!((stats.series.active, stats.label_sets, stats.keys), (0, 0, 0));
    assert!(slices > 4 * PAIRS / SLICE, "{slices} slices");
}

#[test]
fn what_comes_again_while_it_is_forgotten_stays() {
    let mut registry = sent();
    let now = MINUTE + STALE;
    let mut collection = registry.begin_collection(now);
    while !registry.collect_slice(&mut collection, SLICE) {}
    drop(collection.finish());
    let mut clients = 0;
    while !registry.forget_slice(SLICE) {
        // One that has ended, and one that never was.
        apply(&mut registry, clients..clients + 1, now + 1);
        apply(&mut registry, PAIRS + clients..PAIRS + clients + 1, now + 1);
        clients += 1;
    }
    assert!(clients > 10);
    let stats = registry.stats();
    assert_eq!((stats.label_sets, stats.keys), (2 * clients, 2 * clients));
    let values = decode(&registry.collect(now + 2)).values();
    assert_eq!(values.len(), 2 * clients);
    assert!(values.values().all(|calls| *calls == 1.0));
    apply(&mut registry, 0..clients, now + 3);
    assert_eq!(
        registry.stats().label_sets,
        2 * clients,
        "they are found by their keys"
    );
}

#[test]
fn without_collections_stale_series_go_a_slice_at_a_time_too() {
    let mut registry = registry(&settings());
    apply(&mut registry, 0..PAIRS, MINUTE);
    let mut eviction = registry.begin_eviction(MINUTE + STALE);
    let mut before = registry.stats();
    let mut is_over = false;
    while !is_over {
        is_over = registry.collect_slice(&mut eviction, SLICE);
        let after = registry.stats();
        check_slice(&before, &after);
        before = after;
    }
    assert!(decode(&eviction.finish()).samples.is_empty());
    while !registry.forget_slice(SLICE) {}
    assert_eq!(registry.stats().label_sets, 0);
}

#[test]
fn the_values_in_use_are_noted_for_a_new_period_a_slice_at_a_time() {
    let mut registry = sent();
    let demanded = |registry: &Registry| {
        let client = registry.label_demand().find(|label| label.name == "client");
        client.unwrap().values
    };
    for period in 1..4 {
        let now = MINUTE + period * STALE;
        apply(&mut registry, 0..PAIRS, now);
        let mut collection = registry.begin_collection(now + 1);
        while !registry.collect_slice(&mut collection, SLICE) {}
        let mut slices = 1;
        while !registry.forget_slice(SLICE) {
            slices += 1;
        }
        assert!(slices >= PAIRS / SLICE, "{slices} slices");
        let values = demanded(&registry);
        assert!(values.abs_diff(PAIRS) < PAIRS / 20, "{values} values");
    }
}
