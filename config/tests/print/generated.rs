//! Whatever is written, its print loads back.

use proptest::prelude::*;
use serde_json::{Value, json};
use spangraph_config::TenantId;

use super::{assert_prints_load_back, load_both};

/// A key of the main file and values that it may have.
fn a_written_key() -> impl Strategy<Value = (&'static str, Value)> {
    let keys = json!({
        "/server/http_listen_address": ["", "localhost", "::1"],
        "/server/log_level": ["trace", "info", "error"],
        "/server/log_format": ["text", "json"],
        "/server/http_tls_config": [{}, {"cert_file": "c", "key_file": "k"},
            {"cert_file": "c", "key_file": "k", "client_ca_file": "a", "client_auth_type": "VerifyClientCertIfGiven"}],
        "/server/tls_min_version": ["", "VersionTLS13"],
        "/multitenancy_enabled": [true, false],
        "/distributor/receivers/otlp/protocols/grpc": [{}, null, {"endpoint": ":1"},
            {"tls": {"cert_file": "c", "key_file": "k", "min_version": "1.3", "reload_interval": "0s"}}],
        "/distributor/receivers/otlp/protocols/http": [{}, null, {"max_request_body_size": 5}],
        "/metrics_generator/limiter_type": ["series", "entity"],
        "/metrics_generator/metrics_ingestion_time_range_slack": ["1h", "30s", "1ms"],
        "/metrics_generator/registry/collection_interval": ["15s", "1m"],
        "/metrics_generator/registry/inject_tenant_id_as": ["", "tenant"],
        "/metrics_generator/registry/external_labels": [{}, {"a": "yes"}, {"a": "1", "b": " x: #y"}],
        "/metrics_generator/processor/service_graphs/histogram_buckets": [[], [3, 1e-9], [0.1, -0.0, 1e300]],
        "/metrics_generator/processor/service_graphs/span_multiplier_key": ["", "k"],
        "/metrics_generator/processor/span_metrics/dimension_mappings":
            [[], [{"name": "a", "source_labels": ["x", "y"], "join": "\n"}]],
        "/metrics_generator/processor/host_info/metric_name": ["", "hosts"],
        "/metrics_generator/storage/remote_write": [
            [{
                "url": "http://a",
                "http_headers": {"x": {"values": ["v", "w"], "files": ["f"]}},
                "write_relabel_configs": [
                    {"source_labels": ["a"], "regex": "(?P<k>.*)", "target_label": "${k}", "replacement": "$1$$"},
                    {"action": "labeldrop", "regex": "a|200"},
                ],
            }],
            [], [{"url": "http://a"}, {"url": "http://a", "name": "n"}]],
        "/overrides/defaults/metrics_generator/processors": [[], ["span-metrics-count", "host-info"]],
        "/overrides/defaults/metrics_generator/collection_interval": ["0", "15s", "2m"],
        "/overrides/defaults/metrics_generator/ingestion_time_range_slack": ["0s", "1m"],
        "/overrides/defaults/metrics_generator/max_active_series": [0, 5],
        "/overrides/defaults/metrics_generator/max_active_entities": [0, 6],
        "/overrides/defaults/metrics_generator/generate_native_histograms": ["", "classic", "both"],
        "/overrides/defaults/metrics_generator/native_histogram_bucket_factor": [1.1, 2],
        "/overrides/defaults/metrics_generator/trace_id_label_name": ["", "trace_id"],
        "/overrides/defaults/metrics_generator/span_name_sanitization": ["", "dry_run"],
        "/overrides/defaults/metrics_generator/remote_write": [
            null, [], [{"url": "http://a", "name": "o"}], [{"url": "http://a/2"}, {"url": "http://b", "name": ""}],
        ],
        "/overrides/defaults/metrics_generator/processor/service_graphs/histogram_buckets": [[7]],
        "/overrides/defaults/metrics_generator/processor/service_graphs/span_multiplier_key": ["", "other"],
        "/overrides/defaults/metrics_generator/processor/span_metrics/intrinsic_dimensions/service": [true, false],
        "/overrides/defaults/metrics_generator/processor/host_info/metric_name": ["", "others"],
        "/spangraph/ingest/actors": [1, 7],
        "/spangraph/authentication/receivers": [[], [{"bearer_token_file": "f"}, {"basic_auth": {"username": "u", "password_file": "p"}}]],
        "/spangraph/authentication/pages": [[], [{"bearer_token_file": "f"}]],
        "/spangraph/instance_label/enabled": [true, false],
        "/spangraph/instance_label/value": ["", "me"],
    });
    let Value::Object(keys) = keys else { panic!("keys") };
    let keys: Vec<(&'static str, Value)> = keys
        .into_iter()
        .flat_map(|(key, values)| {
            let key: &'static str = key.leak();
            let values = values.as_array().unwrap().clone();
            values.into_iter().map(move |value| (key, value))
        })
        .collect();
    prop::sample::select(keys)
}

fn file_of(keys: &[(&str, Value)], above: &str) -> Value {
    let mut file = json!({});
    for (key, value) in keys {
        let Some(key) = key.strip_prefix(above) else {
            continue;
        };
        let mut place = &mut file;
        for step in key.split('/').skip(1) {
            if place.is_null() {
                *place = json!({});
            }
            place = &mut place[step];
        }
        *place = value.clone();
    }
    file
}

fn a_tenant_id() -> impl Strategy<Value = String> {
    prop_oneof![
        "[-A-Za-z0-9!_.*'()]{1,4}",
        "null|true|no|y|1e3|0x1|_|-|1_0|!a|'|\\*a|---"
    ]
    .prop_filter("an id", |id| id == "*" || TenantId::parse(id).is_ok())
}

proptest! {
    #[test]
    fn what_may_be_written_loads_back(
        main in prop::collection::vec(a_written_key(), 0..8),
        tenants in prop::collection::btree_map(a_tenant_id(), prop::collection::vec(a_written_key(), 0..8), 0..4),
    ) {
        let of_tenant = |keys: &Vec<_>| file_of(keys, "/overrides/defaults");
        let tenants: serde_json::Map<_, _> =
            tenants.iter().map(|(id, keys)| (id.clone(), of_tenant(keys))).collect();
        let overrides = json!({"overrides": tenants}).to_string();
        let config = load_both(&file_of(&main, "").to_string(), &overrides);
        assert_prints_load_back(&config, "generated");
    }

    #[test]
    fn texts_and_durations_load_back(value in "\\PC*|[ -~\n\t]*", nanoseconds in 1..u64::MAX) {
        let main = json!({
            "metrics_generator": {
                "registry": {"external_labels": {"a": value}, "stale_duration": format!("{}ns", nanoseconds.max(1_000_000))},
                "processor": {"span_metrics": {"dimension_mappings": [{"name": "n", "source_labels": ["s"], "join": value}]}},
            },
        });
        assert_prints_load_back(&load_both(&main.to_string(), ""), "generated");
    }
}
