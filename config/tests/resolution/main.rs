//! What files that are right resolve to.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what tests share fails by panicking"
)]

mod endpoints;
mod policies;
mod server;

use std::path::PathBuf;
use std::time::Duration;

use spangraph_config::{
    Config, DurabilitySettings, Limiter, Mistakes, Processors, Secret, SpanLogSettings, TenantId,
    TenantSettings,
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
    let kept = "59s}, durability: {path: /var/lib/spangraph";
    assert!(notices(kept, store).is_empty(), "it stays on the disk");
}

#[test]
fn state_is_kept_when_there_is_a_folder_unless_it_is_switched_off() {
    let kept = |durability: &str| {
        load(&format!("spangraph: {{durability: {durability}}}"))
            .server()
            .durability
    };
    assert_eq!(kept("{}"), None);
    assert_eq!(kept("{path: ''}"), None);
    assert_eq!(kept("{mode: none, path: /s}"), None);
    let defaults = kept("{path: /s}").unwrap();
    assert_eq!(defaults.interval.as_secs(), 15);
    assert_eq!(defaults.max_queue_bytes, 1 << 30);
    assert_eq!(kept("{mode: epochs, path: /s, sync: interval}"), Some(defaults));
    for mode in ["epochs", "log"] {
        let text = format!("spangraph: {{durability: {{mode: {mode}}}}}");
        let mistakes = Config::from_yaml(&text).unwrap_err();
        let expected = "needs a folder to keep state in: set spangraph.durability.path";
        assert!(mistakes.to_string().contains(expected), "{mistakes}");
    }
}

#[test]
fn requests_are_logged_when_that_is_asked_for() {
    let log = |keys: &str| {
        let text = format!("spangraph: {{durability: {{mode: log, path: /s{keys}}}}}");
        load(&text).server().durability.unwrap().log.unwrap()
    };
    let defaults = log("");
    assert_eq!(
        (
            defaults.sync_interval,
            defaults.max_bytes,
            defaults.continues_when_full
        ),
        (None, 1 << 30, false)
    );
    let seconds = |log: SpanLogSettings| log.sync_interval.unwrap().as_secs_f64();
    assert!((seconds(log(", sync: interval")) - 1.0).abs() < 1e-9);
    assert!((seconds(log(", sync: interval, sync_interval: 50ms")) - 0.05).abs() < 1e-9);
    assert_eq!(log(", sync: always, sync_interval: 50ms").sync_interval, None);
    assert!(log(", on_full: continue").continues_when_full);
    assert_eq!(log(", max_bytes: 5000").max_bytes, 5000);
}

/// The settings of state with Tempo's own key, or what is wrong.
fn kept_near_tempo(durability: &str) -> Result<Option<DurabilitySettings>, Mistakes> {
    let storage = "metrics_generator: {storage: {path: /var/tempo/wal}}";
    let file = format!("{storage}\nspangraph: {{durability: {durability}}}");
    Config::from_yaml(&file).map(|config| config.server().durability)
}

#[test]
fn state_is_kept_below_the_folder_of_tempos_samples_unless_it_is_said_otherwise() {
    let path = |durability: &str| kept_near_tempo(durability).unwrap().map(|kept| kept.path);
    let below = Some(PathBuf::from("/var/tempo/wal/spangraph"));
    assert_eq!(path("{}"), below);
    assert_eq!(path("{mode: epochs}"), below);
    assert_eq!(path("{path: ''}"), below);
    assert_eq!(path("{path: /s}"), Some(PathBuf::from("/s")));
    assert_eq!(path("{mode: none}"), None);
    let empty = load("metrics_generator: {storage: {path: ''}}");
    assert_eq!(empty.server().durability, None);
}

#[test]
fn a_folder_that_is_empty_on_purpose_and_an_interval_beyond_an_hour_are_refused() {
    let refused = |durability: &str| kept_near_tempo(durability).unwrap_err().to_string();
    let empty = refused("{mode: epochs, path: ''}");
    assert!(
        empty.contains("spangraph.durability.mode: needs a folder") && empty.contains("path is empty"),
        "{empty}"
    );
    let long = refused("{interval: 1h0m1s}");
    assert!(
        long.contains("spangraph.durability.interval: must be at most 1h"),
        "{long}"
    );
    assert!(kept_near_tempo("{interval: 1h}").is_ok());
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

/// The same keys in the global block and in the overrides.
const BOTH_BLOCKS: &str = "\
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

#[test]
fn overrides_win_over_the_global_block_key_by_key() {
    let settings = tenant(BOTH_BLOCKS);
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
