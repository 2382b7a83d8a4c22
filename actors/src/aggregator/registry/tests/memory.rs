//! What a registry costs, and that churn costs nothing.

use std::time::Duration;

use spangraph_config::{HistogramKind, TenantSettings};

use super::MINUTE;
use crate::aggregator::decoded::{Span, decode, edges, registry, spans};
use crate::aggregator::registry::Registry;

/// Applies edges between `count` pairs of services that no other `generation` has.
fn apply_generation(registry: &mut Registry, generation: i64, count: usize, now: i64) {
    let names: Vec<_> = (0..count)
        .map(|number| format!("service-{generation:06}-{number:06}"))
        .collect();
    let pairs: Vec<_> = names.iter().map(|name| (name.as_str(), "database")).collect();
    registry.apply(&edges(&pairs), now);
}

/// Applies spans of `count` names that no other `generation` has.
fn apply_span_generation(registry: &mut Registry, generation: i64, count: usize, now: i64) {
    let names: Vec<_> = (0..count)
        .map(|number| format!("GET /{generation:06}/{number:06}"))
        .collect();
    let rows: Vec<_> = names
        .iter()
        .map(|name| ["a", name.as_str(), "", "", "", "", ""])
        .collect();
    let batch: Vec<_> = rows
        .iter()
        .map(|labels| Span {
            labels,
            seconds: 0.1,
            weight: 1.0,
        })
        .collect();
    registry.apply_spans(&spans(&batch), now);
}

fn collect(registry: &mut Registry, now: i64) {
    drop(registry.collect(now));
}

#[test]
fn a_hundred_thousand_label_sets_cost_at_most_one_and_a_half_kibibytes_each() {
    let mut registry = registry(&TenantSettings::default());
    apply_generation(&mut registry, 0, 100_000, MINUTE);
    let stats = registry.stats();
    assert_eq!((stats.label_sets, stats.series.active), (100_000, 2_300_000));
    let each = stats.memory_bytes / stats.label_sets;
    assert!(each <= 1536, "{each} bytes a label set");
}

#[test]
fn a_day_of_churn_ends_with_the_memory_it_began_with() {
    let mut settings = TenantSettings::default();
    settings.registry.stale_duration = Duration::from_secs(60);
    settings.registry.histograms.kind = HistogramKind::Both;
    settings.service_graphs.histogram_buckets = vec![0.2];
    settings.span_metrics.histogram_buckets = vec![0.2];
    settings.processors.span_metrics_count = true;
    settings.processors.span_metrics_latency = true;
    let mut registry = registry(&settings);
    let tick = 15_000;
    let ticks_a_day = 24 * 60 * 4;
    let mut after_an_hour = None;
    for generation in 0..=ticks_a_day {
        let now = MINUTE + generation * tick;
        apply_generation(&mut registry, generation, 3, now);
        apply_span_generation(&mut registry, generation, 3, now);
        collect(&mut registry, now + 1);
        if generation == 240 {
            after_an_hour = Some(registry.stats());
        }
    }
    let (before, after) = (after_an_hour.unwrap(), registry.stats());
    assert_eq!(
        (after.label_sets, after.keys, after.symbols),
        (before.label_sets, before.keys, before.symbols)
    );
    assert_eq!(after.series.active, before.series.active);
    assert!(
        after.memory_bytes <= before.memory_bytes * 11 / 10,
        "{before:?} {after:?}"
    );
    assert_eq!(
        after.series.created - after.series.removed,
        after.series.active as u64
    );
}

#[test]
fn what_a_flood_took_is_given_back_when_it_is_over() {
    let mut registry = registry(&TenantSettings::default());
    apply_generation(&mut registry, 0, 10, MINUTE);
    let before = registry.stats().memory_bytes;
    apply_generation(&mut registry, 1, 5_000, MINUTE);
    collect(&mut registry, MINUTE + 1);
    for minute in 1..=20 {
        apply_generation(&mut registry, 0, 10, MINUTE + minute * 60_000);
        collect(&mut registry, MINUTE + minute * 60_000 + 1);
    }
    let stats = registry.stats();
    assert_eq!((stats.label_sets, stats.keys, stats.symbols), (10, 10, 11));
    assert!(stats.memory_bytes < before * 2, "{before} {}", stats.memory_bytes);
}

#[test]
fn values_that_one_label_set_hides_are_not_all_remembered() {
    let mut settings = TenantSettings::default();
    settings.registry.external_labels = [("client".to_owned(), "shadow".to_owned())].into();
    let mut registry = registry(&settings);
    for generation in 0..3 {
        apply_generation(&mut registry, generation, 1_000, MINUTE);
    }
    let stats = registry.stats();
    assert_eq!((stats.label_sets, stats.keys), (1, 1_024 + 4));
    let values = decode(&registry.collect(MINUTE + 15_000)).values();
    let calls = r#"traces_service_graph_request_total{client="shadow",server="database"}"#;
    assert_eq!(values[calls], 3_000.0);
}

#[test]
fn keys_that_are_no_longer_used_go_though_their_label_set_stays() {
    let mut settings = TenantSettings::default();
    settings.registry.external_labels = [("client".to_owned(), "shadow".to_owned())].into();
    let mut registry = registry(&settings);
    for minute in 0..60 {
        apply_generation(&mut registry, minute, 10, MINUTE + minute * 60_000);
        collect(&mut registry, MINUTE + minute * 60_000 + 1);
    }
    let stats = registry.stats();
    assert_eq!(stats.label_sets, 1);
    assert_eq!(stats.keys, 10 * 15, "those of the last 15 minutes");
}
