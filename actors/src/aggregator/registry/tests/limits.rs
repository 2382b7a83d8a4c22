//! What limits turn away, and where it goes.

use std::time::Duration;

use proptest::prelude::*;
use spangraph_config::{Limiter, Processors, TenantSettings};

use super::MINUTE;
use crate::aggregator::decoded::{decode, edges, registry};

fn settings(limiter: Limiter) -> TenantSettings {
    let mut settings = TenantSettings::default();
    settings.registry.limiter = limiter;
    settings
}

fn only_requests(limiter: Limiter) -> TenantSettings {
    let processors = Processors {
        service_graphs_request: true,
        ..Processors::default()
    };
    TenantSettings {
        processors,
        ..settings(limiter)
    }
}

fn total(labels: &str) -> String {
    format!("traces_service_graph_request_total{{{labels}}}")
}

#[test]
fn past_the_limit_of_series_new_ones_are_gathered_and_old_ones_go_on() {
    let mut registry = registry(&only_requests(Limiter::Series(3)));
    let pairs = [
        ("s1", "x"),
        ("s2", "x"),
        ("s3", "x"),
        ("s4", "x"),
        ("s5", "x"),
        ("s1", "x"),
    ];
    let applied = registry.apply(&edges(&pairs), MINUTE);
    assert_eq!(applied.limited_updates, 2);
    let values = decode(&registry.collect(MINUTE + 15_000)).values();
    assert_eq!(values[&total("metric_overflow=\"true\"")], 2.0);
    assert_eq!(values[&total("client=\"s1\",server=\"x\"")], 2.0);
    assert_eq!(values[&total("client=\"s3\",server=\"x\"")], 1.0);
    assert_eq!(values.len(), 4);
    assert_eq!(registry.stats().series.limited_updates, 2);
    assert_eq!((registry.stats().label_sets, registry.stats().keys), (4, 3));
}

#[test]
fn past_the_limit_of_label_sets_all_families_gather() {
    let mut registry = registry(&settings(Limiter::Entities(2)));
    let applied = registry.apply(
        &edges(&[("s1", "x"), ("s2", "x"), ("s3", "x"), ("s1", "x"), ("s4", "x")]),
        MINUTE,
    );
    assert_eq!(applied.limited_updates, 2 * 3);
    let values = decode(&registry.collect(MINUTE + 15_000)).values();
    assert_eq!(values.len(), 3 * 23);
    assert_eq!(values[&total("metric_overflow=\"true\"")], 2.0);
    let bucket = "traces_service_graph_request_client_seconds_bucket{le=\"+Inf\",metric_overflow=\"true\"}";
    assert_eq!(values[bucket], 2.0);
}

#[test]
fn a_histogram_that_does_not_fit_whole_is_gathered_though_its_counter_fits() {
    let mut registry = registry(&settings(Limiter::Series(12)));
    registry.apply(&edges(&[("a", "b")]), MINUTE);
    let values = decode(&registry.collect(MINUTE + 15_000)).values();
    assert_eq!(values[&total("client=\"a\",server=\"b\"")], 1.0);
    assert_eq!(
        values["traces_service_graph_request_server_seconds_count{client=\"a\",server=\"b\"}"],
        1.0
    );
    assert_eq!(
        values["traces_service_graph_request_client_seconds_count{metric_overflow=\"true\"}"],
        1.0
    );
    assert_eq!(values.len(), 1 + 2 * 11);
}

#[test]
fn a_label_set_that_lost_its_series_amid_a_collection_stays_until_its_keys_go() {
    let mut settings = only_requests(Limiter::Series(1));
    settings.registry.max_label_value_length = 4;
    settings.registry.stale_duration = Duration::from_secs(60);
    let mut registry = registry(&settings);
    registry.apply(&edges(&[("long-1", "x")]), MINUTE);
    registry.collect(MINUTE + 15_000);
    let mut collection = registry.begin_collection(MINUTE + 60_000);
    while registry.stats().series.active > 0 {
        assert!(!registry.collect_slice(&mut collection, 1));
    }
    // The first takes the only place, the second has the ended series' labels by another key, the third has its key.
    let applied = registry.apply(
        &edges(&[("new", "x"), ("long-2", "x"), ("long-1", "x")]),
        MINUTE + 60_001,
    );
    assert_eq!(applied.limited_updates, 2);
    registry.collect_slice(&mut collection, usize::MAX);
    let values = decode(&registry.collect(MINUTE + 75_000)).values();
    assert_eq!(values[&total("client=\"new\",server=\"x\"")], 1.0);
    assert_eq!(values[&total("metric_overflow=\"true\"")], 2.0);
    assert_eq!((registry.stats().label_sets, registry.stats().keys), (2, 1));
}

#[test]
fn label_sets_that_got_no_series_leave_nothing_behind() {
    let latency = Processors {
        service_graphs_latency: true,
        ..Processors::default()
    };
    let mut registry = registry(&TenantSettings {
        processors: latency,
        ..settings(Limiter::Series(10))
    });
    let names: Vec<_> = (0..1000).map(|number| format!("s{number}")).collect();
    let pairs: Vec<_> = names.iter().map(|name| (name.as_str(), "x")).collect();
    registry.apply(&edges(&pairs), MINUTE);
    let stats = registry.stats();
    assert_eq!((stats.label_sets, stats.keys, stats.symbols), (1, 0, 0));
    let sketches = 3 * 4_096;
    assert!(
        stats.memory_bytes < 10_000 + sketches,
        "the sketches of label sets and of either family do not grow: {}",
        stats.memory_bytes
    );
}

#[test]
fn what_stale_series_leave_is_free_for_new_ones() {
    let mut registry = registry(&only_requests(Limiter::Entities(1)));
    registry.apply(&edges(&[("a", "b"), ("c", "d")]), MINUTE);
    registry.collect(MINUTE + 1_000);
    let stale = MINUTE + 900_000;
    registry.collect(stale);
    assert_eq!(registry.stats().label_sets, 0, "the overflow ends too");
    assert_eq!(
        registry.apply(&edges(&[("c", "d")]), stale + 1).limited_updates,
        0
    );
    let values = decode(&registry.collect(stale + 15_000)).values();
    assert_eq!(values, [(total("client=\"c\",server=\"d\""), 1.0)].into());
}

#[test]
fn labels_that_are_the_overflows_own_are_gathered_with_it() {
    let mut settings = only_requests(Limiter::Series(1));
    settings.service_graphs.dimensions = vec!["metric_overflow".to_owned()];
    let empty = |name: &str| (name.to_owned(), String::new());
    settings.registry.external_labels = [empty("client"), empty("server")].into();
    let mut registry = registry(&settings);
    let mut batch = edges(&[("a", "b"), ("a", "c"), ("d", "e")]);
    let text = batch.texts.insert(b"true").unwrap();
    batch.dimensions = vec![text; 3];
    registry.apply(&batch, MINUTE);
    let values = decode(&registry.collect(MINUTE + 1_000)).values();
    assert_eq!(values, [(total("metric_overflow=\"true\""), 3.0)].into());
    registry.collect(MINUTE + 1_000_000);
    assert_eq!(registry.stats().series.active, 0);
}

/// Pairs of services, as many as `count`, applied twice; then what would be there without a limit.
fn demanded(limiter: Limiter, count: usize) -> (usize, usize) {
    let mut registry = registry(&settings(limiter));
    let names: Vec<_> = (0..count).map(|number| format!("s{number}")).collect();
    let pairs: Vec<_> = names.iter().map(|name| (name.as_str(), "x")).collect();
    registry.apply(&edges(&pairs), MINUTE);
    registry.apply(&edges(&pairs), MINUTE);
    let stats = registry.stats();
    (stats.demanded_series, stats.demanded_label_sets)
}

#[test]
fn demand_is_what_there_would_be_without_a_limit() {
    assert_eq!(demanded(Limiter::Series(0), 500), (500 * 23, 500));
    for limiter in [Limiter::Series(1_150), Limiter::Entities(50)] {
        let (series, label_sets) = demanded(limiter, 500);
        // What gathers the overflow is there too.
        assert!(series.abs_diff(501 * 23) < 500, "{series}");
        assert!(label_sets.abs_diff(501) < 20, "{label_sets}");
    }
}

#[test]
fn demand_that_is_over_is_forgotten() {
    let mut registry = registry(&settings(Limiter::Entities(1)));
    registry.apply(&edges(&[("a", "x"), ("b", "x"), ("c", "x")]), MINUTE);
    assert_eq!(registry.stats().demanded_label_sets, 4);
    for minute in 0..60 {
        registry.collect(MINUTE + minute * 60_000);
    }
    let stats = registry.stats();
    assert_eq!((stats.demanded_series, stats.demanded_label_sets), (0, 0));
}

proptest! {
    #[test]
    fn limits_are_never_exceeded_and_no_edge_is_lost(
        by_series: bool,
        limit in 1usize..60,
        rounds in proptest::collection::vec(proptest::collection::vec((0u8..6, 0u8..6), 0..12), 1..12),
    ) {
        let limiter = if by_series { Limiter::Series(limit) } else { Limiter::Entities(limit.div_ceil(8)) };
        let mut settings = settings(limiter);
        settings.service_graphs.histogram_buckets = vec![0.2];
        let mut registry = registry(&settings);
        for (tick, round) in (0i64..).zip(&rounds) {
            let names: Vec<_> = round.iter().map(|(client, server)| (format!("c{client}"), format!("s{server}"))).collect();
            let pairs: Vec<_> = names.iter().map(|(client, server)| (client.as_str(), server.as_str())).collect();
            let now = MINUTE + tick * 300_000;
            registry.apply(&edges(&pairs), now);
            let values = decode(&registry.collect(now + 1)).values();
            let counted: usize = values.keys().filter(|identity| !identity.contains("overflow")).count();
            let stats = registry.stats();
            match limiter {
                Limiter::Series(most) => prop_assert!(counted <= most),
                Limiter::Entities(most) => prop_assert!(stats.label_sets <= most + 1),
            }
            prop_assert_eq!(values.len(), stats.series.active);
            let is_total = |identity: &String| identity.starts_with("traces_service_graph_request_total");
            let sent: f64 = values.iter().filter(|(identity, _)| is_total(identity)).map(|(_, value)| value).sum();
            if tick < 3 {
                let edges: usize = rounds.iter().take(usize::try_from(tick).unwrap() + 1).map(Vec::len).sum();
                prop_assert_eq!(sent, f64::from(u32::try_from(edges).unwrap()), "nothing is stale yet");
            }
        }
    }
}
