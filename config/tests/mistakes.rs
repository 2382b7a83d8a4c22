//! Files that are wrong: every mistake at once, each with its place and a message that helps.

#![expect(clippy::expect_used, reason = "what tests share fails by panicking")]

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

#[test]
fn all_mistakes_of_a_file_come_at_once_in_the_order_of_lines() {
    let text = "\
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
    let expected = "\
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
    assert_mistake(text, expected);
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

#[test]
fn endpoints_must_fit_together() {
    let text = "\
metrics_generator:
  storage:
    remote_write:
      - url: http://a/
        name: same
        authorization: {type: Basic}
        headers: {Content-Type: x, X-Ok: \"a\\nb\"}
        tls_config: {cert_file: c, ca: inline}
      - url: http://user:secret@b/
        name: same
        queue_config: {min_backoff: 10s}
        basic_auth: {password: a, password_file: b}
";
    let expected = "\
line 6, column 24: metrics_generator.storage.remote_write[0].authorization.credentials: credentials or credentials_file is missing
line 6, column 31: metrics_generator.storage.remote_write[0].authorization.type: write user and password in basic_auth
line 7, column 19: metrics_generator.storage.remote_write[0].headers.Content-Type: this header is set by the remote-write protocol and cannot be configured
line 7, column 42: metrics_generator.storage.remote_write[0].headers.X-Ok: not a header value, it has control characters or others outside ASCII
line 8, column 21: metrics_generator.storage.remote_write[0].tls_config.key_file: cert_file needs key_file
line 8, column 36: metrics_generator.storage.remote_write[0].tls_config.ca: not supported yet; name a file with the key that ends in _file
line 9, column 14: metrics_generator.storage.remote_write[1].url: must not hold a user or password, write them in basic_auth
line 10, column 15: metrics_generator.storage.remote_write[1].name: another endpoint is named \"same\" too
line 11, column 23: metrics_generator.storage.remote_write[1].queue_config.max_backoff: must not be below min_backoff
line 12, column 21: metrics_generator.storage.remote_write[1].basic_auth.username: username is missing
line 12, column 50: metrics_generator.storage.remote_write[1].basic_auth.password_file: only one of password and password_file may be set";
    assert_mistake(text, expected);
}

#[test]
fn secrets_in_the_wrong_place_are_not_shown() {
    let text = "metrics_generator: {storage: {remote_write: [{url: 'http://u:hunter2@a/', headers: hunter2, basic_auth: hunter2, tls_config: hunter2, bearer_token: [hunter2]}]}}";
    assert!(!mistakes(text).contains("hunter2"), "{}", mistakes(text));
}

#[test]
fn filter_policies_are_refused_naming_the_key() {
    let text = "\
metrics_generator:
  processor:
    service_graphs:
      filter_policies:
        - {}
        - include: {match_type: strict}
        - exclude: {match_type: exact, attributes: [{key: event.name, value: x}]}
        - include_any:
            attributes:
              - {key: kind, value: SERVER}
              - {key: status, value: 2}
              - {key: span.}
              - {key: span.a}
              - {value: x}
        - exclude: {match_type: regex, attributes: [{key: span.code, value: 404}]}
";
    let at = "metrics_generator.processor.service_graphs.filter_policies";
    let expected = [
        format!("line 5, column 11: {at}[0]: a policy needs include, include_any or exclude"),
        format!(
            "line 6, column 20: {at}[1].include.attributes: needs at least one attribute, each with key and value"
        ),
        format!(
            "line 7, column 33: {at}[2].exclude.match_type: unknown value \"exact\", known here: strict, regex"
        ),
        format!(
            "line 7, column 59: {at}[2].exclude.attributes[0].key: \"event.name\" cannot be compared, write resource.<attribute>, span.<attribute>, name, kind or status"
        ),
        format!(
            "line 10, column 36: {at}[3].include_any.attributes[0].value: must be one of SPAN_KIND_UNSPECIFIED, SPAN_KIND_INTERNAL, SPAN_KIND_SERVER, SPAN_KIND_CLIENT, SPAN_KIND_PRODUCER, SPAN_KIND_CONSUMER"
        ),
        format!(
            "line 11, column 38: {at}[3].include_any.attributes[1].value: must be one of STATUS_CODE_UNSET, STATUS_CODE_OK, STATUS_CODE_ERROR"
        ),
        format!("line 12, column 23: {at}[3].include_any.attributes[2].key: \"span.\" names no attribute"),
        format!("line 13, column 17: {at}[3].include_any.attributes[3].value: value is missing"),
        format!("line 14, column 17: {at}[3].include_any.attributes[4].key: key is missing"),
        format!(
            "line 15, column 77: {at}[4].exclude.attributes[0].value: a regular expression is text, put the value in quotes"
        ),
    ];
    assert_mistake(text, &expected.join("\n"));
}

#[test]
fn zero_is_refused_where_nothing_could_work_with_it() {
    for key in [
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
    ] {
        let found = mistakes(key);
        let helps =
            found.contains("a whole number of 1 or more, found 0") || found.contains("must be at least 1");
        assert!(helps && found.lines().count() == 1, "{key}: {found}");
    }
}

#[test]
fn dimensions_that_would_be_reserved_labels_are_refused() {
    assert_mistake(
        "metrics_generator: {processor: {service_graphs: {dimensions: [le]}}}",
        "line 1, column 63: metrics_generator.processor.service_graphs.dimensions[0]: \"le\" would be the label le, which is reserved",
    );
}

#[test]
fn relabel_rules_need_what_their_action_needs_and_take_nothing_else() {
    let text = "\
metrics_generator:
  storage:
    remote_write:
      - url: http://a/
        write_relabel_configs:
          - {source_labels: [a]}
          - {action: hashmod, target_label: b}
          - {action: lowercase, target_label: b, replacement: x}
          - {action: keepequal, source_labels: [a], target_label: b, regex: x, separator: ','}
          - {action: labeldrop, regex: x, source_labels: [], target_label: b}
          - {action: labelmap, regex: x, replacement: ''}
          - {action: dropp}
          - {action: drop, regex: '(', sourcelabels: [a]}
          - {action: keep, regex: 'a)|(b', source_labels: a, modulus: -1}
          - text
          - {action: labelkeep, regex: '(.*)', separator: ;, replacement: $1}
";
    let expected = "\
line 6, column 13: metrics_generator.storage.remote_write[0].write_relabel_configs[0].target_label: the action replace needs a target_label
line 7, column 13: metrics_generator.storage.remote_write[0].write_relabel_configs[1].modulus: the action hashmod needs a modulus of 1 or more
line 8, column 63: metrics_generator.storage.remote_write[0].write_relabel_configs[2].replacement: the action lowercase takes no replacement
line 9, column 77: metrics_generator.storage.remote_write[0].write_relabel_configs[3].regex: the action keepequal takes no regex
line 9, column 91: metrics_generator.storage.remote_write[0].write_relabel_configs[3].separator: the action keepequal takes no separator
line 10, column 58: metrics_generator.storage.remote_write[0].write_relabel_configs[4].source_labels: the action labeldrop takes no source_labels
line 10, column 76: metrics_generator.storage.remote_write[0].write_relabel_configs[4].target_label: the action labeldrop takes no target_label
line 11, column 55: metrics_generator.storage.remote_write[0].write_relabel_configs[5].replacement: the action labelmap needs a name to copy to
line 12, column 22: metrics_generator.storage.remote_write[0].write_relabel_configs[6].action: unknown value \"dropp\", did you mean drop
line 13, column 35: metrics_generator.storage.remote_write[0].write_relabel_configs[7].regex: \"(\" is not a regular expression: unclosed group
line 13, column 40: metrics_generator.storage.remote_write[0].write_relabel_configs[7].sourcelabels: unknown key, did you mean source_labels
line 14, column 35: metrics_generator.storage.remote_write[0].write_relabel_configs[8].regex: \"a)|(b\" is not a regular expression: unopened group
line 14, column 59: metrics_generator.storage.remote_write[0].write_relabel_configs[8].source_labels: expected a list, found text
line 14, column 71: metrics_generator.storage.remote_write[0].write_relabel_configs[8].modulus: expected a whole number of 0 or more, found -1
line 15, column 13: metrics_generator.storage.remote_write[0].write_relabel_configs[9]: expected a mapping, found text";
    assert_mistake(text, expected);
}

#[test]
fn headers_of_several_values_are_checked_as_all_headers() {
    let text = "\
metrics_generator:
  storage:
    remote_write:
      - url: http://a/
        http_headers:
          Authorization: {secrets: [hunter2]}
          Content-Type: {values: [a]}
          X-A: {value: [a]}
          X-B: {values: [a, \"a\\nb\"], secrets: hunter2, files: [a]}
          X-C: [hunter2]
";
    let expected = "\
line 6, column 26: metrics_generator.storage.remote_write[0].http_headers.Authorization: write it in authorization or basic_auth
line 7, column 11: metrics_generator.storage.remote_write[0].http_headers.Content-Type: this header is set by the remote-write protocol and cannot be configured
line 8, column 17: metrics_generator.storage.remote_write[0].http_headers.X-A.value: unknown key, did you mean values
line 9, column 29: metrics_generator.storage.remote_write[0].http_headers.X-B.values[1]: not a header value, it has control characters or others outside ASCII
line 9, column 47: metrics_generator.storage.remote_write[0].http_headers.X-B.secrets: expected a list, found text
line 10, column 16: metrics_generator.storage.remote_write[0].http_headers.X-C: expected a mapping, found a list";
    assert_mistake(text, expected);
}
