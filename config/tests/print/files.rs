//! Prints of the main file.

use serde_json::{Value, json};
use spangraph_config::{Config, PrintMode, TenantId};

use super::{assert_prints_load_back, assert_same_settings, load, load_both, read};

/// The file of a conformance case as its server reads it, and its override file.
fn conformance_case(path: &std::path::Path) -> (String, String) {
    let case: Value = serde_saphyr::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let main = case.get("config").cloned().unwrap_or(json!({}));
    (
        main.to_string(),
        json!({"overrides": case.get("tenants")}).to_string(),
    )
}

#[test]
fn the_printed_defaults_are_the_defaults() {
    let default = Config::default();
    let printed = default.print(PrintMode::Defaults);
    assert_same_settings(&load(&printed.to_string()), &default, &printed.to_string());
    assert_eq!(
        load("server: {log_level: debug}").print(PrintMode::Defaults),
        printed
    );
    assert_eq!(default.print(PrintMode::Effective), printed);
}

#[test]
fn every_example_and_every_file_of_tempo_loads_back() {
    assert_prints_load_back(&Config::default(), "no file");
    for path in [
        "full.yaml",
        "minimal.yaml",
        "multi-tenant.yaml",
        "remote-write.yaml",
        "tests/fixtures/tempo-single-binary.yaml",
    ] {
        assert_prints_load_back(&load(&read(path)), path);
    }
    let cases = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/conformance/cases");
    for entry in std::fs::read_dir(cases).unwrap() {
        let path = entry.unwrap().path();
        let (main, overrides) = conformance_case(&path);
        assert_prints_load_back(&load_both(&main, &overrides), &path.to_string_lossy());
    }
}

/// All keys of `tree` with the blocks that they stand in.
fn keys(tree: &Value, above: &str, found: &mut Vec<String>) {
    match tree {
        Value::Object(entries) => {
            for (key, value) in entries {
                let path = format!("{above}/{key}");
                keys(value, &path, found);
                found.push(path);
            }
        }
        Value::Array(items) => items
            .iter()
            .for_each(|item| keys(item, &format!("{above}/0"), found)),
        _ => {}
    }
}

#[test]
fn no_key_of_the_full_example_is_missing() {
    let full = read("full.yaml")
        .replace("    remote_write: []\n", "    remote_write:\n")
        .replace("    #:", "     ");
    let printed = load(&full).print(PrintMode::Effective).to_string();
    let mut expected = Vec::new();
    keys(&serde_saphyr::from_str(&full).unwrap(), "", &mut expected);
    assert!(expected.len() > 120, "{}", expected.len());
    let printed: Value = serde_saphyr::from_str(&printed).unwrap();
    for key in expected {
        assert!(printed.pointer(&key).is_some(), "{key} is missing");
    }
}

#[test]
fn the_defaults_written_down_differ_in_nothing_and_the_processors_are_named() {
    let processors = "overrides:\n  defaults:\n    metrics_generator:\n      processors: [service-graphs]\n";
    for text in [read("full.yaml"), read("minimal.yaml")] {
        assert_eq!(load(&text).print(PrintMode::Diff).to_string(), processors);
    }
    assert_eq!(Config::default().print(PrintMode::Diff).to_string(), processors);
    let off = load("").print(PrintMode::Diff).to_string();
    assert_eq!(off, processors.replace("[service-graphs]", "[]"));
}

/// Keys with their defaults, with others, and with other spellings of their defaults.
const WRITTEN: &str = "
server: {log_format: text, log_level: info, http_listen_address: ''}
distributor: {receivers: {otlp: {protocols: {http: }}}}
metrics_generator:
  processor:
    service_graphs: {wait: 90s, max_items: 10000, histogram_buckets: [2, 1.5], dimensions: ['*', zone]}
    span_metrics:
      filter_policies:
        - exclude: {match_type: regex, attributes: [{key: span.http.route, value: ^/health}]}
        - include: {attributes: [{key: resource.n, value: 404}, {key: resource.s, value: '404'}]}
  storage:
    remote_write:
      - url: http://store:9090/write
        queue_config: {max_shards: 50, max_backoff: 1s500ms}
      - {url: http://store:9090/write, send_exemplars: true}
overrides:
  defaults:
    ingestion: {rate_limit_bytes: 5}
    metrics_generator:
      processors: [service-graphs]
      collection_interval: 0s
      generate_native_histograms: ''
      processor: {host_info: {metric_name: hosts}}
";

/// What of [`WRITTEN`] differs from the defaults.
const PRINTED_DIFF: &str = "\
server:
  http_listen_address: \"\"
distributor:
  receivers:
    otlp:
      protocols:
        http:
          endpoint: 127.0.0.1:4318
          max_request_body_size: 67108864
          cors:
            allowed_origins: []
            allowed_headers: []
            exposed_headers: []
            max_age: 0
          tls:
            cert_file: \"\"
            key_file: \"\"
            client_ca_file: \"\"
            min_version: \"\"
            max_version: \"\"
            reload_interval: null
metrics_generator:
  processor:
    service_graphs:
      wait: 1m30s
      histogram_buckets: [1.5, 2.0]
      dimensions: [\"*\", zone]
    span_metrics:
      filter_policies:
        - exclude:
            match_type: regex
            attributes:
              - key: span.http.route
                value: ^/health
        - include:
            match_type: strict
            attributes:
              - key: resource.n
                value: 404
              - key: resource.s
                value: \"404\"
  storage:
    remote_write:
      - url: http://store:9090/write
        queue_config:
          max_backoff: 1s500ms
      - url: http://store:9090/write
        name: store:9090-2
        send_exemplars: true
overrides:
  defaults:
    ingestion:
      rate_limit_bytes: 5
    metrics_generator:
      processors: [service-graphs]
      processor:
        host_info:
          metric_name: hosts
";

#[test]
fn the_diff_has_what_differs_and_nothing_else() {
    let config = load(WRITTEN);
    assert_eq!(config.print(PrintMode::Diff).to_string(), PRINTED_DIFF);
    assert_prints_load_back(&config, "diff");
}

#[test]
fn a_transport_that_is_on_is_named_when_the_other_is() {
    let config = load("distributor: {receivers: {otlp: {protocols: {grpc: {endpoint: ':1'}, http: }}}}");
    let printed = serde_json::to_value(config.print(PrintMode::Diff)).unwrap();
    let protocols = &printed["distributor"]["receivers"]["otlp"]["protocols"];
    assert_eq!(*protocols, json!({"grpc": {"endpoint": ":1"}, "http": {}}));
}

#[test]
fn the_values_of_this_host_are_printed() {
    let config = load("");
    let printed = serde_json::to_value(config.print(PrintMode::Effective)).unwrap();
    let actors = config.server().actors;
    assert_eq!(printed["spangraph"]["ingest"]["actors"], actors.ingest_actors);
    assert_eq!(printed["spangraph"]["matcher"]["shards"], actors.matcher_shards);
    assert_eq!(printed["spangraph"]["writer"]["threads"], actors.writer_threads);
    let (_, value) = config
        .tenant(&TenantId::single())
        .registry
        .instance_label
        .unwrap();
    assert_eq!(printed["spangraph"]["instance_label"]["value"], value);
}
