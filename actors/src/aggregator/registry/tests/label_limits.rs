//! Labels with too many values.

use std::time::Duration;

use spangraph_config::{Processors, TenantSettings};

use super::MINUTE;
use crate::aggregator::decoded::{Span, decode, edges, registry, spans};
use crate::aggregator::limits::OVERFLOW_VALUE;
use crate::aggregator::registry::Registry;

fn settings() -> TenantSettings {
    let mut settings = TenantSettings {
        processors: Processors {
            service_graphs_request: true,
            span_metrics_count: true,
            ..Processors::default()
        },
        ..TenantSettings::default()
    };
    settings.registry.max_cardinality_per_label = 10;
    settings.registry.stale_duration = Duration::from_secs(60);
    settings
}

fn apply_span(registry: &mut Registry, name: &str, now: i64) {
    let labels = ["a", name, "", "", "", "", ""];
    let span = Span {
        labels: &labels,
        seconds: 0.1,
        weight: 1.0,
    };
    registry.apply_spans(&spans(&[span]), now);
}

#[test]
fn a_label_with_too_many_values_gets_one_and_the_others_stay() {
    let mut registry = registry(&settings());
    for number in 0..20 {
        apply_span(&mut registry, &format!("GET /{number}"), MINUTE);
    }
    registry.collect(MINUTE);
    for number in 0..1_000 {
        apply_span(&mut registry, &format!("GET /{number}"), MINUTE + 1_000);
    }
    registry.apply(&edges(&[("client", "server")]), MINUTE + 1_000);
    let values = decode(&registry.collect(MINUTE + 1_001)).values();
    let total = format!("traces_spanmetrics_calls_total{{service=\"a\",span_name=\"{OVERFLOW_VALUE}\"}}");
    assert_eq!(values[&total], 1_000.0);
    assert_eq!(
        values["traces_service_graph_request_total{client=\"client\",server=\"server\"}"],
        1.0
    );
    assert_eq!(values.len(), 22);
    assert_eq!(registry.stats().keys, 22, "a flood leaves no keys");
    let name = registry
        .label_demand()
        .find(|label| label.name == "span_name")
        .unwrap();
    assert_eq!((name.is_over, name.limited_updates), (true, 1_000));
    assert!(name.values.abs_diff(1_000) < 60, "{}", name.values);
}

#[test]
fn values_that_are_in_use_count_in_every_period_and_those_that_are_not_are_forgotten() {
    let mut registry = registry(&settings());
    let names: Vec<_> = (0..8).map(|number| format!("GET /{number}")).collect();
    let values = |registry: &Registry| {
        registry
            .label_demand()
            .find(|label| label.name == "span_name")
            .unwrap()
            .values
    };
    for second in (0..600).step_by(15) {
        let now = MINUTE + second * 1_000;
        for name in &names {
            apply_span(&mut registry, name, now);
        }
        registry.collect(now + 1);
        assert_eq!(values(&registry), 8);
    }
    for second in (600..900).step_by(15) {
        registry.evict(MINUTE + second * 1_000);
        registry.collect(MINUTE + second * 1_000);
    }
    assert_eq!(values(&registry), 0);
}

#[test]
fn a_name_has_one_limit_in_service_graphs_and_span_metrics() {
    let mut settings = settings();
    settings.service_graphs.dimensions = vec!["zone".to_owned()];
    settings.span_metrics.dimensions = vec!["zone".to_owned()];
    let mut registry = registry(&settings);
    let zones: Vec<_> = (0..20).map(|number| format!("z{number}")).collect();
    for zone in &zones {
        let labels = ["a", "x", "", "", "", zone.as_str(), "", ""];
        let span = Span {
            labels: &labels,
            seconds: 0.1,
            weight: 1.0,
        };
        registry.apply_spans(&spans(&[span]), MINUTE);
    }
    registry.collect(MINUTE);
    let mut batch = edges(&[("client", "server")]);
    batch.dimensions.push(batch.texts.insert(b"mine").unwrap());
    registry.apply(&batch, MINUTE + 1);
    let values = decode(&registry.collect(MINUTE + 2)).values();
    let total = format!(
        "traces_service_graph_request_total{{client=\"client\",server=\"server\",zone=\"{OVERFLOW_VALUE}\"}}"
    );
    assert_eq!(values[&total], 1.0);
}
