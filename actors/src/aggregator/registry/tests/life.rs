//! How series begin, are sent, end and begin again.

use std::time::Duration;

use spangraph_config::{TenantId, TenantSettings};
use spangraph_test_support::remote_write::STALE_MARKER_BITS;

use super::MINUTE;
use crate::aggregator::decoded::{Decoded, decode, edge, edges, registry};
use crate::aggregator::registry::Registry;
use crate::batches::{Edge, Edges, Latency};

const TOTAL: &str = "traces_service_graph_request_total{client=\"a\",server=\"b\"}";

fn settings(stale: Duration) -> TenantSettings {
    let mut settings = TenantSettings::default();
    settings.registry.stale_duration = stale;
    settings
}

fn is_marker(sample: &(f64, i64)) -> bool {
    sample.0.to_bits() == STALE_MARKER_BITS
}

fn collect(registry: &mut Registry, now: i64) -> Decoded {
    decode(&registry.collect(now))
}

#[test]
fn every_new_series_but_gauges_begins_with_a_zero_before_the_minute() {
    let mut settings = TenantSettings::default();
    settings.processors.service_graphs_connection_info = true;
    let mut registry = registry(&settings);
    registry.apply(&edges(&[("a", "b")]), MINUTE + 1_000);
    let first = collect(&mut registry, MINUTE + 15_000);
    assert!(first.seeds.values().all(|seed| *seed == (0.0, MINUTE - 1_000)));
    let mut seeded: Vec<_> = first.seeds.keys().collect();
    let mut expected: Vec<_> = first
        .samples
        .keys()
        .filter(|identity| !identity.contains("info"))
        .collect();
    seeded.sort();
    expected.sort();
    assert_eq!(seeded, expected);
    assert_eq!(seeded.len(), 23);
    assert!(
        collect(&mut registry, MINUTE + 30_000).seeds.is_empty(),
        "a series is seeded once"
    );
}

#[test]
fn a_series_is_collected_again_and_again_until_it_is_stale() {
    let mut registry = registry(&settings(Duration::from_secs(60)));
    registry.apply(&edges(&[("a", "b")]), MINUTE);
    for tick in 1..4 {
        let decoded = collect(&mut registry, MINUTE + tick * 15_000);
        assert_eq!(decoded.samples[TOTAL], (1.0, MINUTE + tick * 15_000));
    }
}

#[test]
fn a_series_ends_with_a_marker_exactly_when_it_was_not_updated_for_the_stale_duration() {
    let mut registry = registry(&settings(Duration::from_secs(60)));
    registry.apply(&edges(&[("a", "b")]), MINUTE);
    assert_eq!(collect(&mut registry, MINUTE + 59_999).values().len(), 23);
    let last = collect(&mut registry, MINUTE + 60_000);
    assert_eq!(last.samples.len(), 23);
    assert!(
        last.samples
            .values()
            .all(|sample| is_marker(sample) && sample.1 == MINUTE + 60_000)
    );
    assert!(last.seeds.is_empty() && last.exemplars.is_empty());
    assert!(collect(&mut registry, MINUTE + 75_000).samples.is_empty());
    let stats = registry.stats();
    assert_eq!(
        (stats.series.active, stats.series.created, stats.series.removed),
        (0, 23, 23)
    );
    assert_eq!((stats.label_sets, stats.keys, stats.symbols), (0, 0, 0));
}

#[test]
fn an_edge_whose_latency_cannot_be_counts_and_has_no_histogram_of_it() {
    let mut registry = registry(&settings(Duration::from_secs(60)));
    let mut batch = edges(&[("a", "b")]);
    batch.edges[0].client_latency = Latency::IMPOSSIBLE;
    registry.apply(&batch, MINUTE);
    let values = collect(&mut registry, MINUTE + 15_000).values();
    let of = |name: &str| values.keys().filter(|series| series.contains(name)).count();
    assert_eq!(
        (of("request_total"), of("client_seconds"), of("server_seconds")),
        (1, 0, 11)
    );
    registry.apply(&edges(&[("a", "b")]), MINUTE + 16_000);
    let values = collect(&mut registry, MINUTE + 30_000).values();
    assert_eq!(values[TOTAL], 2.0);
    assert_eq!(
        values["traces_service_graph_request_client_seconds_count{client=\"a\",server=\"b\"}"],
        1.0
    );
}

#[test]
fn a_series_ends_alone_while_others_of_its_label_set_go_on() {
    let mut registry = registry(&settings(Duration::from_secs(60)));
    let mut batch = Edges::default();
    let failed = Edge {
        failed: true,
        ..edge(&mut batch, "a", "b")
    };
    batch.edges.push(failed);
    registry.apply(&batch, MINUTE);
    registry.apply(&edges(&[("a", "b")]), MINUTE + 30_000);
    collect(&mut registry, MINUTE + 45_000);
    let decoded = collect(&mut registry, MINUTE + 60_000);
    let ended: Vec<_> = decoded
        .samples
        .iter()
        .filter(|(_, sample)| is_marker(sample))
        .collect();
    assert_eq!(ended.len(), 1);
    assert!(
        ended[0]
            .0
            .starts_with("traces_service_graph_request_failed_total")
    );
    assert_eq!(decoded.values()[TOTAL], 2.0);
}

#[test]
fn rows_that_move_when_others_end_keep_their_values() {
    let mut registry = registry(&settings(Duration::from_secs(60)));
    registry.apply(&edges(&[("a", "b"), ("x", "y"), ("x", "z")]), MINUTE);
    registry.apply(&edges(&[("x", "z"), ("x", "y"), ("x", "z")]), MINUTE + 30_000);
    collect(&mut registry, MINUTE + 60_000);
    registry.apply(&edges(&[("x", "y")]), MINUTE + 61_000);
    let values = collect(&mut registry, MINUTE + 75_000).values();
    assert_eq!(
        values["traces_service_graph_request_total{client=\"x\",server=\"y\"}"],
        3.0
    );
    assert_eq!(
        values["traces_service_graph_request_total{client=\"x\",server=\"z\"}"],
        3.0
    );
    assert_eq!(values.len(), 2 * 23);
}

#[test]
fn a_series_born_again_starts_from_zero_after_its_own_end() {
    let mut registry = registry(&settings(Duration::from_secs(10)));
    registry.apply(&edges(&[("a", "b"), ("a", "b")]), MINUTE);
    collect(&mut registry, MINUTE + 5_000);
    collect(&mut registry, MINUTE + 20_000);
    registry.apply(&edges(&[("a", "b")]), MINUTE + 21_000);
    let reborn = collect(&mut registry, MINUTE + 25_000);
    assert_eq!(reborn.samples[TOTAL], (1.0, MINUTE + 25_000));
    assert!(reborn.seeds.values().all(|seed| *seed == (0.0, MINUTE + 20_001)));
    assert_eq!(reborn.seeds.len(), 23);
}

#[test]
fn a_series_born_again_in_another_minute_is_seeded_as_usual() {
    let mut registry = registry(&settings(Duration::from_secs(10)));
    registry.apply(&edges(&[("a", "b")]), MINUTE);
    collect(&mut registry, MINUTE + 5_000);
    collect(&mut registry, MINUTE + 20_000);
    collect(&mut registry, MINUTE + 60_000);
    registry.apply(&edges(&[("a", "b")]), MINUTE + 61_000);
    assert_eq!(
        collect(&mut registry, MINUTE + 65_000).seeds[TOTAL],
        (0.0, MINUTE + 59_000)
    );
}

#[test]
fn a_series_that_was_evicted_while_nothing_was_collected_begins_again_after_it_was_last_sent() {
    let mut registry = registry(&settings(Duration::from_secs(10)));
    registry.apply(&edges(&[("a", "b")]), MINUTE);
    collect(&mut registry, MINUTE + 5_000);
    registry.evict(MINUTE + 16_000);
    assert_eq!(registry.stats().label_sets, 0);
    registry.apply(&edges(&[("a", "b")]), MINUTE + 21_000);
    let reborn = collect(&mut registry, MINUTE + 25_000);
    assert_eq!(reborn.seeds.len(), 23);
    assert!(reborn.seeds.values().all(|seed| *seed == (0.0, MINUTE + 5_001)));
}

#[test]
fn no_series_begins_before_its_process_did_and_new_settings_do_not_change_that() {
    let settings = settings(Duration::from_secs(60));
    let mut registry = registry(&settings).with_seeds_from(MINUTE + 4_000);
    registry.apply(&edges(&[("a", "b")]), MINUTE + 5_000);
    let first = collect(&mut registry, MINUTE + 6_000);
    assert_eq!(first.seeds.len(), 23);
    assert!(first.seeds.values().all(|seed| *seed == (0.0, MINUTE + 4_000)));
    let mut more = settings.clone();
    more.processors.span_metrics_size = true;
    registry.reconfigure(&more, &TenantId::single(), MINUTE + 7_000);
    registry.apply(&edges(&[("a", "c")]), MINUTE + 8_000);
    let later = collect(&mut registry, MINUTE + 9_000);
    assert!(later.seeds.values().all(|seed| *seed == (0.0, MINUTE + 4_000)));
    registry.apply(&edges(&[("a", "e")]), MINUTE + 61_000);
    let usual = collect(&mut registry, MINUTE + 65_000);
    assert!(usual.seeds.values().all(|seed| *seed == (0.0, MINUTE + 59_000)));
}

#[test]
fn a_series_that_was_never_sent_goes_without_a_marker() {
    let mut registry = registry(&settings(Duration::from_secs(10)));
    registry.apply(&edges(&[("a", "b")]), MINUTE);
    let decoded = collect(&mut registry, MINUTE + 10_000);
    assert!(decoded.samples.is_empty() && decoded.seeds.is_empty());
    assert_eq!(registry.stats().label_sets, 0);
}

#[test]
fn eviction_alone_removes_what_is_never_collected() {
    let mut registry = registry(&settings(Duration::from_secs(60)));
    registry.apply(&edges(&[("a", "b")]), MINUTE);
    registry.evict(MINUTE + 59_999);
    assert_eq!(registry.stats().label_sets, 1);
    registry.evict(MINUTE + 60_000);
    assert_eq!(registry.stats().label_sets, 0);
    assert_eq!(registry.stats().series.active, 0);
}

#[test]
fn eviction_leaves_the_end_of_sent_series_to_collection_while_there_is_one() {
    let mut registry = registry(&settings(Duration::from_secs(60)));
    registry.apply(&edges(&[("a", "b")]), MINUTE);
    collect(&mut registry, MINUTE + 45_000);
    registry.evict(MINUTE + 61_000);
    assert_eq!(registry.stats().label_sets, 1);
    assert_eq!(
        collect(&mut registry, MINUTE + 62_000)
            .samples
            .values()
            .filter(|sample| is_marker(sample))
            .count(),
        23
    );

    registry.apply(&edges(&[("a", "b")]), MINUTE + 63_000);
    collect(&mut registry, MINUTE + 64_000);
    registry.evict(MINUTE + 124_000);
    assert_eq!(registry.stats().label_sets, 0, "collection has stopped");
}

#[test]
fn exemplars_are_sent_once_with_the_last_trace_of_each_bucket() {
    let mut registry = registry(&TenantSettings::default());
    let mut batch = edges(&[("a", "b"), ("a", "b"), ("a", "b")]);
    for (edge, (id, seconds)) in batch.edges.iter_mut().zip([(1, 0.15), (2, 0.16), (3, 20.0)]) {
        edge.trace_id = [id; 16];
        edge.server_latency = Latency::of_seconds(seconds);
    }
    registry.apply(&batch, MINUTE);
    let decoded = collect(&mut registry, MINUTE + 15_000);
    let exemplar = |bound: &str| {
        let bucket = format!(
            "traces_service_graph_request_server_seconds_bucket{{client=\"a\",le=\"{bound}\",server=\"b\"}}"
        );
        decoded.exemplars.get(&bucket).cloned()
    };
    let expected = |id: &str, seconds| Some((format!("traceID={}", id.repeat(16)), seconds, MINUTE + 15_000));
    assert_eq!(exemplar("0.2"), expected("02", 0.16));
    assert_eq!(exemplar("+Inf"), expected("03", 20.0));
    assert_eq!(exemplar("0.4"), None);
    assert_eq!(
        decoded.exemplars.len(),
        3,
        "the client's latencies share one bucket"
    );
    assert!(collect(&mut registry, MINUTE + 30_000).exemplars.is_empty());
}
