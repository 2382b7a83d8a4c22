//! Spans keep coming while the configuration is loaded again and again: none is lost, and no edge.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use super::load::{self, Load, Outcome, WORKERS};
use super::{MAX_ITEMS, TENANT, check_identity, received, service_graphs};
use crate::harness::until::check;
use crate::harness::{RemoteWriteReceiver, Server, ServerConfig, until};

/// Settings that differ in all that running tenants can follow; `second` comes and goes.
fn variant(number: usize, first: &str, second: &str) -> Value {
    let dimensions = [json!([]), json!(["db.name"]), json!(["peer.service", "db.name"])];
    let endpoint = |url: &str| json!({ "url": url });
    let mut endpoints = vec![endpoint(first)];
    if number % 2 == 1 {
        endpoints.push(endpoint(second));
    }
    json!({
        "metrics_generator": {
            "processor": { "service_graphs": {
                "dimensions": dimensions[number % 3],
                "enable_client_server_prefix": number % 4 > 1,
                "histogram_buckets": if number.is_multiple_of(5) { [0.1, 1.0] } else { [0.2, 2.0] },
                "wait": if number.is_multiple_of(2) { "15s" } else { "20s" },
                "max_items": MAX_ITEMS,
            } },
            "storage": { "remote_write": endpoints },
        },
        "overrides": { "defaults": { "metrics_generator": {
            "processors": if number % 3 == 2 { json!(["service-graphs", "span-metrics"]) } else { json!(["service-graphs"]) },
            "max_active_series": 100_000 + number,
        } } },
    })
}

#[test]
fn reloads_under_load_lose_no_span_and_no_edge() {
    let (first, second) = (RemoteWriteReceiver::start(), RemoteWriteReceiver::start());
    let base = service_graphs(&json!({ "wait": "15s", "max_items": MAX_ITEMS }));
    let server = ServerConfig::new().with(&base).remote_write(&first.url()).start();
    let write = |number| server.write_config(&variant(number, &first.url(), &second.url()));
    let (outcome, reloads) = load_while_reloading(&server, write);
    assert!(reloads >= 2, "only {reloads} reloads fell into the load");
    assert_eq!(outcome.refused(), 0, "nothing may be refused here");
    until("nothing waits any more", Duration::from_secs(90), || {
        let pending = server
            .own_metrics()
            .sum("spangraph_pending_half_edges", &[TENANT]);
        check(pending == 0.0, || format!("{pending} halves wait"))
    });
    let own = server.own_metrics();
    check_identity(&own, &outcome);
    let expected = expected_edges(&outcome);
    assert_eq!(own.sum("spangraph_edges_total", &[TENANT]), expected);
    check_written(&server, &first, expected);
    assert!(received(&own) > 0.0);
}

/// Loads the files that `write` writes for as long as a load is sent, and answers how many fell into it.
fn load_while_reloading(server: &Server, write: impl Fn(usize) + Sync) -> (Outcome, u32) {
    let sending = AtomicBool::new(true);
    let reload_all = || {
        let (mut number, mut under_load) = (0, 0);
        while sending.load(Ordering::Relaxed) || number < 8 {
            write(number);
            reload(server);
            number += 1;
            under_load += u32::from(sending.load(Ordering::Relaxed));
        }
        under_load
    };
    let load = Load {
        rounds: 40,
        paced: false,
    };
    thread::scope(|scope| {
        let reloading = scope.spawn(reload_all);
        let outcome = load.send(server);
        sending.store(false, Ordering::Relaxed);
        (outcome, reloading.join().unwrap())
    })
}

/// Those of whole calls, and those of halves that stay alone.
fn expected_edges(outcome: &Outcome) -> f64 {
    let paired: f64 = outcome.edges().values().sum();
    let alone = |worker| f64::from(outcome.accepted_of(worker) * (load::PEERS + load::ROOTS));
    paired + (0..WORKERS).map(alone).sum::<f64>()
}

pub(super) fn reload(server: &Server) {
    let loaded = || {
        let own = server.own_metrics();
        own.sum("spangraph_config_last_reload_success_timestamp_seconds", &[])
    };
    let before = loaded();
    server.hang_up();
    until(
        "the configuration is loaded again",
        Duration::from_secs(20),
        || check(loaded() > before, || "it is not".to_owned()),
    );
}

/// The increases of all request totals that the endpoint took, with their ends and new beginnings.
pub(super) fn check_written(server: &Server, remote: &RemoteWriteReceiver, edges: f64) {
    until("every edge is written", Duration::from_secs(20), || {
        let increases = increases(remote);
        check(increases == edges, || format!("{increases} of {edges}"))
    });
    let own = server.own_metrics();
    for lost in ["samples_failed", "samples_dropped"] {
        let name = format!("spangraph_remote_write_{lost}_total");
        assert_eq!(own.sum(&name, &[]), 0.0, "{name}");
    }
}

fn increases(remote: &RemoteWriteReceiver) -> f64 {
    let mut total = 0.0;
    for ((_, labels), samples) in remote.samples() {
        if labels.get("__name__").map(String::as_str) != Some("traces_service_graph_request_total") {
            continue;
        }
        let mut times = BTreeMap::new();
        let mut before = 0.0;
        for sample in samples {
            let again = times.insert(sample.timestamp, sample.value);
            assert!(
                again.is_none(),
                "{labels:?} has two samples at {}",
                sample.timestamp
            );
            if sample.value.is_nan() {
                before = 0.0;
                continue;
            }
            total += if sample.value < before {
                sample.value
            } else {
                sample.value - before
            };
            before = sample.value;
        }
        assert!(
            times.keys().is_sorted(),
            "samples of one series come in order: {labels:?}"
        );
    }
    total
}
