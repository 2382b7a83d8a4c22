//! Targets and hosts.

use std::collections::HashMap;
use std::sync::Arc;

use spangraph_config::{Limiter, Processors, TenantSettings};

use super::MINUTE;
use crate::aggregator::decoded::{decode, registry};
use crate::batches::{HostInfo, SpanUpdates, TargetInfo, Texts};

fn settings() -> TenantSettings {
    let mut settings = TenantSettings {
        processors: Processors {
            span_metrics_count: true,
            host_info: true,
            ..Processors::default()
        },
        ..TenantSettings::default()
    };
    settings.span_metrics.enable_target_info = true;
    settings.host_info.metric_name = "my_hosts".to_owned();
    settings
}

/// Two targets and one host.
fn updates() -> SpanUpdates {
    let mut texts = Texts::new();
    let mut text = |text: &str| texts.insert(text.as_bytes()).unwrap();
    let target_labels = vec![
        (text("job"), text("ns/a")),
        (text("zone"), text("z")),
        (text("job"), text("b")),
        (text("pod"), text("p")),
        (text("instance"), text("")),
    ];
    let hosts = vec![HostInfo {
        id: text("n1"),
        source: text("k8s.node.name"),
    }];
    SpanUpdates {
        targets: [2, 5].map(|labels_end| TargetInfo { labels_end }).into(),
        target_labels,
        hosts,
        texts: Arc::new(texts),
        ..SpanUpdates::default()
    }
}

#[test]
fn targets_and_hosts_are_gauges_of_one_without_seeds() {
    let mut registry = registry(&settings());
    registry.apply_spans(&updates(), MINUTE);
    registry.apply_spans(&updates(), MINUTE + 1);
    let decoded = decode(&registry.collect(MINUTE + 15_000));
    let expected = [
        "traces_target_info{job=\"ns/a\",zone=\"z\"}",
        "traces_target_info{job=\"b\",pod=\"p\"}",
        "my_hosts{grafana_host_id=\"n1\",host_source=\"k8s.node.name\"}",
    ];
    let expected: HashMap<_, _> = expected.map(|identity| (identity.to_owned(), 1.0)).into();
    assert_eq!(decoded.values(), expected);
    assert!(decoded.seeds.is_empty());
}

#[test]
fn what_is_off_makes_no_series() {
    let mut settings = settings();
    settings.span_metrics.enable_target_info = false;
    settings.processors.host_info = false;
    let mut registry = registry(&settings);
    registry.apply_spans(&updates(), MINUTE);
    assert_eq!(registry.stats().label_sets, 0);
}

#[test]
fn past_the_limit_targets_are_gathered_too() {
    let mut settings = settings();
    settings.registry.limiter = Limiter::Series(1);
    let mut registry = registry(&settings);
    registry.apply_spans(&updates(), MINUTE);
    let values = decode(&registry.collect(MINUTE + 15_000)).values();
    assert_eq!(values["traces_target_info{metric_overflow=\"true\"}"], 1.0);
    assert_eq!(values["my_hosts{metric_overflow=\"true\"}"], 1.0);
    assert_eq!(values.len(), 3);
}
