//! Each key of the main file with a value other than its default.

use serde_json::{Value, json};

/// The block of an endpoint.
pub const ENDPOINT: &str = "metrics_generator.storage.remote_write[]";

/// A key with its block before it, and a value.
pub type Row = (String, Value);

/// A block, and its keys with their values.
type Block = (String, Value);

/// Every key that has an effect.
pub fn written() -> Vec<Row> {
    let blocks = [
        server(),
        receivers(),
        generator(),
        processors(),
        endpoint(),
        overrides(),
        actors(),
        own(),
    ];
    let blocks = blocks.into_iter().flatten();
    blocks.flat_map(|(block, keys)| keys_of(&block, keys)).collect()
}

fn keys_of(block: &str, keys: Value) -> Vec<Row> {
    let Value::Object(keys) = keys else {
        panic!("{block}")
    };
    let dot = if block.is_empty() { "" } else { "." };
    let named = keys
        .into_iter()
        .map(|(key, value)| (format!("{block}{dot}{key}"), value));
    named.collect()
}

fn owned<const N: usize>(blocks: [(&str, Value); N]) -> Vec<Block> {
    blocks.map(|(block, keys)| (block.to_owned(), keys)).into()
}

/// The keys at the top and those of the pages' listener.
fn server() -> Vec<Block> {
    owned([
        ("", json!({"multitenancy_enabled": true})),
        (
            "server",
            json!({
                "http_listen_address": "0.0.0.0", "http_listen_port": 7, "tls_min_version": "VersionTLS13",
                "log_level": "warn", "log_format": "json",
            }),
        ),
        (
            "server.http_tls_config",
            json!({
                "cert_file": "other", "key_file": "other", "client_auth_type": "VerifyClientCertIfGiven",
                "client_ca_file": "other",
            }),
        ),
    ])
}

fn receivers() -> Vec<Block> {
    let protocols = "distributor.receivers.otlp.protocols";
    let tls = json!({
        "cert_file": "other", "key_file": "other", "client_ca_file": "a", "min_version": "1.3", "max_version": "1.2",
        "reload_interval": "7s",
    });
    vec![
        (
            format!("{protocols}.grpc"),
            json!({
                "endpoint": ":1", "max_recv_msg_size_mib": 7, "max_concurrent_streams": 7,
            }),
        ),
        (
            format!("{protocols}.grpc.keepalive.server_parameters"),
            json!({
                "max_connection_age": "7s", "max_connection_age_grace": "7s",
            }),
        ),
        (format!("{protocols}.grpc.tls"), tls.clone()),
        (
            format!("{protocols}.http"),
            json!({"endpoint": ":1", "max_request_body_size": 7}),
        ),
        (format!("{protocols}.http.tls"), tls),
        (
            format!("{protocols}.http.cors"),
            json!({
                "allowed_origins": ["https://b"], "allowed_headers": ["x-b"], "exposed_headers": ["x-b"], "max_age": 7,
            }),
        ),
    ]
}

/// The keys beside the processors.
fn generator() -> Vec<Block> {
    owned([
        (
            "metrics_generator",
            json!({"limiter_type": "entity", "metrics_ingestion_time_range_slack": "7s"}),
        ),
        (
            "metrics_generator.registry",
            json!({
                "collection_interval": "7s", "stale_duration": "7s", "external_labels": {"a": "b"},
                "inject_tenant_id_as": "a", "max_label_name_length": 7, "max_label_value_length": 7,
            }),
        ),
        (
            "metrics_generator.storage",
            json!({
                "path": "w", "remote_write_flush_deadline": "7s", "remote_write_add_org_id_header": false,
            }),
        ),
    ])
}

fn processors() -> Vec<Block> {
    let policies = json!([{"exclude": {"attributes": [{"key": "name", "value": "a"}]}}]);
    let block = "metrics_generator.processor";
    vec![
        (
            format!("{block}.service_graphs"),
            json!({
                "wait": "7s", "max_items": 7, "histogram_buckets": [7], "dimensions": ["a"], "peer_attributes": ["a"],
                "database_name_attributes": ["a"], "enable_client_server_prefix": true, "enable_virtual_node_label": true,
                "enable_messaging_system_latency_histogram": true, "span_multiplier_key": "a",
                "enable_tracestate_span_multiplier": true, "filter_policies": policies,
            }),
        ),
        (
            format!("{block}.span_metrics"),
            json!({
                "histogram_buckets": [7], "dimensions": ["a"], "dimension_mappings": [{"name": "a", "source_labels": ["b"]}],
                "enable_target_info": true, "target_info_excluded_dimensions": ["a"], "enable_instance_label": false,
                "span_multiplier_key": "a", "enable_tracestate_span_multiplier": true, "filter_policies": policies,
            }),
        ),
        (
            format!("{block}.span_metrics.intrinsic_dimensions"),
            json!({
                "service": false, "span_name": false, "span_kind": false, "status_code": false, "status_message": true,
            }),
        ),
        (
            format!("{block}.host_info"),
            json!({"host_identifiers": ["a"], "metric_name": "a"}),
        ),
    ]
}

fn endpoint() -> Vec<Block> {
    vec![
        (
            ENDPOINT.to_owned(),
            json!({
                "url": "http://other", "name": "named", "remote_timeout": "7s", "headers": {"a": "b"},
                "http_headers": {"a": {"values": ["b"]}}, "bearer_token": "t", "bearer_token_file": "f",
                "send_exemplars": true, "send_native_histograms": false, "follow_redirects": false,
                "write_relabel_configs": [{"action": "labeldrop", "regex": "a"}],
            }),
        ),
        (
            format!("{ENDPOINT}.basic_auth"),
            json!({"username": "other", "password": "p", "password_file": "f"}),
        ),
        (
            format!("{ENDPOINT}.authorization"),
            json!({"credentials": "t", "credentials_file": "f"}),
        ),
        (
            format!("{ENDPOINT}.tls_config"),
            json!({
                "ca_file": "a", "cert_file": "other", "key_file": "other", "server_name": "a", "insecure_skip_verify": true,
            }),
        ),
        (
            format!("{ENDPOINT}.queue_config"),
            json!({
                "capacity": 7, "max_shards": 7, "max_samples_per_send": 7, "min_backoff": "7ms", "max_backoff": "7s",
                "max_retries": 7, "sample_age_limit": "7s",
            }),
        ),
    ]
}

/// Where the override file lies.
fn overrides() -> Vec<Block> {
    owned([(
        "overrides",
        json!({"per_tenant_override_config": "f", "per_tenant_override_period": "7s"}),
    )])
}

/// The actors' numbers and bounds.
fn actors() -> Vec<Block> {
    owned([
        ("spangraph.ingest", json!({"actors": 77, "mailbox": 7})),
        (
            "spangraph.matcher",
            json!({"shards": 77, "mailbox": 7, "max_text_bytes": 7}),
        ),
        ("spangraph.aggregator", json!({"mailbox": 7})),
        ("spangraph.writer", json!({"threads": 77})),
        (
            "spangraph.admission",
            json!({"max_spans": 7, "max_bytes": 7, "max_tenants": 7}),
        ),
        (
            "spangraph.receivers",
            json!({"max_connections": 7, "body_timeout": "7s"}),
        ),
    ])
}

/// What else Tempo has no keys for.
fn own() -> Vec<Block> {
    owned([
        (
            "spangraph.instance_label",
            json!({"enabled": false, "name": "a", "value": "b"}),
        ),
        ("spangraph.durations", json!({"observe_impossible": true})),
        (
            "spangraph.authentication",
            json!({
                "receivers": [{"bearer_token_file": "f"}], "pages": [{"bearer_token_file": "f"}],
            }),
        ),
        ("spangraph.pages", json!({"hosts": ["spangraph.example"]})),
        ("spangraph.reload_endpoint", json!({"enabled": true})),
        ("spangraph.stop", json!({"deadline": "40s"})),
        (
            "spangraph.durability",
            json!({
                "mode": "none", "path": "f", "interval": "7s", "max_bytes": 7, "sync": "interval", "sync_interval": "7s",
                "on_full": "continue", "max_backfill": "7m",
            }),
        ),
    ])
}
