//! What span metrics, host info, native histograms and limits by label resolve to, and what is refused of them.

#![expect(
    clippy::panic,
    clippy::expect_used,
    reason = "what tests share fails by panicking"
)]

use std::time::Duration;

use spangraph_config::{
    Config, DimensionMapping, HistogramKind, HistogramSettings, Processors, SpanNameSanitization, TenantId,
    TenantSettings,
};

fn load(text: &str) -> Config {
    Config::from_yaml(text).unwrap_or_else(|mistakes| panic!("{mistakes}\nin:\n{text}"))
}

fn tenant(text: &str) -> TenantSettings {
    load(text).tenant(&TenantId::single())
}

fn tenant_with_override(key: &str) -> TenantSettings {
    tenant(&format!(
        "overrides: {{defaults: {{metrics_generator: {{{key}}}}}}}"
    ))
}

fn assert_mistake(text: &str, expected: &str) {
    let mistakes = Config::from_yaml(text).expect_err("the file should be refused");
    assert_eq!(mistakes.to_string(), expected, "in:\n{text}");
}

type SwitchOn = fn(&mut Processors);

/// Each processor by name, and the parts that it has.
const PROCESSORS: [(&str, SwitchOn); 5] = [
    ("span-metrics-count", |on| on.span_metrics_count = true),
    ("span-metrics-latency", |on| on.span_metrics_latency = true),
    ("span-metrics-size", |on| on.span_metrics_size = true),
    ("host-info", |on| on.host_info = true),
    ("span-metrics", |on| {
        on.span_metrics_count = true;
        on.span_metrics_latency = true;
        on.span_metrics_size = true;
    }),
];

#[test]
fn each_processor_switches_on_its_parts() {
    for (name, switch_on) in PROCESSORS {
        let mut expected = Processors::default();
        switch_on(&mut expected);
        let processors = tenant_with_override(&format!("processors: [{name}]")).processors;
        assert_eq!(processors, expected, "{name}");
    }
}

/// Keys of span metrics in the global block and in the overrides.
const BOTH_BLOCKS: &str = "\
metrics_generator:
  processor:
    span_metrics:
      histogram_buckets: [2, 1]
      intrinsic_dimensions: {span_kind: false, status_message: true}
      dimensions: [a, b]
      dimension_mappings: [{name: old, source_labels: [x]}]
      enable_target_info: true
      target_info_excluded_dimensions: [telemetry.sdk.version]
      span_multiplier_key: ratio
    host_info: {host_identifiers: [host.name], metric_name: hosts}
overrides:
  defaults:
    metrics_generator:
      processor:
        span_metrics:
          intrinsic_dimensions: {status_message: false, service: false}
          dimensions: []
          dimension_mappings: [{name: workload, source_labels: [k8s.ns, k8s.pod], join: /}]
          enable_instance_label: false
          span_multiplier_key: ''
          enable_tracestate_span_multiplier: true
          filter_policies: [{exclude: {attributes: [{key: kind, value: SPAN_KIND_INTERNAL}]}}]
        host_info: {metric_name: ''}
";

#[test]
fn overrides_of_span_metrics_win_key_by_key() {
    let settings = tenant(BOTH_BLOCKS);
    let (spans, hosts) = (&settings.span_metrics, &settings.host_info);
    assert_eq!(spans.histogram_buckets, [1.0, 2.0]);
    let intrinsic = spans.intrinsic_dimensions;
    assert!(!intrinsic.service && !intrinsic.span_kind && !intrinsic.status_message);
    assert!(intrinsic.span_name && intrinsic.status_code);
    assert!(spans.dimensions.is_empty());
    let workload = DimensionMapping {
        name: "workload".to_owned(),
        source_labels: vec!["k8s.ns".to_owned(), "k8s.pod".to_owned()],
        join: "/".to_owned(),
    };
    assert_eq!(spans.dimension_mappings, [workload]);
    assert!(spans.enable_target_info && !spans.enable_instance_label);
    assert_eq!(spans.target_info_excluded_dimensions, ["telemetry.sdk.version"]);
    assert_eq!(spans.span_multiplier_key, None);
    assert!(spans.enable_tracestate_span_multiplier);
    assert_eq!(spans.filter_policies.len(), 1);
    assert!(settings.service_graphs.filter_policies.is_empty());
    assert_eq!(hosts.host_identifiers, ["host.name"]);
    assert_eq!(hosts.metric_name, "hosts");
}

#[test]
fn histograms_and_limits_by_label_come_from_the_overrides() {
    let registry = tenant_with_override(
        "generate_native_histograms: both, native_histogram_bucket_factor: 1.5, \
         native_histogram_max_bucket_number: 0, native_histogram_min_reset_duration: 1h, \
         max_cardinality_per_label: 300, span_name_sanitization: dry_run",
    )
    .registry;
    let expected = HistogramSettings {
        kind: HistogramKind::Both,
        native_bucket_factor: 1.5,
        native_max_bucket_number: 0,
        native_min_reset_duration: Duration::from_secs(3600),
    };
    assert_eq!(registry.histograms, expected);
    assert_eq!(registry.max_cardinality_per_label, 300);
    assert_eq!(registry.span_name_sanitization, SpanNameSanitization::DryRun);
    let kinds = [
        ("native", HistogramKind::Native),
        ("classic", HistogramKind::Classic),
        ("''", HistogramKind::Classic),
    ];
    for (text, kind) in kinds {
        let settings = tenant_with_override(&format!("generate_native_histograms: {text}"));
        assert_eq!(settings.registry.histograms.kind, kind, "{text}");
    }
    let names = tenant_with_override("span_name_sanitization: enabled").registry;
    assert_eq!(names.span_name_sanitization, SpanNameSanitization::Enabled);
}

#[test]
fn endpoints_send_native_histograms_unless_they_are_told_not_to() {
    let endpoint = |keys: &str| {
        let text = format!(
            "metrics_generator: {{storage: {{remote_write: [{{url: 'http://a/w', {keys}}}]}}}}\n\
             overrides: {{defaults: {{metrics_generator: {{processors: [], generate_native_histograms: native}}}}}}"
        );
        let config = load(&text);
        let endpoint = config.tenant(&TenantId::single()).remote_write.remove(0);
        (
            endpoint.send_native_histograms,
            endpoint.queue.max_retries,
            config.notices().to_vec(),
        )
    };
    assert_eq!(endpoint(""), (true, None, vec![]));
    let told = endpoint("send_native_histograms: true, queue_config: {max_retries: 0}");
    assert_eq!(told, (true, Some(0), vec![]));
    let notice = "native histograms are made and not sent to the endpoint a: \
                  its send_native_histograms is false, which Tempo does not heed; take it out when the store takes them";
    let refused = endpoint("send_native_histograms: false");
    assert_eq!(refused, (false, None, vec![notice.to_owned()]));
}

#[test]
fn bucket_factors_that_make_no_buckets_are_refused() {
    for factor in ["1", "1.0", "0", "-1.1", ".nan", ".inf"] {
        assert_mistake(
            &format!(
                "overrides: {{defaults: {{metrics_generator: {{native_histogram_bucket_factor: {factor}}}}}}}"
            ),
            "line 1, column 76: overrides.defaults.metrics_generator.native_histogram_bucket_factor: \
             a bucket factor must be a finite number above 1, such as 1.1",
        );
    }
}

/// Mistakes in the global block and in the overrides.
const MISTAKES_IN_BOTH_BLOCKS: &str = "\
metrics_generator:
  processor:
    span_metrics:
      dimensions: [__name__, le, le.]
      dimension_mappings:
        - {join: x}
        - {name: le, source_labels: [a]}
      filter_policies: [{exclude: {attributes: [{key: span.a}]}}]
    host_info: {host_identifiers: [''], metric_name: 9.hosts}
overrides:
  defaults:
    metrics_generator:
      processor:
        span_metrics:
          dimension_mappings: [{name: a, source_labels: []}]
          filter_policies: [{}]
        host_info: {metric_name: host-info}
";

/// What is told of [`MISTAKES_IN_BOTH_BLOCKS`].
const WHAT_IS_TOLD: &str = "\
line 4, column 20: metrics_generator.processor.span_metrics.dimensions[0]: \"__name__\" would be the label __name__, which is reserved
line 4, column 30: metrics_generator.processor.span_metrics.dimensions[1]: \"le\" would be the label le, which is reserved
line 6, column 11: metrics_generator.processor.span_metrics.dimension_mappings[0].name: name is missing
line 6, column 11: metrics_generator.processor.span_metrics.dimension_mappings[0].source_labels: needs at least one attribute
line 7, column 18: metrics_generator.processor.span_metrics.dimension_mappings[1].name: \"le\" would be the label le, which is reserved
line 8, column 49: metrics_generator.processor.span_metrics.filter_policies[0].exclude.attributes[0].value: value is missing
line 9, column 36: metrics_generator.processor.host_info.host_identifiers[0]: must not be empty
line 9, column 54: metrics_generator.processor.host_info.metric_name: \"9.hosts\" is not a metric name, write letters, digits, _ and :, with no digit first
line 15, column 57: overrides.defaults.metrics_generator.processor.span_metrics.dimension_mappings[0].source_labels: needs at least one attribute
line 16, column 29: overrides.defaults.metrics_generator.processor.span_metrics.filter_policies[0]: a policy needs include, include_any or exclude
line 17, column 34: overrides.defaults.metrics_generator.processor.host_info.metric_name: \"host-info\" is not a metric name, write letters, digits, _ and :, with no digit first";

#[test]
fn mistakes_of_span_metrics_and_hosts_are_named_in_both_blocks() {
    assert_mistake(MISTAKES_IN_BOTH_BLOCKS, WHAT_IS_TOLD);
}

#[test]
fn hosts_cannot_have_the_name_of_another_processors_metric() {
    let named = |name: &str| {
        let text = format!("metrics_generator: {{processor: {{host_info: {{metric_name: {name}}}}}}}");
        Config::from_yaml(&text).map_or_else(|mistakes| mistakes.to_string(), |_| String::new())
    };
    for name in [
        "traces_spanmetrics_calls_total",
        "traces_service_graph_request_total",
        "traces_target_info",
    ] {
        let told = format!("{name:?} is a metric of another processor, choose another name");
        assert!(named(name).ends_with(&told), "{}", named(name));
    }
    assert_eq!(named("traces_host_info"), "");
}
