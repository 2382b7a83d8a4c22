//! What is described equals a recount of what is collected.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::vec;
use proptest::prelude::*;
use spangraph_config::{DimensionMapping, Limiter, TenantSettings};

use super::*;
use crate::aggregator::decoded::{Span, decode, edge, edges, registry, spans};
use crate::aggregator::labels::DimensionSetting;
use crate::batches::Edges;

const NOW: i64 = 1_700_000_000_000;
type Labels = BTreeMap<String, String>;
/// The metric and the labels of one series.
type CollectedSeries = (String, Labels);

const ZONES: [&str; 4] = ["", "z1", "z2", "z3"];

/// Both layers, each with the dimension `zone`; span metrics have one that hides behind the target's `job` too.
fn settings() -> TenantSettings {
    let mut settings = TenantSettings::default();
    settings.processors.span_metrics_count = true;
    settings.processors.span_metrics_latency = true;
    settings.service_graphs.dimensions = vec!["zone".to_owned()];
    settings.span_metrics.dimensions = vec!["zone".to_owned(), "job".to_owned()];
    settings
}

/// Calls of client, server and zone.
fn calls(calls: &[(u8, u8, u8)]) -> Edges {
    let mut batch = Edges::default();
    for (client, server, zone) in calls {
        let call = edge(&mut batch, &format!("s{client}"), &format!("s{server}"));
        let zone = ZONES[usize::from(*zone)];
        let zone = batch.texts.insert(zone.as_bytes()).unwrap();
        batch.edges.push(call);
        batch.dimensions.push(zone);
    }
    batch
}

/// Applies spans of service, name, zone, `job` as a dimension and `job` of the target; 0 is none.
fn apply_spans(registry: &mut Registry, found: &[[u8; 5]]) {
    let text = |letter: char, number: u8| match number {
        0 => String::new(),
        number => format!("{letter}{number}"),
    };
    let texts: Vec<[String; 5]> = found
        .iter()
        .map(|[service, name, zone, job, target]| {
            [
                text('s', *service),
                text('n', *name),
                ZONES[usize::from(*zone)].to_owned(),
                text('j', *job),
                text('t', *target),
            ]
        })
        .collect();
    let labels: Vec<[&str; 9]> = texts
        .iter()
        .map(|[service, name, zone, job, target]| [service, name, "", "", "", zone, job, target, ""])
        .collect();
    let batch: Vec<_> = labels
        .iter()
        .map(|labels| Span {
            labels,
            seconds: 0.25,
            weight: 1.0,
        })
        .collect();
    registry.apply_spans(&spans(&batch), NOW);
}

/// The series as they are collected: the metric without a histogram's suffix, and the labels but `le`.
fn collected(registry: &mut Registry) -> Vec<CollectedSeries> {
    let values = decode(&registry.collect(NOW + 1)).values();
    let series = values.keys().map(|identity| {
        let (name, labels) = identity.split_once('{').unwrap();
        let suffixes = ["_bucket", "_sum", "_count"];
        let base = suffixes.iter().find_map(|suffix| name.strip_suffix(suffix));
        let pairs = labels.trim_end_matches('}').split(',');
        let pairs = pairs.filter_map(|pair| pair.split_once('='));
        let labels = pairs.map(|(label, value)| (label.to_owned(), value.trim_matches('"').to_owned()));
        (
            base.unwrap_or(name).to_owned(),
            labels.filter(|(label, _)| label != "le").collect(),
        )
    });
    series.collect()
}

/// The series and label sets of each service, told from its label in each layer.
fn services_of(series: &[CollectedSeries]) -> BTreeMap<String, (usize, usize)> {
    let mut sets: BTreeMap<String, (usize, BTreeSet<&Labels>)> = BTreeMap::new();
    for (_, labels) in series {
        if let Some(service) = labels.get("client").or_else(|| labels.get("service")) {
            let found = sets.entry(service.clone()).or_default();
            found.0 += 1;
            found.1.insert(labels);
        }
    }
    let counted = sets.into_iter();
    counted
        .map(|(service, (series, sets))| (service, (series, sets.len())))
        .collect()
}

/// The label sets of span metrics, without the label `left_out`.
fn span_sets(series: &[CollectedSeries], left_out: &str) -> usize {
    let spans = series.iter().filter(|(metric, _)| metric.contains("spanmetrics"));
    let sets: BTreeSet<_> = spans
        .map(|(_, labels)| {
            let mut labels = labels.clone();
            labels.remove(left_out);
            labels
        })
        .collect();
    sets.len()
}

proptest! {
    #[test]
    fn a_description_is_a_recount_of_the_collected_series(
        found in vec((0u8..3, 0u8..3, 0u8..4), 0..12),
        traced in vec([0u8..4, 0u8..4, 0u8..4, 0u8..3, 0u8..3], 0..12),
    ) {
        let mut registry = registry(&settings());
        registry.apply(&calls(&found), NOW);
        apply_spans(&mut registry, &traced);
        let description = registry.describe_cardinality(NOW);
        let series = collected(&mut registry);
        let mut by_metric: BTreeMap<String, usize> = BTreeMap::new();
        let mut by_label: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (metric, labels) in &series {
            *by_metric.entry(metric.clone()).or_default() += 1;
            for (label, value) in labels {
                by_label.entry(label.clone()).or_default().insert(value.clone());
            }
        }
        let metrics: BTreeMap<_, _> = description.metrics.into_iter().map(|each| (each.metric, each.series)).collect();
        prop_assert_eq!(metrics, by_metric);
        let labels: BTreeMap<_, _> = description.labels.into_iter().map(|each| (each.name, each.values)).collect();
        let by_label: BTreeMap<_, _> = by_label.into_iter().map(|(label, values)| (label, values.len())).collect();
        prop_assert_eq!(labels, by_label);
        let services = description.services.into_iter();
        let services: BTreeMap<_, _> = services.map(|each| (each.service, (each.series, each.label_sets))).collect();
        prop_assert_eq!(services, services_of(&series));
        prop_assert_eq!(description.active_series, series.len());
        let of_spans = |each: &&DimensionDescription| each.label == "zone" && each.setting == DimensionSetting::SpanMetrics;
        let zone = description.dimensions.iter().find(of_spans).unwrap();
        prop_assert_eq!(zone.label_sets, span_sets(&series, ""));
        let without = span_sets(&series, "zone");
        prop_assert!(zone.label_sets_without.abs_diff(without) <= 4, "{} for {without}", zone.label_sets_without);
    }
}

#[test]
fn dimensions_name_the_setting_that_asks_for_them() {
    let mut settings = settings();
    settings.service_graphs.enable_client_server_prefix = true;
    settings.span_metrics.dimension_mappings = vec![DimensionMapping {
        name: "place".to_owned(),
        ..DimensionMapping::default()
    }];
    let description = registry(&settings).describe_cardinality(NOW);
    let told: Vec<_> = description
        .dimensions
        .iter()
        .map(|each| (&*each.label, &*each.configured, each.setting))
        .collect();
    let expected = [
        ("client_zone", "zone", DimensionSetting::ServiceGraphs),
        ("job", "job", DimensionSetting::SpanMetrics),
        ("place", "place", DimensionSetting::SpanMetricsMapping),
        ("server_zone", "zone", DimensionSetting::ServiceGraphs),
        ("zone", "zone", DimensionSetting::SpanMetrics),
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_dimension_tells_what_would_be_left_without_it() {
    let mut registry = registry(&settings());
    let found: Vec<_> = (0..240u8)
        .map(|number| [1, number % 80, number % 3 + 1, 1, 0])
        .collect();
    apply_spans(&mut registry, &found);
    let description = registry.describe_cardinality(NOW);
    let [zone, job, _] = description.dimensions.as_slice() else {
        panic!("{description:?}")
    };
    assert_eq!((&*zone.label, zone.values, zone.label_sets), ("zone", 3, 240));
    assert_eq!((&*job.label, job.values, job.label_sets), ("job", 1, 240));
    assert!(zone.label_sets_without.abs_diff(80) <= 8, "{zone:?}");
    assert!(job.label_sets_without.abs_diff(240) <= 20, "{job:?}");
}

#[test]
fn values_that_are_cut_to_one_label_set_count_it_once() {
    let mut settings = TenantSettings::default();
    settings.registry.max_label_value_length = 4;
    let mut registry = registry(&settings);
    registry.apply(&edges(&[("shop", "cart-1"), ("shop", "cart-2")]), NOW);
    let description = registry.describe_cardinality(NOW);
    let [shop] = description.services.as_slice() else {
        panic!("{description:?}")
    };
    assert_eq!((shop.series, shop.label_sets), (description.active_series, 1));
}

#[test]
fn limits_tell_what_is_used_and_what_is_asked_for() {
    for (limiter, used, demanded) in [(Limiter::Entities(2), 2, 5), (Limiter::Entities(0), 4, 4)] {
        let mut settings = TenantSettings::default();
        settings.registry.limiter = limiter;
        let mut registry = registry(&settings);
        registry.apply(&edges(&[("a", "b"), ("a", "c"), ("a", "d"), ("a", "e")]), NOW);
        let description = registry.describe_cardinality(NOW);
        assert_eq!(
            (description.limit.limiter, description.limit.used),
            (limiter, used)
        );
        assert_eq!(
            description.limit.demanded, demanded,
            "the overflow's own label set is one of them"
        );
        assert_eq!(description.limited_updates > 0, limiter == Limiter::Entities(2));
    }
}

#[test]
fn a_label_over_its_limit_comes_with_what_it_would_have() {
    let mut settings = TenantSettings::default();
    settings.registry.max_cardinality_per_label = 3;
    let mut registry = registry(&settings);
    let servers: Vec<_> = (0..20).map(|number| format!("db{number}")).collect();
    let pairs: Vec<_> = servers.iter().map(|server| ("shop", server.as_str())).collect();
    registry.apply(&edges(&pairs[..10]), NOW);
    registry.collect(NOW + 1);
    registry.apply(&edges(&pairs[10..]), NOW + 2);
    let description = registry.describe_cardinality(NOW + 3);
    assert_eq!(description.max_cardinality_per_label, 3);
    let server = &description.labels[0];
    assert_eq!(
        (&*server.name, server.values, server.is_over),
        ("server", 11, true)
    );
    // 20, but two values may share a register of the estimate, whose hashes have another key in each process.
    assert!(
        server
            .demanded_values
            .is_some_and(|values| (17..=20).contains(&values)),
        "{server:?}"
    );
    let [limited] = description.limited_labels.as_slice() else {
        panic!("{description:?}")
    };
    assert_eq!((&*limited.name, limited.limited_updates), ("server", 10));
}

#[test]
fn only_the_largest_are_told_of() {
    let mut registry = registry(&TenantSettings::default());
    let clients: Vec<_> = (0..2 * MOST_RANKED)
        .map(|number| format!("c{number:02}"))
        .collect();
    let mut pairs: Vec<_> = clients.iter().map(|client| (client.as_str(), "db")).collect();
    pairs.push(("c19", "other"));
    registry.apply(&edges(&pairs), NOW);
    let services = registry.describe_cardinality(NOW).services;
    assert_eq!(services.len(), MOST_RANKED);
    assert_eq!((&*services[0].service, services[0].label_sets), ("c19", 2));
    assert_eq!(services[1].service, "c00");
}

#[test]
fn a_registry_without_series_has_nothing_to_tell() {
    let description = registry(&TenantSettings::default()).describe_cardinality(NOW);
    let expected = CardinalityDescription {
        taken_unix_milliseconds: NOW,
        ..CardinalityDescription::default()
    };
    assert_eq!(description, expected);
}
