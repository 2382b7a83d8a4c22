//! New settings over running series: what goes on, what ends, and that nothing counted is lost.

use std::collections::HashMap;

use proptest::prelude::*;
use spangraph_config::{HistogramKind, Limiter, TenantId, TenantSettings};
use spangraph_test_support::remote_write::STALE_MARKER_BITS;

use super::MINUTE;
use crate::aggregator::decoded::{Decoded, Span, decode, edges, registry, spans};
use crate::aggregator::processors::relabel_updates;
use crate::aggregator::registry::Registry;
use crate::batches::{Edges, Relayout};

const TOTAL: &str = "traces_service_graph_request_total{client=\"a\",server=\"b\"}";
const COUNT: &str = "traces_service_graph_request_server_seconds_count{client=\"a\",server=\"b\"}";

fn settings(change: impl FnOnce(&mut TenantSettings)) -> TenantSettings {
    let mut settings = TenantSettings::default();
    change(&mut settings);
    settings
}

/// A registry with one edge that was collected at 15 seconds past the minute.
fn collected_once(settings: &TenantSettings) -> Registry {
    let mut registry = registry(settings);
    registry.apply(&edges(&[("a", "b")]), MINUTE);
    registry.collect(MINUTE + 15_000);
    registry
}

fn reconfigure(registry: &mut Registry, settings: &TenantSettings, now: i64) -> Decoded {
    decode(&registry.reconfigure(settings, &TenantId::single(), now))
}

fn is_marker(value: f64) -> bool {
    value.to_bits() == STALE_MARKER_BITS
}

#[test]
fn series_that_mean_the_same_go_on_as_if_nothing_had_happened() {
    let mut registry = collected_once(&TenantSettings::default());
    let other = settings(|settings| {
        settings.service_graphs.wait *= 2;
        settings.registry.limiter = Limiter::Series(100);
        settings.registry.max_cardinality_per_label = 100;
        settings.processors.service_graphs_connection_info = true;
    });
    assert!(!registry.would_end_series(&other, &TenantId::single()));
    let ended = reconfigure(&mut registry, &other, MINUTE + 20_000);
    assert!(ended.samples.is_empty(), "{ended:?}");
    registry.apply(&edges(&[("a", "b")]), MINUTE + 21_000);
    let next = decode(&registry.collect(MINUTE + 30_000));
    assert_eq!(next.samples[TOTAL], (2.0, MINUTE + 30_000));
    assert_eq!(next.samples[COUNT].0, 2.0);
    assert!(next.seeds.is_empty(), "all but the gauge were sent before");
    assert_eq!(next.exemplars.len(), 2);
    let stats = registry.stats();
    assert_eq!(
        (stats.series.active, stats.series.removed, stats.label_sets),
        (24, 0, 1)
    );
}

#[test]
fn other_buckets_end_their_histogram_and_nothing_else() {
    let mut registry = collected_once(&TenantSettings::default());
    let other = settings(|settings| settings.service_graphs.histogram_buckets = vec![1.0]);
    assert!(registry.would_end_series(&other, &TenantId::single()));
    let ended = reconfigure(&mut registry, &other, MINUTE + 15_001);
    assert_eq!(ended.samples.len(), 22);
    assert!(
        ended
            .samples
            .values()
            .all(|sample| is_marker(sample.0) && sample.1 == MINUTE + 15_001)
    );
    registry.apply(&edges(&[("a", "b")]), MINUTE + 21_000);
    let next = decode(&registry.collect(MINUTE + 30_000));
    assert_eq!((next.samples[TOTAL].0, next.samples[COUNT].0), (2.0, 1.0));
    assert_eq!(next.seeds[COUNT].1, MINUTE + 15_002, "born again after its end");
    assert!(!next.seeds.contains_key(TOTAL));
}

/// A registry of many series that were sent, and some that never were, so that they end without a marker.
fn many() -> Registry {
    let names: Vec<_> = (0..60).map(|number| format!("client-{number}")).collect();
    let pairs: Vec<_> = names.iter().map(|name| (name.as_str(), "b")).collect();
    let mut registry = collected_once(&TenantSettings::default());
    registry.apply(&edges(&pairs), MINUTE + 15_001);
    registry.collect(MINUTE + 15_002);
    registry.apply(&edges(&[("new", "b")]), MINUTE + 15_003);
    registry
}

/// What `registry` ends in small slices for the sake of `settings`.
fn ended_in_slices(registry: &mut Registry, settings: &TenantSettings, now: i64) -> Decoded {
    let mut ending = registry.begin_ending(settings, &TenantId::single(), now);
    let (mut slices, mut before) = (0, registry.stats().series.active);
    while !registry.collect_slice(&mut ending, 10) {
        let active = registry.stats().series.active;
        assert!(before - active <= 10 * 16, "{before} to {active} in one go");
        (before, slices) = (active, slices + 1);
    }
    assert!(slices > 20, "{slices} slices");
    decode(&ending.finish())
}

#[test]
fn series_end_in_slices_as_they_do_at_once() {
    let other = settings(|settings| settings.service_graphs.histogram_buckets = vec![1.0]);
    let (mut at_once, mut sliced) = (many(), many());
    let now = MINUTE + 15_004;
    let expected = reconfigure(&mut at_once, &other, now);
    let ended = ended_in_slices(&mut sliced, &other, now);
    let is_end = |sample: &(f64, i64)| is_marker(sample.0) && sample.1 == now;
    assert!(ended.samples.len() == 61 * 22 && ended.samples.values().all(is_end));
    let mut identities = [&ended, &expected].map(|decoded| decoded.samples.keys().collect::<Vec<_>>());
    identities.iter_mut().for_each(|identities| identities.sort());
    assert_eq!(identities[0], identities[1]);
    assert!(ended.seeds.is_empty() && ended.exemplars.is_empty());
    assert!(!sliced.would_end_series(&other, &TenantId::single()));
    assert!(reconfigure(&mut sliced, &other, now).samples.is_empty());
    let [at_once, sliced] = [at_once, sliced].map(|mut registry| {
        registry.apply(&edges(&[("a", "b")]), MINUTE + 21_000);
        decode(&registry.collect(MINUTE + 30_000))
    });
    assert_eq!(
        (&sliced.samples, &sliced.seeds),
        (&at_once.samples, &at_once.seeds)
    );
    assert_eq!(sliced.seeds[COUNT].1, now + 1, "born again after its end");
}

#[test]
fn a_processor_that_is_switched_off_ends_its_series_and_begins_anew() {
    let mut registry = collected_once(&TenantSettings::default());
    let off = settings(|settings| settings.processors.service_graphs_request = false);
    let ended = reconfigure(&mut registry, &off, MINUTE + 15_001);
    assert_eq!(ended.samples.keys().collect::<Vec<_>>(), [TOTAL]);
    registry.apply(&edges(&[("a", "b")]), MINUTE + 16_000);
    assert!(
        !decode(&registry.collect(MINUTE + 30_000))
            .samples
            .contains_key(TOTAL)
    );
    assert!(
        reconfigure(&mut registry, &TenantSettings::default(), MINUTE + 31_000)
            .samples
            .is_empty()
    );
    registry.apply(&edges(&[("a", "b")]), MINUTE + 32_000);
    let next = decode(&registry.collect(MINUTE + 45_000));
    assert_eq!((next.samples[TOTAL].0, next.samples[COUNT].0), (1.0, 3.0));
}

#[test]
fn other_labels_end_all_series_that_have_them_and_leave_no_memory() {
    let changes: [fn(&mut TenantSettings); 4] = [
        |settings| settings.service_graphs.dimensions = vec!["zone".to_owned()],
        |settings| settings.service_graphs.enable_virtual_node_label = true,
        |settings| settings.registry.max_label_value_length = 1,
        |settings| {
            _ = settings
                .registry
                .external_labels
                .insert("x".to_owned(), "y".to_owned())
        },
    ];
    for change in changes {
        let mut registry = collected_once(&TenantSettings::default());
        let ended = reconfigure(&mut registry, &settings(change), MINUTE + 15_001);
        assert_eq!(ended.samples.len(), 23);
        let stats = registry.stats();
        let left = (stats.series.active, stats.label_sets, stats.keys, stats.symbols);
        assert_eq!(left, (0, 0, 0, 0));
        assert_eq!((stats.series.created, stats.series.removed), (23, 23));
    }
}

#[test]
fn native_histograms_end_with_a_marker_of_their_own() {
    let native = settings(|settings| settings.registry.histograms.kind = HistogramKind::Native);
    let mut registry = collected_once(&native);
    let collected = registry.reconfigure(&TenantSettings::default(), &TenantId::single(), MINUTE + 15_001);
    let ends: Vec<_> = decode(&collected).natives.into_values().collect();
    assert_eq!(ends.len(), 2);
    assert!(
        ends.iter()
            .all(|end| is_marker(end.sum) && end.timestamp == MINUTE + 15_001)
    );
}

#[test]
fn a_lower_limit_removes_nothing_and_turns_away_what_is_new() {
    let mut registry = registry(&TenantSettings::default());
    registry.apply(&edges(&[("a", "b"), ("c", "d")]), MINUTE);
    let tight = settings(|settings| settings.registry.limiter = Limiter::Entities(1));
    assert!(reconfigure(&mut registry, &tight, MINUTE + 1).samples.is_empty());
    registry.apply(&edges(&[("a", "b"), ("e", "f")]), MINUTE + 2);
    let values = decode(&registry.collect(MINUTE + 15_000)).values();
    assert_eq!(values[TOTAL], 2.0);
    assert!(values.contains_key("traces_service_graph_request_total{metric_overflow=\"true\"}"));
    assert_eq!(registry.stats().label_sets, 3, "the overflow is one");
}

#[test]
fn spans_read_under_old_settings_are_counted_by_the_new_labels() {
    let with = |names: &[&str]| {
        settings(|settings| {
            settings.processors.span_metrics_count = true;
            settings.span_metrics.dimensions = names.iter().map(|name| (*name).to_owned()).collect();
        })
    };
    let (old, new) = (with(&["zone", "team"]), with(&["team", "tier"]));
    let labels = ["s", "GET", "", "", "", "z1", "t1", "", ""];
    let span = Span {
        labels: &labels,
        seconds: 0.1,
        weight: 1.0,
    };
    let mut updates = spans(&[span]);
    relabel_updates(&mut updates, &old.span_metrics, &new.span_metrics);
    let mut registry = registry(&new);
    registry.apply_spans(&updates, MINUTE);
    let values = decode(&registry.collect(MINUTE + 15_000)).values();
    let expected = "traces_spanmetrics_calls_total{service=\"s\",span_name=\"GET\",team=\"t1\"}";
    assert_eq!(values[expected], 1.0);
}

/// What one step of a life is.
#[derive(Clone, Copy, Debug)]
enum Step {
    Edges(u8, u8),
    Collect,
    Reconfigure(u8),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0u8..4, 1u8..4).prop_map(|(client, count)| Step::Edges(client, count)),
        2 => Just(Step::Collect),
        1 => (0u8..16).prop_map(Step::Reconfigure),
    ]
}

/// Settings that differ in dimensions, buckets, processors and limits, by the bits of `number`.
fn varied(number: u8) -> TenantSettings {
    settings(|settings| {
        if number & 1 > 0 {
            settings.service_graphs.dimensions = vec!["zone".to_owned()];
        }
        if number & 2 > 0 {
            settings.service_graphs.histogram_buckets = vec![1.0];
        }
        settings.processors.service_graphs_connection_info = number & 4 > 0;
        if number & 8 > 0 {
            settings.registry.limiter = Limiter::Entities(2);
        }
    })
}

/// Edges that were read under `old` settings, as the aggregator gets them.
fn edges_of(old: &TenantSettings, new: &TenantSettings, client: u8, count: u8) -> Edges {
    let client = format!("c{client}");
    let mut batch = edges(&vec![(client.as_str(), "s"); usize::from(count)]);
    let zone = batch.texts.insert(b"z").unwrap();
    let width = old.service_graphs.dimensions.len();
    batch.dimensions = vec![zone; batch.edges.len() * width];
    if let Some(relayout) = Relayout::of_edges(&old.service_graphs, &new.service_graphs) {
        batch.relayout(&relayout);
    }
    batch
}

/// What a store would have: the time of the last sample of each series, and all increases of request totals.
#[derive(Default)]
struct Store {
    last: HashMap<String, (f64, i64)>,
    increases: f64,
}

impl Store {
    fn take(&mut self, decoded: &Decoded) {
        for samples in [&decoded.seeds, &decoded.samples] {
            for (series, sample) in samples {
                let before = self.last.insert(series.clone(), *sample);
                assert!(
                    before.is_none_or(|before| before.1 < sample.1),
                    "{series} is in order"
                );
                if series.starts_with("traces_service_graph_request_total") && !sample.0.is_nan() {
                    let before = before.map_or(0.0, |before| before.0);
                    let reset = before.is_nan() || sample.0 < before;
                    self.increases += if reset { sample.0 } else { sample.0 - before };
                }
            }
        }
    }
}

proptest! {
    #[test]
    fn every_edge_is_in_some_series_whatever_is_reconfigured(steps in proptest::collection::vec(step(), 1..40)) {
        let (mut current, mut store, mut sent) = (varied(0), Store::default(), 0.0);
        let (mut registry, mut now) = (registry(&current), MINUTE);
        for step in steps {
            now += 1_000;
            match step {
                Step::Edges(client, count) => {
                    let batch = edges_of(&varied(client % 2), &current, client, count);
                    sent += f64::from(count);
                    registry.apply(&batch, now);
                }
                Step::Collect => store.take(&decode(&registry.collect(now))),
                Step::Reconfigure(number) => {
                    current = varied(number);
                    if registry.would_end_series(&current, &TenantId::single()) {
                        store.take(&decode(&registry.collect(now)));
                        now += 1;
                    }
                    store.take(&reconfigure(&mut registry, &current, now));
                }
            }
        }
        store.take(&decode(&registry.collect(now + 1_000)));
        prop_assert_eq!(store.increases, sent);
        let stats = registry.stats();
        prop_assert_eq!(stats.series.active as u64, stats.series.created - stats.series.removed);
    }
}
