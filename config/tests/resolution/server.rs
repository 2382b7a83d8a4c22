//! What the server's keys resolve to.

use std::time::Duration;

use spangraph_config::{LogFormat, TenantId};

use super::load;

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

/// Each key of the server with a value other than its default.
const SERVER_KEYS: &str = "\
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

#[test]
fn the_keys_of_the_listeners_and_of_logging_reach_the_settings() {
    let server = load(SERVER_KEYS).server();
    assert_eq!(server.pages_endpoint.to_string(), "0.0.0.0:80");
    assert_eq!(server.log_level.as_str(), "debug");
    assert_eq!(server.log_format, LogFormat::Json);
    assert!(server.multitenancy_enabled);
    assert_eq!(server.stop_deadline, Some(Duration::from_secs(12)));
}

#[test]
fn the_keys_of_the_receivers_reach_the_settings() {
    let server = load(SERVER_KEYS).server();
    let grpc = server.grpc.unwrap();
    assert_eq!(
        (grpc.max_message_bytes, grpc.max_concurrent_streams),
        (16 << 20, 7)
    );
    assert_eq!(grpc.max_connection_age, Some(Duration::from_secs(600)));
    assert_eq!(grpc.max_connection_age_grace, Duration::from_secs(5));
    let http = server.http.unwrap();
    assert_eq!((grpc.max_connections, http.max_connections), (10, 10));
    assert_eq!(http.max_body_bytes, 1000);
    assert_eq!(http.body_timeout, Duration::from_secs(11));
}

#[test]
fn the_keys_of_the_pipeline_reach_the_settings() {
    let config = load(SERVER_KEYS);
    let actors = config.server().actors;
    assert_eq!((actors.ingest_actors, actors.ingest_mailbox), (3, 4));
    assert_eq!((actors.matcher_shards, actors.matcher_mailbox), (5, 6));
    assert_eq!(actors.aggregator_mailbox, 7);
    let admission = config.server().admission;
    assert_eq!(
        (admission.max_spans, admission.max_bytes, admission.max_tenants),
        (8, 9, 10)
    );
    let graphs = config.tenant(&TenantId::single()).service_graphs;
    assert_eq!(graphs.max_text_bytes, 12);
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
