//! What files that are right resolve to.

#![expect(clippy::panic, reason = "what tests share fails by panicking")]

use std::time::Duration;

use spangraph_config::{
    AttributeScope, Config, Credential, FilterKey, Intrinsic, Limiter, LogFormat, MatchValue, Processors,
    Secret, TenantId, TenantSettings,
};

fn load(text: &str) -> Config {
    Config::from_yaml(text).unwrap_or_else(|mistakes| panic!("{mistakes}\nin:\n{text}"))
}

fn tenant(text: &str) -> TenantSettings {
    load(text).tenant(&TenantId::single())
}

#[test]
fn without_a_file_service_graphs_are_on_and_everything_listens_on_loopback() {
    let config = Config::default();
    let (server, tenant) = (config.server(), config.tenant(&TenantId::single()));
    assert_eq!(server.grpc.unwrap().endpoint.to_string(), "127.0.0.1:4317");
    assert_eq!(server.http.unwrap().endpoint.to_string(), "127.0.0.1:4318");
    assert_eq!(server.pages_endpoint.to_string(), "127.0.0.1:3200");
    assert!(server.actors.ingest_actors >= 1 && server.actors.matcher_shards >= 1);
    assert_eq!(tenant.processors, TenantSettings::default().processors);
    let (name, host) = tenant.registry.instance_label.unwrap();
    assert_eq!(name, "__metrics_gen_instance");
    assert!(!host.is_empty());
    assert!(config.notices().is_empty());
}

#[test]
fn a_file_that_names_no_processors_has_none_and_says_how_to_switch_one_on() {
    for text in ["", "# nothing\n", "---\n", "server: {http_listen_port: 3201}"] {
        let config = load(text);
        assert_eq!(
            config.tenant(&TenantId::single()).processors,
            Processors::default(),
            "{text:?}"
        );
        let expected = "no processor is on, so no series are made: \
                        set overrides.defaults.metrics_generator.processors to [service-graphs]";
        assert_eq!(config.notices(), [expected], "{text:?}");
    }
    let none_on_purpose = load("overrides: {defaults: {metrics_generator: {processors: []}}}");
    assert!(none_on_purpose.notices().is_empty());
}

#[test]
fn a_stop_that_ends_before_writers_are_done_is_told() {
    let notices = |deadline: &str, stores: &str| {
        let text = format!(
            "metrics_generator: {{storage: {{remote_write_flush_deadline: 1m, remote_write: {stores}}}}}
             \nspangraph: {{stop: {{deadline: {deadline}}}}}
             \noverrides: {{defaults: {{metrics_generator: {{processors: []}}}}}}"
        );
        load(&text).notices().to_vec()
    };
    let store = "[{url: 'http://localhost:9090/api/v1/write'}]";
    let expected = "spangraph.stop.deadline ends a stop after 59s, before \
                    metrics_generator.storage.remote_write_flush_deadline is over (1m): what stores have not taken by \
                    then is lost";
    assert_eq!(notices("59s", store), [expected]);
    assert!(notices("60s", store).is_empty());
    assert!(notices("59s", "[]").is_empty());
}

#[test]
fn keys_with_nothing_after_them_count_as_left_out() {
    let text = "\
server:
multitenancy_enabled:
distributor: {receivers: {otlp: , zipkin: }}
metrics_generator:
  processor: {host_info: , service_graphs: {wait: , dimensions: , filter_policies: }}
  registry: {external_labels: , collection_interval: ~}
  storage: {remote_write: }
overrides: {defaults: {metrics_generator: {processors: [service-graphs], processor: }}}
spangraph: {ingest: , matcher: {shards: }}
";
    let (config, default) = (load(text), Config::default());
    assert_eq!(config.server(), default.server());
    assert_eq!(
        config.tenant(&TenantId::single()),
        default.tenant(&TenantId::single())
    );
}

#[test]
fn receivers_are_those_that_are_named_or_both() {
    let listens = |text: &str| {
        let server = load(text).server();
        let grpc = server.grpc.map(|grpc| grpc.endpoint.to_string());
        (
            grpc.unwrap_or_default(),
            server
                .http
                .map(|http| http.endpoint.to_string())
                .unwrap_or_default(),
        )
    };
    let both = ("127.0.0.1:4317".to_owned(), "127.0.0.1:4318".to_owned());
    assert_eq!(
        listens("distributor: {receivers: {otlp: , jaeger: {protocols: {grpc: }}}}"),
        both
    );
    assert_eq!(listens("distributor: {receivers: {otlp: {protocols: }}}"), both);
    assert_eq!(
        listens("distributor: {receivers: {otlp: {protocols: {grpc: }}}}"),
        ("127.0.0.1:4317".to_owned(), String::new())
    );
    assert_eq!(
        listens("distributor: {receivers: {otlp: {protocols: {http: {endpoint: ':9'}}}}}"),
        (String::new(), ":9".to_owned())
    );
}

#[test]
fn the_servers_keys_reach_the_settings() {
    let text = "\
server: {http_listen_address: 0.0.0.0, http_listen_port: 80, log_level: debug, log_format: json}
multitenancy_enabled: yes
distributor:
  receivers:
    otlp:
      protocols:
        grpc:
          max_recv_msg_size_mib: 16
          max_concurrent_streams: 7
          keepalive: {server_parameters: {max_connection_age: 10m, max_connection_age_grace: 5s}}
        http: {max_request_body_size: 1000}
spangraph:
  ingest: {actors: 3, mailbox: 4}
  matcher: {shards: 5, mailbox: 6, max_text_bytes: 12}
  aggregator: {mailbox: 7}
  admission: {max_spans: 8, max_bytes: 9, max_tenants: 10}
  receivers: {max_connections: 10, body_timeout: 11s}
  stop: {deadline: 12s}
";
    let config = load(text);
    assert_eq!(
        config.tenant(&TenantId::single()).service_graphs.max_text_bytes,
        12
    );
    let server = config.server();
    assert_eq!(server.pages_endpoint.to_string(), "0.0.0.0:80");
    assert_eq!(
        (server.log_level.as_str(), server.log_format),
        ("debug", LogFormat::Json)
    );
    assert!(server.multitenancy_enabled);
    let grpc = server.grpc.unwrap();
    assert_eq!(
        (grpc.max_message_bytes, grpc.max_concurrent_streams),
        (16 << 20, 7)
    );
    assert_eq!(grpc.max_connection_age, Some(Duration::from_secs(600)));
    assert_eq!(
        (grpc.max_connection_age_grace, grpc.max_connections),
        (Duration::from_secs(5), 10)
    );
    let http = server.http.unwrap();
    assert_eq!((http.max_body_bytes, http.max_connections), (1000, 10));
    assert_eq!(http.body_timeout, Duration::from_secs(11));
    let actors = server.actors;
    assert_eq!((actors.ingest_actors, actors.ingest_mailbox), (3, 4));
    assert_eq!(
        (
            actors.matcher_shards,
            actors.matcher_mailbox,
            actors.aggregator_mailbox
        ),
        (5, 6, 7)
    );
    assert_eq!(server.stop_deadline, Some(Duration::from_secs(12)));
    let admission = server.admission;
    assert_eq!(
        (admission.max_spans, admission.max_bytes, admission.max_tenants),
        (8, 9, 10)
    );
}

#[test]
fn overrides_win_over_the_global_block_key_by_key() {
    let text = "\
metrics_generator:
  metrics_ingestion_time_range_slack: 40s
  registry: {collection_interval: 20s}
  processor:
    service_graphs: {dimensions: [a, b], peer_attributes: [p], span_multiplier_key: k, histogram_buckets: [5, 0.05, 0.5, 0.05]}
overrides:
  defaults:
    metrics_generator:
      processors: [service-graphs-request, service-graphs-connection-info]
      collection_interval: 30s
      ingestion_time_range_slack: 2m
      trace_id_label_name: trace_id
      disable_collection: true
      remote_write_headers: {X-Scope-OrgID: acme}
      processor: {service_graphs: {dimensions: [], span_multiplier_key: '', enable_virtual_node_label: true}}
";
    let settings = tenant(text);
    let graphs = &settings.service_graphs;
    assert_eq!(graphs.histogram_buckets, [0.05, 0.5, 5.0]);
    assert!(graphs.dimensions.is_empty());
    assert_eq!(graphs.peer_attributes, ["p"]);
    assert_eq!(graphs.span_multiplier_key, None);
    assert!(graphs.enable_virtual_node_label && !graphs.enable_client_server_prefix);
    assert_eq!(settings.registry.collection_interval, Duration::from_secs(30));
    assert_eq!(settings.registry.trace_id_label_name, "trace_id");
    assert_eq!(settings.ingestion_time_range_slack, Duration::from_secs(120));
    assert!(settings.disable_collection);
    assert_eq!(
        settings.remote_write_headers["X-Scope-OrgID"],
        Secret::new("acme")
    );
    assert!(!settings.processors.service_graphs_latency);
    assert!(settings.processors.service_graphs_request && settings.processors.service_graphs_connection_info);
}

#[test]
fn a_zero_override_leaves_the_global_value() {
    let text = "\
metrics_generator: {metrics_ingestion_time_range_slack: 40s, registry: {collection_interval: 20s}}
overrides: {defaults: {metrics_generator: {collection_interval: 0s, ingestion_time_range_slack: 0}}}
";
    let settings = tenant(text);
    assert_eq!(settings.registry.collection_interval, Duration::from_secs(20));
    assert_eq!(settings.ingestion_time_range_slack, Duration::from_secs(40));
}

#[test]
fn the_limiter_counts_what_its_type_says() {
    let limits = "overrides: {defaults: {metrics_generator: {max_active_series: 5, max_active_entities: 6}}}";
    let limiter = |kind: &str| {
        tenant(&format!("metrics_generator: {{limiter_type: {kind}}}\n{limits}"))
            .registry
            .limiter
    };
    assert_eq!(limiter("series"), Limiter::Series(5));
    assert_eq!(limiter("entity"), Limiter::Entities(6));
    assert_eq!(limiter("~"), Limiter::Series(5));
    assert_eq!(tenant("").registry.limiter, Limiter::Series(0));
}

#[test]
fn the_registrys_labels_keep_the_text_that_is_written() {
    let text = "\
metrics_generator:
  registry:
    external_labels: {cluster: 007, on_call: yes, ratio: 1.50, quoted: '1.50'}
    inject_tenant_id_as: tenant
    max_label_name_length: 0
spangraph: {instance_label: {name: replica, value: a-1}}
";
    let registry = tenant(text).registry;
    let labels: Vec<_> = registry
        .external_labels
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    assert_eq!(
        labels,
        [
            ("cluster", "007"),
            ("on_call", "yes"),
            ("quoted", "1.50"),
            ("ratio", "1.50")
        ]
    );
    assert_eq!(registry.inject_tenant_id_as.as_deref(), Some("tenant"));
    assert_eq!(registry.max_label_name_length, 0);
    assert_eq!(
        registry.instance_label,
        Some(("replica".to_owned(), "a-1".to_owned()))
    );
    assert_eq!(
        tenant("spangraph: {instance_label: {enabled: false}}")
            .registry
            .instance_label,
        None
    );
}

#[test]
fn durations_that_cannot_be_are_observed_only_when_asked_for() {
    assert!(!tenant("{}").observe_impossible_durations);
    assert!(tenant("spangraph: {durations: {observe_impossible: true}}").observe_impossible_durations);
}

#[test]
fn endpoints_resolve_as_prometheus_reads_them() {
    let text = "\
metrics_generator:
  storage:
    remote_write_add_org_id_header: false
    remote_write_flush_deadline: 5s
    remote_write:
      - url: https://mimir:8080/api/v1/push
        remote_timeout: 1m
        headers: {X-A: b}
        basic_auth: {username: tempo, password: 0123}
        tls_config: {ca_file: ca.pem, cert_file: c.pem, key_file: k.pem, server_name: m, insecure_skip_verify: true}
        send_exemplars: true
        queue_config: {capacity: 1, max_shards: 2, max_samples_per_send: 3, min_backoff: 4ms, max_backoff: 5ms, sample_age_limit: 1d}
      - {url: 'http://mimir:8080/x', authorization: {credentials_file: token}}
      - {url: 'http://mimir:8080/y', bearer_token: t, name: third}
";
    let settings = tenant(text);
    assert!(!settings.remote_write_add_org_id_header);
    assert_eq!(settings.remote_write_flush_deadline, Duration::from_secs(5));
    let [first, second, third] = settings.remote_write.as_slice() else {
        panic!("three endpoints")
    };
    assert_eq!(
        (first.name.as_str(), second.name.as_str(), third.name.as_str()),
        ("mimir:8080", "mimir:8080-2", "third")
    );
    assert_eq!(first.url.expose(), "https://mimir:8080/api/v1/push");
    assert_eq!(
        (first.remote_timeout, second.remote_timeout),
        (Duration::from_secs(60), Duration::from_secs(30))
    );
    assert_eq!(first.headers["X-A"], Secret::new("b"));
    let basic = first.basic_auth.as_ref().unwrap();
    assert_eq!(basic.username, "tempo");
    assert_eq!(basic.password, Credential::Inline(Secret::new("0123")));
    assert_eq!(second.bearer_token, Some(Credential::File("token".into())));
    assert_eq!(third.bearer_token, Some(Credential::Inline(Secret::new("t"))));
    assert!(first.send_exemplars && !second.send_exemplars);
    assert!(first.tls.insecure_skip_verify && first.tls.server_name.as_deref() == Some("m"));
    let queue = &first.queue;
    assert_eq!(
        (queue.capacity, queue.max_shards, queue.max_samples_per_send),
        (1, 2, 3)
    );
    assert_eq!(
        (queue.min_backoff, queue.max_backoff),
        (Duration::from_millis(4), Duration::from_millis(5))
    );
    assert_eq!(queue.sample_age_limit, Duration::from_secs(86_400));
}

#[test]
fn secrets_are_never_printed() {
    let text = "metrics_generator: {storage: {remote_write: [{url: 'http://a/', headers: {X: hunter2}, basic_auth: {username: u, password: hunter2}}]}}\noverrides: {defaults: {metrics_generator: {remote_write_headers: {Y: hunter2}}}}";
    assert!(!format!("{:?}", load(text)).contains("hunter2"));
}

#[test]
fn policy_values_have_the_type_that_yaml_gives_them() {
    let text = "\
metrics_generator:
  processor:
    service_graphs:
      filter_policies:
        - include:
            attributes:
              - {key: span.text, value: '404'}
              - {key: span.int, value: 404}
              - {key: span.double, value: 4.5}
              - {key: resource.bool, value: true}
              - {key: kind, value: SPAN_KIND_SERVER}
          exclude: {match_type: regex, attributes: [{key: name, value: '^/health'}]}
";
    let policies = tenant(text).service_graphs.filter_policies;
    let include: Vec<_> = policies[0]
        .include
        .as_ref()
        .unwrap()
        .attributes
        .iter()
        .map(|a| a.value.clone())
        .collect();
    let expected = [
        MatchValue::String("404".to_owned()),
        MatchValue::Int(404),
        MatchValue::Double(4.5),
        MatchValue::Bool(true),
        MatchValue::String("SPAN_KIND_SERVER".to_owned()),
    ];
    assert_eq!(include, expected);
    let exclude = &policies[0].exclude.as_ref().unwrap().attributes[0];
    assert_eq!(exclude.key, FilterKey::Intrinsic(Intrinsic::Name));
    let MatchValue::Regex(expression) = &exclude.value else {
        panic!("a regular expression")
    };
    assert!(expression.is_match("/healthz") && !expression.is_match("a/health"));
    let first = &policies[0].include.as_ref().unwrap().attributes[0].key;
    assert_eq!(
        *first,
        FilterKey::Attribute(AttributeScope::Span, "text".to_owned())
    );
}

#[test]
fn anchors_and_merged_mappings_work() {
    let text = "\
spangraph:
  ingest: &sizes {mailbox: 9}
  matcher: {<<: *sizes, shards: 2}
  aggregator: *sizes
";
    let actors = load(text).server().actors;
    assert_eq!(
        (
            actors.ingest_mailbox,
            actors.matcher_mailbox,
            actors.aggregator_mailbox
        ),
        (9, 9, 9)
    );
}
