//! Listeners at names and at all addresses.

use std::net::TcpStream;

use serde_json::{Value, json};

use crate::harness::ServerConfig;
use crate::harness::otlp::{HttpSender, Sender};
use crate::harness::server::{Ports, config_file, run_binary};
use crate::harness::spans::pair;

/// The listeners at `host`, pages at `pages_host`.
fn listeners(host: &str, pages_host: &str, ports: &Ports) -> Value {
    json!({
        "server": { "http_listen_address": pages_host },
        "distributor": { "receivers": { "otlp": { "protocols": {
            "grpc": { "endpoint": format!("{host}:{}", ports.grpc) },
            "http": { "endpoint": format!("{host}:{}", ports.http) },
        } } } },
    })
}

#[test]
fn listeners_at_the_name_of_loopback_take_spans_and_warn_of_nothing() {
    let config = ServerConfig::new();
    // Written otherwise than `localhost`, which is known without a resolver.
    let settings = listeners("Localhost", "Localhost", &config.ports);
    let server = config.with(&settings).start();
    HttpSender::new(&server.otlp_http()).deliver(pair(1));
    assert!(TcpStream::connect(("127.0.0.1", server.ports.grpc)).is_ok());
    assert!(
        !server
            .process
            .log()
            .contains("everybody who reaches this address")
    );
}

#[test]
fn listeners_at_all_addresses_are_reached_by_both_families_and_warned_of() {
    let config = ServerConfig::new();
    let settings = listeners("", "", &config.ports);
    let server = config.with(&settings).start();
    let has_ipv6 = std::net::TcpListener::bind("[::1]:0").is_ok();
    for port in [server.ports.grpc, server.ports.http, server.ports.pages] {
        assert!(TcpStream::connect(("127.0.0.1", port)).is_ok());
        assert_eq!(TcpStream::connect(("::1", port)).is_ok(), has_ipv6);
    }
    let log = server.process.log();
    let warnings = log.matches("everybody who reaches this address").count();
    assert_eq!(warnings, 3, "{log}");
}

#[test]
fn a_name_that_does_not_resolve_stops_the_start_and_is_named_with_its_key() {
    for (key, settings) in [
        (
            "distributor.receivers.otlp.protocols.grpc.endpoint",
            json!({ "distributor": { "receivers": { "otlp": { "protocols": { "grpc": { "endpoint": "nobody.invalid:4317" } } } } } }),
        ),
        (
            "distributor.receivers.otlp.protocols.http.endpoint",
            json!({ "distributor": { "receivers": { "otlp": { "protocols": { "http": { "endpoint": "nobody.invalid:4318" } } } } } }),
        ),
        (
            "server.http_listen_address",
            json!({ "server": { "http_listen_address": "nobody.invalid" } }),
        ),
    ] {
        let failure = ServerConfig::new()
            .with(&settings)
            .try_start()
            .err()
            .expect("it does not start");
        assert!(
            failure.contains(key) && failure.contains("the name nobody.invalid does not resolve"),
            "{failure}"
        );
    }
}

#[test]
fn validate_takes_a_name_that_does_not_resolve_here() {
    let folder = tempfile::tempdir().unwrap();
    let text = "distributor: {receivers: {otlp: {protocols: {grpc: {endpoint: 'tempo.invalid:4317'}}}}}";
    let validated = run_binary(&["validate", config_file(folder.path(), text).to_str().unwrap()]);
    assert!(validated.status.success(), "{validated:?}");
}
