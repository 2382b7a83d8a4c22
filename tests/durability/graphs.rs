//! The live graph over a restart: its rates are there at the first look, and they are of the time that really passed.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use super::{PATIENCE, kill, settings, wait_for_epoch};
use crate::harness::otlp::{GrpcSender, Sender};
use crate::harness::spans::pair;
use crate::harness::until::check;
use crate::harness::{Server, ServerConfig, until};

fn server(folder: &Path, mode: &str) -> Server {
    let mode = json!({ "spangraph": { "durability": { "mode": mode } } });
    ServerConfig::new().with(&settings(folder)).with(&mode).start()
}

fn graph(server: &Server) -> Value {
    serde_json::from_str(&server.text("/api/v1/graph", "application/json")).unwrap()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("no number: {value}"))
}

/// When the window of `graph` begins, in seconds since the Unix epoch.
fn beginning(graph: &Value) -> f64 {
    number(&graph["taken_unix_milliseconds"]) / 1e3 - number(&graph["window_seconds"])
}

/// Sends calls of five traces, and waits until the graph has a rate for them.
fn begin(server: &Server) -> Value {
    let mut sender = GrpcSender::connect(&server.otlp_grpc());
    (1..=5).for_each(|trace| sender.deliver(pair(trace)));
    until("the calls have a rate", PATIENCE, || {
        let graph = graph(server);
        check(graph["edges"][0]["measures"]["rate"].is_number(), || {
            graph.to_string()
        })
        .map(|()| graph)
    })
}

/// What is seen first after a restart, of calls of so many traces that were sent since the graph was seen as in `before`.
fn assert_goes_on(first: &Value, before: &Value, sent: f64) {
    let edge = &first["edges"][0];
    assert_eq!(
        (&edge["client"], &edge["server"]),
        (&json!("shop"), &json!("cart"))
    );
    let (calls, rate) = (
        number(&edge["measures"]["calls"]),
        number(&edge["measures"]["rate"]),
    );
    assert!(calls >= sent && calls <= 5.0 + sent, "{first}");
    assert!(
        (rate - calls / number(&first["window_seconds"])).abs() < 1e-9,
        "{first}"
    );
    assert!(number(&edge["measures"]["p50_seconds"]) > 0.1, "{first}");
    // As wide as if there had been no restart: down to the oldest reading of before.
    assert!(
        (beginning(first) - beginning(before)).abs() < 0.1,
        "{first} {before}"
    );
}

#[test]
fn after_a_stop_and_a_start_the_graph_has_its_rates_at_once() {
    for mode in ["epochs", "log"] {
        let folder = tempfile::tempdir().unwrap();
        let mut first = server(folder.path(), mode);
        let before = begin(&first);
        let mut sender = GrpcSender::connect(&first.otlp_grpc());
        (6..=12).for_each(|trace| sender.deliver(pair(trace)));
        assert_eq!(first.stop().code(), Some(0), "{}", first.process.log());
        std::thread::sleep(Duration::from_secs(2));
        let second = server(folder.path(), mode);
        assert_goes_on(&graph(&second), &before, 7.0);
    }
}

#[test]
fn after_a_kill_the_graph_has_the_rates_of_the_last_epoch() {
    for mode in ["epochs", "log"] {
        let folder = tempfile::tempdir().unwrap();
        let mut first = server(folder.path(), mode);
        let before = begin(&first);
        wait_for_epoch(&first);
        kill(&mut first);
        let second = server(folder.path(), mode);
        assert_goes_on(&graph(&second), &before, 0.0);
    }
}
