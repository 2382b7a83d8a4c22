//! Files that users of Tempo have load unchanged.

#![expect(clippy::panic, reason = "what tests share fails by panicking")]

use serde_json::{Value, json};
use spangraph_config::{
    Config, Credential, Environment, HistogramKind, Limiter, RelabelAction, Secret, TenantId,
};

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
    assert_eq!(loaded, 66);
}

#[test]
fn the_file_of_a_single_binary_loads_and_tells_what_has_no_effect() {
    let config = Config::from_yaml(include_str!("fixtures/tempo-single-binary.yaml")).unwrap();
    let expected = [
        "ignored keys of Tempo that spangraph has no use for: query_frontend, storage, stream_over_http_enabled, \
         usage_report, server.grpc_server_max_recv_msg_size, distributor.log_received_spans, \
         metrics_generator.ring, \
         metrics_generator.processor.service_graphs.workers, metrics_generator.storage.wal, \
         overrides.defaults.ingestion.max_traces_per_user, \
         metrics_generator.storage.remote_write[0].queue_config.batch_send_deadline",
        "distributor.receivers.jaeger, distributor.receivers.zipkin: only OTLP is received, so nothing listens for \
         these senders; let them send OTLP, or put a Collector between",
        "state that outlives the process is kept in ./data/generator/wal/spangraph, below \
         metrics_generator.storage.path; spangraph.durability.mode: none switches that off",
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
    let [rule] = tenant.remote_write[0].write_relabel_rules.as_slice() else {
        panic!("one rule")
    };
    assert_eq!(rule.source_labels, ["__name__"]);
    assert_eq!(rule.action, RelabelAction::Drop);
    assert!(rule.regex.is_match("traces_spanmetrics_size_total"));
}

/// The microservices' file with its override file.
fn microservices(environment: Environment) -> Config {
    Config::from_yaml_in(include_str!("fixtures/tempo-microservices.yaml"), environment)
        .and_then(|config| config.with_overrides(include_str!("fixtures/tempo-overrides.yaml")))
        .unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

#[test]
fn the_files_of_microservices_load_and_tell_what_has_no_effect() {
    let config = microservices(Environment::of([]));
    let notices = config.notices().join("\n");
    for ignored in [
        "memberlist",
        "block_builder",
        "distributor.forwarders: spangraph passes no spans on",
        "ingest.kafka: spans in Kafka are not read yet; those that distributor.forwarders send by OTLP are",
        "metrics_generator.codec",
        "overrides.acme.forwarders: spangraph passes no spans on",
    ] {
        assert!(notices.contains(ignored), "{ignored} is not in {notices}");
    }
    assert!(!notices.contains("supersecret"), "{notices}");
    assert!(config.server().multitenancy_enabled);
    let endpoint = &config.tenant(&TenantId::parse("any").unwrap()).remote_write[0];
    assert_eq!(endpoint.name, "mimir");
    let header = &endpoint.http_headers["X-Custom-Token"];
    assert_eq!(header, &[Credential::Inline(Secret::new("s3cret"))]);
}

#[test]
fn the_password_of_microservices_comes_from_the_environment() {
    let password = |environment| {
        let endpoints = microservices(environment)
            .tenant(&TenantId::single())
            .remote_write;
        endpoints[0]
            .basic_auth
            .as_ref()
            .map(|basic| basic.password.clone())
    };
    let inline = |text: &str| Some(Credential::Inline(Secret::new(text)));
    let set = Environment::of([("MIMIR_PASSWORD".to_owned(), "p".to_owned())]);
    assert_eq!(password(set), inline("p"));
    assert_eq!(password(Environment::of([])), inline("unset"));
    assert_eq!(
        password(Environment::ignored()),
        inline("${MIMIR_PASSWORD:-unset}")
    );
}

#[test]
fn an_entry_of_tempos_override_file_is_a_tenants_and_a_star_is_for_all_others() {
    let config = microservices(Environment::of([]));
    let acme = config.tenant(&TenantId::parse("acme").unwrap());
    assert!(acme.processors.span_metrics_latency && acme.processors.service_graphs_connection_info);
    assert!(!acme.processors.span_metrics_size);
    assert_eq!(acme.registry.collection_interval.as_secs(), 30);
    assert_eq!(acme.registry.trace_id_label_name, "trace_id");
    assert_eq!(
        acme.remote_write_headers["X-Scope-OrgID"],
        Secret::new("acme-metrics")
    );
    assert_eq!(acme.service_graphs.histogram_buckets, [0.05, 0.5, 5.0]);
    assert_eq!(acme.span_metrics.dimension_mappings[0].join, "/");
    // Not written in the entry, so the defaults hold.
    assert_eq!(acme.registry.limiter, Limiter::Entities(60_000));
    assert_eq!(acme.registry.max_cardinality_per_label, 5000);
    let other = config.tenant(&TenantId::parse("other").unwrap());
    assert!(other.processors.any_service_graphs() && !other.processors.span_metrics_latency);
    assert_eq!(other.registry.limiter, Limiter::Entities(60_000));
    assert!(other.remote_write_headers.is_empty());
}
