//! Files that users of Tempo have load unchanged.

use serde_json::{Value, json};
use spangraph_config::{Config, HistogramKind, TenantId};

/// Puts `over` into `base`, key by key.
fn merge(base: &mut Value, over: &Value) {
    match (base, over) {
        (Value::Object(base), Value::Object(over)) => {
            for (key, value) in over {
                merge(base.entry(key).or_insert(Value::Null), value);
            }
        }
        (base, over) => *base = over.clone(),
    }
}

#[test]
fn every_conformance_case_loads() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/conformance/cases");
    let mut loaded = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let case: Value = serde_saphyr::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let mut file = json!({
            "metrics_generator": {
                "registry": {"collection_interval": "1s"},
                "processor": {"service_graphs": {"wait": "2s"}},
            },
            "overrides": {"defaults": {"metrics_generator": {"processors": ["service-graphs", "span-metrics"]}}},
        });
        merge(&mut file, case.get("config").unwrap_or(&json!({})));
        let tenants = json!({"overrides": case.get("tenants")}).to_string();
        let config = Config::from_yaml(&file.to_string())
            .and_then(|config| config.with_overrides(&tenants))
            .unwrap_or_else(|mistakes| panic!("{path:?}: {mistakes}"));
        let interval = config.tenant(&TenantId::single()).registry.collection_interval;
        assert_eq!(interval.as_secs(), 1, "{path:?}");
        loaded += 1;
    }
    assert_eq!(loaded, 42);
}

#[test]
fn the_file_of_a_single_binary_loads_and_tells_what_has_no_effect() {
    let config = Config::from_yaml(include_str!("fixtures/tempo-single-binary.yaml")).unwrap();
    let expected = [
        "ignored keys of Tempo that spangraph has no use for: query_frontend, storage, stream_over_http_enabled, \
         usage_report, server.grpc_server_max_recv_msg_size, distributor.log_received_spans, \
         distributor.receivers.jaeger, distributor.receivers.zipkin, metrics_generator.ring, \
         metrics_generator.processor.service_graphs.workers, metrics_generator.storage.path, \
         metrics_generator.storage.wal, \
         metrics_generator.storage.remote_write[0].queue_config.batch_send_deadline, \
         overrides.defaults.ingestion.max_traces_per_user",
    ];
    assert_eq!(config.notices(), expected);
    let tenant = config.tenant(&TenantId::single());
    assert_eq!(tenant.ingestion.limit().unwrap().burst_bytes, 30_000_000);
    assert_eq!(
        tenant.service_graphs.peer_attributes,
        ["peer.service", "db.name", "db.system"]
    );
    assert_eq!(tenant.registry.external_labels["cluster"], "docker-compose");
    assert_eq!(tenant.remote_write[0].queue.max_shards, 10);
    assert!(tenant.remote_write[0].send_native_histograms && tenant.processors.span_metrics_size);
    assert_eq!(tenant.registry.histograms.kind, HistogramKind::Both);
    assert_eq!(tenant.span_metrics.dimensions, ["http.method", "http.route"]);
    assert_eq!(config.server().grpc.unwrap().endpoint.to_string(), "0.0.0.0:4317");
}
