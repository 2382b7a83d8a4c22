//! Every key that the main file knows has an effect: written with another value than its default, it changes the settings.

#![expect(clippy::panic, reason = "what tests share fails by panicking")]

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Map, Value, json};
use spangraph_config::{Config, ServerSettings, TenantSettings};

const ENDPOINT: &str = "metrics_generator.storage.remote_write[]";
const POLICIES: &str = "metrics_generator.processor.span_metrics.filter_policies";

/// What must stand beside a key so that it may stand there, by block.
fn beside(key: &str) -> Value {
    let (block, _) = key.rsplit_once('.').unwrap_or_default();
    let certificate = json!({"cert_file": "c", "key_file": "k"});
    match block {
        "server" if key.ends_with("tls_min_version") => json!({"http_tls_config": certificate}),
        _ if key.contains("http_tls_config.client_") => {
            let asked = "RequireAndVerifyClientCert";
            json!({"cert_file": "c", "key_file": "k", "client_ca_file": "a", "client_auth_type": asked})
        }
        _ if block.ends_with(".tls") || block.ends_with("http_tls_config") => certificate,
        _ if block.ends_with(".tls_config") => certificate,
        _ if key.ends_with("authorization.credentials") => json!({"credentials": "other"}),
        _ if key.ends_with("authorization.credentials_file") => json!({"credentials_file": "other"}),
        _ if block.ends_with(".cors") => json!({"allowed_origins": ["https://a"]}),
        _ if block.ends_with("basic_auth") => json!({"username": "u"}),
        ENDPOINT => json!({"url": "http://a"}),
        _ => json!({}),
    }
}

/// Keys without an effect of their own, each with the reason.
const WITHOUT_EFFECT: &[(&str, &str)] = &[
    (
        "metrics_generator.storage.remote_write[].protobuf_message",
        "only one message can be written",
    ),
    (
        "metrics_generator.storage.remote_write[].authorization.type",
        "only one scheme can be written",
    ),
];

/// Blocks whose keys other tests hold: `overrides.defaults` has those of tenants' entries.
const ELSEWHERE: &[&str] = &["overrides.defaults"];

/// Each key with a value other than its default.
fn written() -> Vec<(String, Value)> {
    let blocks = [
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
                "remote_write_flush_deadline": "7s", "remote_write_add_org_id_header": false,
            }),
        ),
        (
            "overrides",
            json!({"per_tenant_override_config": "f", "per_tenant_override_period": "7s"}),
        ),
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
            "spangraph.instance_label",
            json!({"enabled": false, "name": "a", "value": "b"}),
        ),
        ("spangraph.durations", json!({"observe_impossible": true})),
        (
            "spangraph.receivers",
            json!({"max_connections": 7, "body_timeout": "7s"}),
        ),
        (
            "spangraph.authentication",
            json!({
                "receivers": [{"bearer_token_file": "f"}], "pages": [{"bearer_token_file": "f"}],
            }),
        ),
        ("spangraph.pages", json!({"hosts": ["spangraph.example"]})),
        ("spangraph.reload_endpoint", json!({"enabled": true})),
        ("spangraph.stop", json!({"deadline": "40s"})),
    ];
    let blocks = blocks.into_iter().map(|(block, keys)| (block.to_owned(), keys));
    let all = blocks.chain(receivers()).chain(processors()).chain(endpoint());
    all.flat_map(|(block, keys)| keys_of(&block, keys)).collect()
}

fn keys_of(block: &str, keys: Value) -> Vec<(String, Value)> {
    let Value::Object(keys) = keys else {
        panic!("{block}")
    };
    let dot = if block.is_empty() { "" } else { "." };
    let named = keys
        .into_iter()
        .map(|(key, value)| (format!("{block}{dot}{key}"), value));
    named.collect()
}

fn receivers() -> Vec<(String, Value)> {
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

fn processors() -> Vec<(String, Value)> {
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

fn endpoint() -> Vec<(String, Value)> {
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

/// A file with `keys` in the block of `key`, in which `[]` is a list of one item.
fn file(key: &str, keys: Map<String, Value>) -> Value {
    let block = key.rsplit_once('.').map_or("", |(block, _)| block);
    let parts = block.split('.').filter(|part| !part.is_empty()).rev();
    parts.fold(Value::Object(keys), |inner, part| match part.strip_suffix("[]") {
        Some(list) => json!({ list: [with_url(inner)] }),
        None => json!({ part: inner }),
    })
}

/// An endpoint has a URL whatever else it has.
fn with_url(mut item: Value) -> Value {
    if item.get("url").is_none() {
        item["url"] = json!("http://a");
    }
    item
}

/// All that a configuration decides.
type Decided = (
    ServerSettings,
    Vec<TenantSettings>,
    Option<PathBuf>,
    Option<Duration>,
    bool,
    Vec<String>,
);

fn decided(file: &Value) -> Decided {
    let config = Config::from_yaml(&file.to_string()).unwrap_or_else(|mistakes| panic!("{file}: {mistakes}"));
    (
        config.server(),
        config.tenants().map(|(_, settings)| settings.clone()).collect(),
        config.override_file().map(PathBuf::from),
        config.override_period(),
        config.reload_endpoint_enabled(),
        config.pages_hosts().to_vec(),
    )
}

#[test]
fn each_key_changes_the_settings() {
    let has_effect = |(key, value): &(String, Value)| {
        let (_, last) = key.rsplit_once('.').unwrap_or(("", key));
        let mut keys = beside(key).as_object().cloned().unwrap_or_default();
        let without = decided(&file(key, keys.clone()));
        keys.insert(last.to_owned(), value.clone());
        decided(&file(key, keys)) != without
    };
    let idle: Vec<_> = written().into_iter().filter(|row| !has_effect(row)).collect();
    assert!(idle.is_empty(), "without effect: {idle:?}");
}

/// A key that no block knows makes it tell those that it knows.
fn known_in(block: &str) -> Option<Vec<String>> {
    let probe = format!("{block}.zzzzzzzzzz");
    let keys = json!({"zzzzzzzzzz": 1});
    let file = file(
        probe.trim_start_matches('.'),
        keys.as_object().cloned().unwrap_or_default(),
    );
    let told = Config::from_yaml(&file.to_string()).err()?.to_string();
    let known = told.lines().find_map(|line| line.split("known here: ").nth(1))?;
    let named = known
        .split(", ")
        .map(|key| format!("{block}.{key}").trim_start_matches('.').to_owned());
    Some(named.collect())
}

fn add_keys(block: &str, listed: &BTreeSet<String>, found: &mut BTreeSet<String>) {
    let known = known_in(block).unwrap_or_else(|| panic!("{block} is a key of the schema that no row has"));
    for key in known {
        let list = format!("{key}[]");
        if listed.contains(&key) {
            found.insert(key);
        } else if !ELSEWHERE.contains(&key.as_str()) {
            let is_list = listed.iter().any(|row| row.starts_with(&list));
            add_keys(if is_list { &list } else { &key }, listed, found);
        }
    }
}

#[test]
fn every_key_of_the_schema_has_a_row_or_a_reason() {
    let rows: Vec<String> = written().into_iter().map(|(key, _)| key).collect();
    let reasons = WITHOUT_EFFECT.iter().map(|(key, _)| (*key).to_owned());
    let listed: BTreeSet<String> = rows.iter().cloned().chain(reasons).collect();
    let mut found = BTreeSet::new();
    add_keys("", &listed, &mut found);
    assert_eq!(found, listed);
}

#[test]
fn each_key_of_a_policy_decides() {
    let with = |policy: Value| {
        let keys = json!({"filter_policies": [policy]});
        decided(&file(POLICIES, keys.as_object().cloned().unwrap_or_default()))
    };
    let attribute = json!({"attributes": [{"key": "name", "value": "a"}]});
    let plain = with(json!({"include": attribute}));
    let regex = json!({"match_type": "regex", "attributes": [{"key": "name", "value": "a"}]});
    for other in [
        json!({"include_any": attribute}),
        json!({"exclude": attribute}),
        json!({"include": regex}),
        json!({"include": {"attributes": [{"key": "kind", "value": "SPAN_KIND_SERVER"}]}}),
        json!({"include": {"attributes": [{"key": "name", "value": "b"}]}}),
    ] {
        assert!(with(other.clone()) != plain, "{other}");
    }
}
