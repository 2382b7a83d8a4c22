//! Every key that an override file knows reaches the settings of the tenant that names it, and of no other.

#![expect(
    clippy::panic,
    clippy::expect_used,
    reason = "what tests share fails by panicking"
)]

use std::collections::BTreeSet;
use std::fmt::Debug;

use spangraph_config::{
    Config, HostInfoSettings, IntrinsicDimensions, PrintMode, ServiceGraphsSettings, SpanMetricsSettings,
    TenantId, TenantSettings,
};

/// A key, a value other than its default, and what the settings have then.
struct Row {
    /// As in `metrics_generator.processors`.
    key: &'static str,
    written: &'static str,
    read: Box<dyn Fn(&TenantSettings) -> String>,
    expected: &'static str,
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
const WITHOUT_ROW: [&str; 2] = ["ingestion.rate_strategy", "metrics_generator.remote_write_mode"];

/// Every key but those [`WITHOUT_ROW`].
fn rows() -> Vec<Row> {
    let groups = [
        ingestion(),
        generator(),
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
    let headers = |s: &TenantSettings| {
        let headers = s.remote_write_headers.iter();
        headers
            .map(|(name, value)| format!("{name}={}", value.expose()))
            .collect::<Vec<_>>()
    };
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
        row(
            "metrics_generator.remote_write",
            "[{name: own, url: 'http://127.0.0.1:1/write'}]",
            |s| {
                s.remote_write
                    .iter()
                    .map(|endpoint| endpoint.name.clone())
                    .collect::<Vec<_>>()
            },
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

/// `key: written` below the blocks that `key` names, for `tenant`.
fn entry(tenant: &str, key: &str, written: &str) -> String {
    let (mut text, mut indent) = (format!("overrides:\n  {tenant}:\n"), 4);
    let (blocks, last) = key
        .rsplit_once('.')
        .map_or((None, key), |(blocks, last)| (Some(blocks), last));
    for block in blocks.into_iter().flat_map(|blocks| blocks.split('.')) {
        text += &format!("{:indent$}{block}:\n", "");
        indent += 2;
    }
    text + &format!("{:indent$}{last}: {written}\n", "")
}

fn of(config: &Config, tenant: &str) -> TenantSettings {
    config.tenant(&TenantId::parse(tenant).expect("a tenant's id"))
}

/// A main file with these `overrides`. What series are limited by stands there and in no entry.
fn main_file(key: &str, overrides: &str) -> Config {
    let limiter = if key.ends_with("max_active_entities") {
        "entity"
    } else {
        "series"
    };
    let text = format!("metrics_generator: {{limiter_type: {limiter}}}\n{overrides}");
    Config::from_yaml(&text).unwrap_or_else(|mistakes| panic!("{text}{mistakes}"))
}

#[test]
fn each_key_reaches_the_tenant_that_names_it_and_no_other() {
    for Row {
        key,
        written,
        read,
        expected,
    } in rows()
    {
        let main = main_file(key, "");
        let (default, text) = (of(&main, "named"), entry("named", key, written));
        let config = main.with_overrides(&text);
        let config = config.unwrap_or_else(|mistakes| panic!("{text}{mistakes}"));
        assert_eq!(read(&of(&config, "named")), expected, "{key}");
        assert_ne!(read(&default), expected, "{key} is written with its default");
        assert_eq!(of(&config, "other"), default, "{key}");
        let id = TenantId::parse("named").expect("a tenant's id");
        let printed = serde_json::to_value(config.print_tenant(&id, PrintMode::Diff)).expect("a tree");
        let pointer = format!("/{}", key.replace('.', "/"));
        assert!(printed.pointer(&pointer).is_some(), "{key} is not in {printed}");
    }
}

#[test]
fn each_key_that_the_defaults_have_is_overridden_and_no_other_key_with_it() {
    for Row {
        key,
        written,
        read,
        expected,
    } in rows()
    {
        let main = main_file(key, &entry("defaults", key, written));
        let config = main.with_overrides("overrides: {named: {ingestion: {burst_size_bytes: 8}}}");
        let config = config.unwrap_or_else(|mistakes| panic!("{mistakes}"));
        assert_eq!(read(&of(&config, "named")), expected, "{key} is inherited");
        assert_eq!(of(&config, "named").ingestion.burst_size_bytes, 8, "{key}");
    }
}

/// A key that no block knows makes it tell those that it knows.
fn known_in(block: &str) -> Option<Vec<String>> {
    let probe = format!("{block}.zzzzzzzzzz");
    let text = entry("named", probe.trim_start_matches('.'), "1");
    let told = Config::default().with_overrides(&text).err()?.to_string();
    let known = told.split("known here: ").nth(1)?;
    Some(
        known
            .split(", ")
            .map(|key| format!("{block}.{key}").trim_start_matches('.').to_owned())
            .collect(),
    )
}

fn add_keys(block: &str, listed: &BTreeSet<&str>, found: &mut BTreeSet<String>) {
    let known = known_in(block).unwrap_or_else(|| panic!("{block} is a key of the schema and of no row"));
    for key in known {
        if listed.contains(key.as_str()) {
            found.insert(key);
        } else {
            add_keys(&key, listed, found);
        }
    }
}

#[test]
fn the_table_has_every_key_of_the_schema() {
    let rows = rows();
    let mut listed: BTreeSet<_> = rows.iter().map(|row| row.key).collect();
    listed.extend(WITHOUT_ROW);
    let mut found = BTreeSet::new();
    add_keys("", &listed, &mut found);
    assert!(found.iter().map(String::as_str).eq(listed), "{found:?}");
    assert_eq!(
        rows.len() + WITHOUT_ROW.len(),
        found.len(),
        "each key has one row"
    );
}
