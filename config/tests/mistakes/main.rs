//! Files that are wrong: every mistake at once, each with its place and a message that helps.

#![expect(clippy::expect_used, reason = "what tests share fails by panicking")]

mod endpoints;
mod policies;

use spangraph_config::Config;

/// The mistakes of a file, one a line.
fn mistakes(text: &str) -> String {
    Config::from_yaml(text)
        .expect_err("the file should be refused")
        .to_string()
}

/// What is said about a single mistake.
fn assert_mistake(text: &str, expected: &str) {
    assert_eq!(mistakes(text), expected, "in:\n{text}");
}

#[test]
fn an_unknown_key_is_named_with_its_place_and_the_nearest_known_key() {
    let text = "metrics_generator:\n  registry:\n    colection_interval: 15s\n";
    assert_mistake(
        text,
        "line 3, column 5: metrics_generator.registry.colection_interval: unknown key, did you mean collection_interval",
    );
    assert_mistake(
        "querrier: {}\n",
        "line 1, column 1: querrier: unknown key, did you mean querier",
    );
    assert_mistake(
        "spangraph: {ingest: {zzz: 1}}",
        "line 1, column 22: spangraph.ingest.zzz: unknown key, known here: actors, mailbox",
    );
}

/// A file with a mistake in most of its lines.
const A_FILE_OF_MISTAKES: &str = "\
server:
  http_listen_port: 70000
  log_level: loud
multitenancy_enabled: maybe
distributor:
  receivers:
    otpl: {protocols: {grpc: }}
metrics_generator:
  processor:
    service_graphs: {wait: 10, max_items: 0, histogram_buckets: [0.1, .inf, abc]}
    span_metrics:
      filter_policies:
        - include: {match_type: regex, attributes: [{key: name, value: '('}]}
  registry:
    collection_interval: 50ms
    external_labels: {9a: x}
  storage:
    remote_write:
      - name: main
        sigv4: {region: a}
      - {url: 'http://a/', basic_auth: {username: u}, bearer_token: t}
overrides:
  defaults:
    metrics_generator:
      processors: [service-graph]
      dimensions: [a]
";

/// What is told of [`A_FILE_OF_MISTAKES`].
const ALL_OF_ITS_MISTAKES: &str = "\
line 2, column 21: server.http_listen_port: expected a whole number from 0 to 65535, found 70000
line 3, column 14: server.log_level: unknown value \"loud\", known here: trace, debug, info, warn, error
line 4, column 23: multitenancy_enabled: expected true or false, found text
line 7, column 5: distributor.receivers.otpl: unknown key, did you mean otlp
line 10, column 28: metrics_generator.processor.service_graphs.wait: \"10\" is not a duration, write a number with its unit, such as 15s, 1m30s or 250ms
line 10, column 43: metrics_generator.processor.service_graphs.max_items: expected a whole number of 1 or more, found 0
line 10, column 71: metrics_generator.processor.service_graphs.histogram_buckets[1]: a bucket's bound must be a finite number; the bucket +Inf is always there
line 10, column 77: metrics_generator.processor.service_graphs.histogram_buckets[2]: expected a number, found text
line 13, column 72: metrics_generator.processor.span_metrics.filter_policies[0].include.attributes[0].value: \"(\" is not a regular expression: unclosed group
line 15, column 26: metrics_generator.registry.collection_interval: must be at least 100ms
line 16, column 23: metrics_generator.registry.external_labels.9a: \"9a\" is not a label name, write letters, digits and _, with no digit first
line 19, column 9: metrics_generator.storage.remote_write[0].url: url is missing
line 20, column 9: metrics_generator.storage.remote_write[0].sigv4: not supported yet; remove it
line 21, column 69: metrics_generator.storage.remote_write[1].bearer_token: only one way of authentication may be set, and basic_auth is
line 25, column 20: overrides.defaults.metrics_generator.processors[0]: unknown value \"service-graph\", did you mean service-graphs
line 26, column 7: overrides.defaults.metrics_generator.dimensions: unknown key, known here: processors, collection_interval, disable_collection, max_active_series, max_active_entities, max_cardinality_per_label, generate_native_histograms, native_histogram_bucket_factor, native_histogram_max_bucket_number, native_histogram_min_reset_duration, trace_id_label_name, ingestion_time_range_slack, span_name_sanitization, remote_write_headers, remote_write, remote_write_mode, processor";

#[test]
fn all_mistakes_of_a_file_come_at_once_in_the_order_of_lines() {
    assert_mistake(A_FILE_OF_MISTAKES, ALL_OF_ITS_MISTAKES);
}

#[test]
fn what_only_follows_from_another_mistake_is_not_told() {
    assert_mistake(
        "metrics_generator: {storage: {remote_write: [{url: 'ftp://x'}]}}",
        "line 1, column 52: metrics_generator.storage.remote_write[0].url: not a URL to write to, write http://host:port/path or https://host:port/path",
    );
}

#[test]
fn items_keep_their_numbers_when_one_before_them_is_wrong() {
    let text = "metrics_generator:\n  storage:\n    remote_write:\n      - text\n      - {name: b}\n";
    assert_mistake(
        text,
        "line 4, column 9: metrics_generator.storage.remote_write[0]: expected a mapping, found text\n\
         line 5, column 9: metrics_generator.storage.remote_write[1].url: url is missing",
    );
}

#[test]
fn blocks_of_the_wrong_kind_are_refused() {
    assert_mistake(
        "server: 5",
        "line 1, column 9: server: expected a mapping, found a whole number",
    );
    assert_mistake(
        "server: [5]",
        "line 1, column 9: server: expected a mapping, found a list",
    );
    assert_mistake("- server", "line 1, column 1: expected a mapping, found a list");
    assert_mistake(
        "overrides: {defaults: {metrics_generator: {processors: service-graphs}}}",
        "line 1, column 56: overrides.defaults.metrics_generator.processors: expected a list, found text",
    );
    assert_mistake(
        "metrics_generator: {processor: {service_graphs: {dimensions: [a, ~]}}}",
        "line 1, column 66: metrics_generator.processor.service_graphs.dimensions[1]: a value is missing",
    );
}

#[test]
fn text_that_is_not_yaml_is_one_mistake_with_its_line() {
    let cases = [
        (
            "server:\n  http_listen_port: [1\nmultitenancy_enabled: true\n",
            "line 3, column 21: ",
        ),
        (
            "server: {}\nmultitenancy_enabled: true\nserver: {}\n",
            "line 3, column 1: ",
        ),
        ("server: *nowhere\n", "line 1, column 9: "),
        ("server: &a {x: *a}\n", "line 1, column 16: "),
        ("server: {}\n---\nserver: {}\n", "line 3, column 1: "),
    ];
    for (text, place) in cases {
        let told = mistakes(text);
        assert!(told.starts_with(place) && told.lines().count() == 1, "{told}");
    }
}

#[test]
fn numbers_that_are_not_whole_are_explained() {
    assert_mistake(
        "server: {http_listen_port: 99999999999999999999999}",
        "line 1, column 28: server.http_listen_port: expected a whole number, found one with a fraction or too many digits",
    );
}

#[test]
fn what_cannot_be_ignored_safely_is_refused() {
    assert_mistake(
        "distributor: {receivers: {otlp: {protocols: {grpc: {auth: {authenticator: a}}}}}}",
        "line 1, column 53: distributor.receivers.otlp.protocols.grpc.auth: not supported; write who may send in spangraph.authentication.receivers",
    );
    for key in ["sigv4", "oauth2", "azuread", "proxy_url"] {
        let text = format!(
            "metrics_generator: {{storage: {{remote_write: [{{url: 'http://a/', {key}: {{a: b}}}}]}}}}"
        );
        assert_mistake(
            &text,
            &format!(
                "line 1, column 65: metrics_generator.storage.remote_write[0].{key}: not supported yet; remove it"
            ),
        );
    }
}

#[test]
fn blank_keys_that_would_be_refused_are_as_good_as_left_out() {
    let text = "overrides: {per_tenant_override_config: ''}\nmetrics_generator: {storage: {remote_write: [{url: 'http://a/', sigv4: {}}]}}";
    Config::from_yaml(text).unwrap();
}

/// Files in which a number that must be 1 or more is 0.
const AT_ZERO: [&str; 21] = [
    "spangraph: {ingest: {actors: 0}}",
    "spangraph: {ingest: {mailbox: 0}}",
    "spangraph: {matcher: {shards: 0}}",
    "spangraph: {matcher: {mailbox: 0}}",
    "spangraph: {matcher: {max_text_bytes: 0}}",
    "spangraph: {aggregator: {mailbox: 0}}",
    "spangraph: {admission: {max_spans: 0}}",
    "spangraph: {admission: {max_bytes: 0}}",
    "spangraph: {admission: {max_tenants: 0}}",
    "spangraph: {receivers: {max_connections: 0}}",
    "spangraph: {receivers: {body_timeout: 0s}}",
    "distributor: {receivers: {otlp: {protocols: {grpc: {max_recv_msg_size_mib: 0}}}}}",
    "distributor: {receivers: {otlp: {protocols: {grpc: {max_concurrent_streams: 0}}}}}",
    "distributor: {receivers: {otlp: {protocols: {http: {max_request_body_size: 0}}}}}",
    "metrics_generator: {processor: {service_graphs: {wait: 0s}}}",
    "metrics_generator: {metrics_ingestion_time_range_slack: 0s}",
    "metrics_generator: {registry: {collection_interval: 0s}}",
    "metrics_generator: {registry: {stale_duration: 0s}}",
    "metrics_generator: {storage: {remote_write: [{url: 'http://a/', remote_timeout: 0s}]}}",
    "metrics_generator: {storage: {remote_write: [{url: 'http://a/', queue_config: {capacity: 0}}]}}",
    "metrics_generator: {storage: {remote_write: [{url: 'http://a/', queue_config: {max_shards: 0}}]}}",
];

#[test]
fn zero_is_refused_where_nothing_could_work_with_it() {
    for file in AT_ZERO {
        let found = mistakes(file);
        let helps =
            found.contains("a whole number of 1 or more, found 0") || found.contains("must be at least 1");
        assert!(helps && found.lines().count() == 1, "{file}: {found}");
    }
}

#[test]
fn dimensions_that_would_be_reserved_labels_are_refused() {
    assert_mistake(
        "metrics_generator: {processor: {service_graphs: {dimensions: [le]}}}",
        "line 1, column 63: metrics_generator.processor.service_graphs.dimensions[0]: \"le\" would be the label le, which is reserved",
    );
}
