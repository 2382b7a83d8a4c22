//! Span metrics, from a request's updates to what the generated messages decode.

use std::collections::{BTreeMap, HashMap};

use proptest::prelude::*;
use spangraph_config::{DimensionMapping, Limiter, Processors, TenantSettings};

use super::MINUTE;
use crate::aggregator::decoded::{Identity, Span, decode, registry, spans, written};
use crate::aggregator::registry::Registry;

/// One bucket at half a second.
fn settings() -> TenantSettings {
    let mut settings = TenantSettings {
        processors: Processors {
            span_metrics_count: true,
            span_metrics_latency: true,
            span_metrics_size: true,
            ..Processors::default()
        },
        ..TenantSettings::default()
    };
    settings.span_metrics.histogram_buckets = vec![0.5];
    settings
}

fn span<'a>(labels: &'a [&'a str]) -> Span<'a> {
    Span {
        labels,
        seconds: 0.25,
        weight: 1.0,
    }
}

fn values(registry: &mut Registry) -> HashMap<Identity, f64> {
    decode(&registry.collect(MINUTE + 15_000)).values()
}

const PLAIN: [&str; 7] = ["a", "GET", "SPAN_KIND_SERVER", "STATUS_CODE_UNSET", "", "", ""];
const PLAIN_LABELS: &str =
    "service=\"a\",span_kind=\"SPAN_KIND_SERVER\",span_name=\"GET\",status_code=\"STATUS_CODE_UNSET\"";

#[test]
fn spans_are_counted_by_weight_and_their_bytes_are_not() {
    let mut registry = registry(&settings());
    let heavy = Span {
        seconds: 0.75,
        weight: 2.0,
        ..span(&PLAIN)
    };
    registry.apply_spans(&spans(&[span(&PLAIN), heavy]), MINUTE);
    let metric = |name: &str| format!("traces_spanmetrics_{name}{{{PLAIN_LABELS}}}");
    let bucket = |bound| format!("traces_spanmetrics_latency_bucket{{le=\"{bound}\",{PLAIN_LABELS}}}");
    let expected = [
        (metric("calls_total"), 3.0),
        (metric("size_total"), 200.0),
        (metric("latency_sum"), 1.75),
        (metric("latency_count"), 3.0),
        (bucket("0.5"), 1.0),
        (bucket("+Inf"), 3.0),
    ];
    assert_eq!(values(&mut registry), HashMap::from(expected));
}

#[test]
fn configured_labels_are_made_valid_and_hide_no_intrinsic_one() {
    let mut settings = settings();
    settings.processors = Processors {
        span_metrics_count: true,
        ..Processors::default()
    };
    settings.span_metrics.dimensions = ["http.method", "span.name", "2fast", "a.b", "a-b"]
        .map(str::to_owned)
        .into();
    settings.span_metrics.dimension_mappings = vec![DimensionMapping {
        name: "service".to_owned(),
        ..DimensionMapping::default()
    }];
    let mut registry = registry(&settings);
    let labels = [
        "a", "GET", "", "", "", "PUT", "mine", "yes", "first", "last", "mapped", "ns/a", "i-1",
    ];
    registry.apply_spans(&spans(&[span(&labels)]), MINUTE);
    let identity = "traces_spanmetrics_calls_total{2fast=\"yes\",__service=\"mapped\",__span_name=\"mine\",a_b=\"last\",http_method=\"PUT\",instance=\"i-1\",job=\"ns/a\",service=\"a\",span_name=\"GET\"}";
    assert_eq!(values(&mut registry), HashMap::from([(identity.to_owned(), 1.0)]));
}

#[test]
fn past_the_limit_of_label_sets_spans_are_gathered() {
    let mut settings = settings();
    settings.registry.limiter = Limiter::Entities(2);
    let mut registry = registry(&settings);
    let rows = ["s1", "s2", "s3", "s1", "s4"].map(|service| [service, "x", "", "", "", "", ""]);
    registry.apply_spans(&spans(&rows.each_ref().map(|row| span(row))), MINUTE);
    registry.apply_spans(&spans(&rows.each_ref().map(|row| span(row))), MINUTE);
    let values = values(&mut registry);
    let total = |labels: &str| values[&format!("traces_spanmetrics_calls_total{{{labels}}}")];
    assert_eq!(total("metric_overflow=\"true\""), 4.0);
    assert_eq!(total("service=\"s1\",span_name=\"x\""), 4.0);
    assert_eq!(
        values["traces_spanmetrics_latency_count{metric_overflow=\"true\"}"],
        4.0
    );
    assert_eq!(values.len(), 3 * 6);
    assert_eq!((registry.stats().label_sets, registry.stats().keys), (3, 2));
}

#[test]
fn series_are_admitted_label_set_by_label_set() {
    let mut settings = settings();
    settings.registry.limiter = Limiter::Series(6);
    let mut registry = registry(&settings);
    let rows = ["s1", "s2"].map(|service| [service, "", "", "", "", "", ""]);
    registry.apply_spans(&spans(&rows.each_ref().map(|row| span(row))), MINUTE);
    let values = values(&mut registry);
    let of = |labels: &str| values.keys().filter(|identity| identity.contains(labels)).count();
    assert_eq!((of("s1"), of("s2"), of("metric_overflow")), (6, 0, 6));
}

#[test]
fn labels_of_other_settings_are_left_out() {
    let mut settings = settings();
    settings.span_metrics.dimensions = vec!["zone".to_owned()];
    let mut registry = registry(&settings);
    registry.apply_spans(&spans(&[span(&PLAIN)]), MINUTE);
    assert_eq!(registry.stats().label_sets, 0);
}

type Row = ([u8; 4], u16, u8);

/// What `rows` add up to, series by series.
fn model(rows: &[Row]) -> HashMap<Identity, f64> {
    let names = ["service", "span_name", "zone", "job"];
    let mut values = HashMap::new();
    for (texts, seconds_64ths, weight) in rows {
        let labels = names.iter().zip(texts).filter(|(_, text)| **text > 0);
        let labels: BTreeMap<_, _> = labels
            .map(|(name, text)| ((*name).to_owned(), format!("v{text}")))
            .collect();
        let mut add = |name: &str, bound: Option<&str>, value: f64| {
            let mut labels = labels.clone();
            labels.insert("__name__".to_owned(), format!("traces_spanmetrics_{name}"));
            labels.extend(bound.map(|bound| ("le".to_owned(), bound.to_owned())));
            *values.entry(written(labels)).or_insert(0.0) += value;
        };
        let (seconds, weight) = (f64::from(*seconds_64ths) / 64.0, f64::from(*weight));
        add("calls_total", None, weight);
        add("size_total", None, 100.0);
        add("latency_sum", None, seconds * weight);
        add("latency_count", None, weight);
        add("latency_bucket", Some("+Inf"), weight);
        add(
            "latency_bucket",
            Some("0.5"),
            if seconds <= 0.5 { weight } else { 0.0 },
        );
    }
    values
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn series_are_those_of_the_model_however_the_spans_are_batched(
        rows in proptest::collection::vec((proptest::array::uniform4(0u8..3), 0u16..100, 0u8..4), 0..60),
        batch_size in 1usize..20,
    ) {
        let mut settings = settings();
        settings.span_metrics.dimensions = vec!["zone".to_owned()];
        let mut registry = registry(&settings);
        for batch in rows.chunks(batch_size) {
            let texts: Vec<_> = batch.iter().map(|(texts, ..)| texts.map(|text| match text {
                0 => String::new(),
                text => format!("v{text}"),
            })).collect();
            let labels: Vec<[&str; 8]> =
                texts.iter().map(|[service, name, zone, job]| [service, name, "", "", "", zone, job, ""]).collect();
            let batch: Vec<_> = labels.iter().zip(batch).map(|(labels, (_, seconds_64ths, weight))| Span {
                labels,
                seconds: f64::from(*seconds_64ths) / 64.0,
                weight: f64::from(*weight),
            }).collect();
            registry.apply_spans(&spans(&batch), MINUTE);
        }
        let expected = model(&rows);
        prop_assert_eq!(registry.stats().series.active, expected.len());
        prop_assert_eq!(values(&mut registry), expected);
    }
}
