//! Each key of a tenant with a value other than its default, and what the settings have then.

use std::fmt::Debug;

use spangraph_config::{
    HostInfoSettings, IntrinsicDimensions, ServiceGraphsSettings, SpanMetricsSettings, TenantSettings,
};

/// A key, a value other than its default, and what the settings have then.
pub struct Row {
    /// As in `metrics_generator.processors`.
    pub key: &'static str,
    pub written: &'static str,
    pub read: Box<dyn Fn(&TenantSettings) -> String>,
    pub expected: &'static str,
}

fn row<T: Debug>(
    key: &'static str,
    written: &'static str,
    read: impl Fn(&TenantSettings) -> T + 'static,
    expected: &'static str,
) -> Row {
    Row {
        key,
        written,
        read: Box::new(move |settings| format!("{:?}", read(settings))),
        expected,
    }
}

/// Keys without a row: the first has no effect, and a notice that says so; the second has one together with
/// `remote_write` only.
pub const WITHOUT_ROW: [&str; 2] = ["ingestion.rate_strategy", "metrics_generator.remote_write_mode"];

/// Every key but those [`WITHOUT_ROW`].
pub fn rows() -> Vec<Row> {
    let groups = [
        ingestion(),
        generator(),
        limits(),
        remote_write(),
        native_histograms(),
        service_graphs(),
        span_metrics(),
        host_info(),
    ];
    groups.into_iter().flatten().collect()
}

fn ingestion() -> Vec<Row> {
    vec![
        row(
            "ingestion.rate_limit_bytes",
            "7",
            |s| s.ingestion.rate_limit_bytes,
            "7",
        ),
        row(
            "ingestion.burst_size_bytes",
            "8",
            |s| s.ingestion.burst_size_bytes,
            "8",
        ),
    ]
}

fn generator() -> Vec<Row> {
    let on = |s: &TenantSettings| (s.processors.host_info, s.processors.any_service_graphs());
    vec![
        row("metrics_generator.processors", "[host-info]", on, "(true, false)"),
        row(
            "metrics_generator.collection_interval",
            "7s",
            |s| s.registry.collection_interval,
            "7s",
        ),
        row(
            "metrics_generator.disable_collection",
            "true",
            |s| s.disable_collection,
            "true",
        ),
        row(
            "metrics_generator.trace_id_label_name",
            "trace",
            |s| s.registry.trace_id_label_name.clone(),
            "\"trace\"",
        ),
        row(
            "metrics_generator.ingestion_time_range_slack",
            "7s",
            |s| s.ingestion_time_range_slack,
            "7s",
        ),
        row(
            "metrics_generator.span_name_sanitization",
            "dry_run",
            |s| s.registry.span_name_sanitization,
            "DryRun",
        ),
    ]
}

fn limits() -> Vec<Row> {
    vec![
        row(
            "metrics_generator.max_active_series",
            "7",
            |s| s.registry.limiter,
            "Series(7)",
        ),
        row(
            "metrics_generator.max_active_entities",
            "7",
            |s| s.registry.limiter,
            "Entities(7)",
        ),
        row(
            "metrics_generator.max_cardinality_per_label",
            "7",
            |s| s.registry.max_cardinality_per_label,
            "7",
        ),
    ]
}

fn remote_write() -> Vec<Row> {
    let names = |s: &TenantSettings| {
        let endpoints = s.remote_write.iter();
        endpoints
            .map(|endpoint| endpoint.name.clone())
            .collect::<Vec<_>>()
    };
    let headers = |s: &TenantSettings| {
        let headers = s.remote_write_headers.iter();
        headers
            .map(|(name, value)| format!("{name}={}", value.expose()))
            .collect::<Vec<_>>()
    };
    vec![
        row(
            "metrics_generator.remote_write",
            "[{name: own, url: 'http://127.0.0.1:1/write'}]",
            names,
            "[\"own\"]",
        ),
        row(
            "metrics_generator.remote_write_headers",
            "{X-A: b}",
            headers,
            "[\"X-A=b\"]",
        ),
    ]
}

fn native_histograms() -> Vec<Row> {
    vec![
        row(
            "metrics_generator.generate_native_histograms",
            "both",
            |s| s.registry.histograms.kind,
            "Both",
        ),
        row(
            "metrics_generator.native_histogram_bucket_factor",
            "1.5",
            |s| s.registry.histograms.native_bucket_factor,
            "1.5",
        ),
        row(
            "metrics_generator.native_histogram_max_bucket_number",
            "7",
            |s| s.registry.histograms.native_max_bucket_number,
            "7",
        ),
        row(
            "metrics_generator.native_histogram_min_reset_duration",
            "7s",
            |s| s.registry.histograms.native_min_reset_duration,
            "7s",
        ),
    ]
}

/// A row for each key of the block of settings that `$block` gives.
macro_rules! of_block {
    ($path:literal, $block:path: $($key:ident = $written:literal => $expected:literal,)*) => {
        vec![$(row(
            concat!("metrics_generator.processor.", $path, ".", stringify!($key)),
            $written,
            |settings| $block(settings).$key.clone(),
            $expected,
        )),*]
    };
}

fn graphs(settings: &TenantSettings) -> &ServiceGraphsSettings {
    &settings.service_graphs
}

fn spans(settings: &TenantSettings) -> &SpanMetricsSettings {
    &settings.span_metrics
}

fn labels(settings: &TenantSettings) -> &IntrinsicDimensions {
    &settings.span_metrics.intrinsic_dimensions
}

fn hosts(settings: &TenantSettings) -> &HostInfoSettings {
    &settings.host_info
}

fn service_graphs() -> Vec<Row> {
    let mut rows = of_block! { "service_graphs", graphs:
        wait = "7s" => "7s",
        max_items = "7" => "7",
        histogram_buckets = "[7]" => "[7.0]",
        dimensions = "[a]" => "[\"a\"]",
        peer_attributes = "[a]" => "[\"a\"]",
        database_name_attributes = "[a]" => "[\"a\"]",
        enable_client_server_prefix = "true" => "true",
        enable_virtual_node_label = "true" => "true",
        enable_messaging_system_latency_histogram = "true" => "true",
        span_multiplier_key = "a" => "Some(\"a\")",
        enable_tracestate_span_multiplier = "true" => "true",
    };
    rows.push(row(
        "metrics_generator.processor.service_graphs.filter_policies",
        "[{exclude: {attributes: [{key: name, value: a}]}}]",
        |s| s.service_graphs.filter_policies.len(),
        "1",
    ));
    rows
}

fn span_metrics() -> Vec<Row> {
    let mut rows = of_block! { "span_metrics", spans:
        histogram_buckets = "[7]" => "[7.0]",
        dimensions = "[a]" => "[\"a\"]",
        enable_target_info = "true" => "true",
        target_info_excluded_dimensions = "[a]" => "[\"a\"]",
        enable_instance_label = "false" => "false",
        span_multiplier_key = "a" => "Some(\"a\")",
        enable_tracestate_span_multiplier = "true" => "true",
    };
    rows.extend(of_block! { "span_metrics.intrinsic_dimensions", labels:
        service = "false" => "false",
        span_name = "false" => "false",
        span_kind = "false" => "false",
        status_code = "false" => "false",
        status_message = "true" => "true",
    });
    rows.push(row(
        "metrics_generator.processor.span_metrics.dimension_mappings",
        "[{name: a, source_labels: [b]}]",
        |s| s.span_metrics.dimension_mappings.len(),
        "1",
    ));
    rows.push(row(
        "metrics_generator.processor.span_metrics.filter_policies",
        "[{exclude: {attributes: [{key: name, value: a}]}}]",
        |s| s.span_metrics.filter_policies.len(),
        "1",
    ));
    rows
}

fn host_info() -> Vec<Row> {
    of_block! { "host_info", hosts:
        host_identifiers = "[a]" => "[\"a\"]",
        metric_name = "a" => "\"a\"",
    }
}
