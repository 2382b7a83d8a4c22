//! State that outlives the process: what is seen of it through a store, over kills and restarts.

mod clocks;
mod folders;
mod graphs;
mod kills;
mod logged;
mod outages;
mod scrapes;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::harness::otlp::{GrpcSender, Sender};
use crate::harness::spans::{SpanExt, of_service, pair, request, span};
use crate::harness::until::check;
use crate::harness::{RemoteWriteReceiver, Server, ServerConfig, until};
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use spangraph_test_support::remote_write::Sample;

const PATIENCE: Duration = Duration::from_secs(30);

/// A server that keeps its state in `folder`, has an epoch each second, and writes to `remote`.
fn durable(folder: &Path, remote: &RemoteWriteReceiver) -> ServerConfig {
    ServerConfig::new()
        .remote_write(&remote.url())
        .with(&settings(folder))
}

fn settings(folder: &Path) -> Value {
    json!({
        "metrics_generator": {
            "registry": { "collection_interval": "1s" },
            "processor": { "service_graphs": { "wait": "20s" } },
        },
        "spangraph": {
            "durability": { "mode": "epochs", "path": folder, "interval": "1s" },
            "instance_label": { "enabled": false },
        },
    })
}

/// Ends the process as a power failure would.
fn kill(server: &mut Server) {
    server.process.signal(Signal::KILL);
    server.process.wait(PATIENCE);
}

/// The samples of the counter of calls between the two services, by their times. What was not known to be taken when a
/// process was killed comes again, with the same value.
fn calls(remote: &RemoteWriteReceiver) -> Vec<Sample> {
    let of_calls = |labels: &BTreeMap<String, String>| {
        labels
            .get("__name__")
            .is_some_and(|name| name == "traces_service_graph_request_total")
    };
    let samples = remote.samples().into_iter();
    let found = samples.filter(|((_, labels), _)| of_calls(labels));
    let mut by_time = BTreeMap::new();
    for sample in found.flat_map(|(_, samples)| samples) {
        let first = by_time.entry(sample.timestamp).or_insert(sample);
        assert_eq!(
            first.value.to_bits(),
            sample.value.to_bits(),
            "a sample came with two values"
        );
    }
    by_time.into_values().collect()
}

fn wait_for_calls(remote: &RemoteWriteReceiver, calls_wanted: f64) {
    until("the store has all calls", PATIENCE, || {
        let last = calls(remote).last().map(|sample| sample.value);
        check(last == Some(calls_wanted), || format!("{last:?}"))
    });
}

/// Waits until what was sent so far is on the disk.
fn wait_for_epoch(server: &Server) {
    let epochs = || server.own_metrics().sum("spangraph_epochs_total", &[]);
    let before = epochs();
    // The one that is under way may have been cut before.
    until("two more epochs were made", PATIENCE, || {
        let now = epochs();
        check(now >= before + 2.0, || format!("{now}"))
    });
}

fn assert_never_falls(samples: &[Sample]) {
    for pair in samples.windows(2) {
        assert!(pair[0].value <= pair[1].value, "{samples:?}");
    }
}

#[test]
fn a_counter_goes_on_after_a_kill_where_the_last_epoch_was() {
    let (folder, remote) = (tempfile::tempdir().unwrap(), RemoteWriteReceiver::start());
    let mut server = durable(folder.path(), &remote).start();
    let mut sender = GrpcSender::connect(&server.otlp_grpc());
    (1..=7).for_each(|trace| sender.deliver(pair(trace)));
    wait_for_calls(&remote, 7.0);
    kill(&mut server);
    let server = durable(folder.path(), &remote).start();
    let mut sender = GrpcSender::connect(&server.otlp_grpc());
    (8..=10).for_each(|trace| sender.deliver(pair(trace)));
    wait_for_calls(&remote, 10.0);
    let samples = calls(&remote);
    assert_never_falls(&samples);
    let zeros = samples.iter().filter(|sample| sample.value == 0.0).count();
    assert!(zeros <= 1, "a restart begins nothing anew: {samples:?}");
}

#[test]
fn halves_of_a_call_meet_although_the_process_was_killed_between_them() {
    let (folder, remote) = (tempfile::tempdir().unwrap(), RemoteWriteReceiver::start());
    let mut server = durable(folder.path(), &remote).start();
    let client = span(1, 1, SpanKind::Client).lasting(Duration::from_millis(300));
    GrpcSender::connect(&server.otlp_grpc()).deliver(request(vec![of_service("shop", vec![client])]));
    wait_for_epoch(&server);
    kill(&mut server);
    let server = durable(folder.path(), &remote).start();
    let waiting = server.own_metrics().sum("spangraph_pending_half_edges", &[]);
    assert_eq!(waiting, 1.0);
    let other = span(1, 2, SpanKind::Server)
        .parent(1)
        .lasting(Duration::from_millis(150));
    GrpcSender::connect(&server.otlp_grpc()).deliver(request(vec![of_service("cart", vec![other])]));
    wait_for_calls(&remote, 1.0);
    until("nothing waits any more", PATIENCE, || {
        let waiting = server.own_metrics().sum("spangraph_pending_half_edges", &[]);
        check(waiting == 0.0, || format!("{waiting}"))
    });
}

#[test]
fn a_stop_in_order_keeps_all_and_the_next_start_goes_on() {
    let (folder, remote) = (tempfile::tempdir().unwrap(), RemoteWriteReceiver::start());
    for round in 1..=3_u32 {
        let mut server = durable(folder.path(), &remote).start();
        let mut sender = GrpcSender::connect(&server.otlp_grpc());
        sender.deliver(pair(u64::from(round)));
        let status = server.stop();
        assert_eq!(status.code(), Some(0), "{}", server.process.log());
        assert_eq!(calls(&remote).last().unwrap().value, f64::from(round));
    }
    assert_never_falls(&calls(&remote));
}

#[test]
fn what_came_after_the_last_epoch_is_lost_whole_and_counts_when_it_is_sent_again() {
    let (folder, remote) = (tempfile::tempdir().unwrap(), RemoteWriteReceiver::start());
    let mut server = durable(folder.path(), &remote).start();
    let mut sender = GrpcSender::connect(&server.otlp_grpc());
    for trace in 1..=200 {
        sender.deliver(pair(trace));
    }
    kill(&mut server);
    let kept = calls(&remote).last().map_or(0.0, |sample| sample.value);
    let server = durable(folder.path(), &remote).start();
    wait_for_epoch(&server);
    let after = calls(&remote).last().map_or(0.0, |sample| sample.value);
    assert!((kept..=200.0).contains(&after), "{kept} {after}");
    GrpcSender::connect(&server.otlp_grpc()).deliver(pair(201));
    wait_for_calls(&remote, after + 1.0);
    assert_never_falls(&calls(&remote));
}

#[test]
fn settings_that_changed_over_the_restart_go_the_way_of_a_reload() {
    let (folder, remote) = (tempfile::tempdir().unwrap(), RemoteWriteReceiver::start());
    let mut server = durable(folder.path(), &remote).start();
    GrpcSender::connect(&server.otlp_grpc()).deliver(pair(1));
    wait_for_calls(&remote, 1.0);
    kill(&mut server);
    let other = json!({ "metrics_generator": { "registry": { "external_labels": { "region": "eu" } } } });
    let server = durable(folder.path(), &remote).with(&other).start();
    until("the series under the old labels has ended", PATIENCE, || {
        let last = calls(&remote).last().map(|sample| sample.value.to_bits());
        check(last == Some(0x7ff0_0000_0000_0002), || format!("{last:?}"))
    });
    GrpcSender::connect(&server.otlp_grpc()).deliver(pair(2));
    until("the one under the new labels has begun", PATIENCE, || {
        let is_new = |labels: &BTreeMap<String, String>| {
            labels.get("region").is_some_and(|region| region == "eu")
                && labels["__name__"] == "traces_service_graph_request_total"
        };
        let samples = remote.samples();
        let new = samples.iter().find(|((_, labels), _)| is_new(labels));
        let last = new
            .and_then(|(_, samples)| samples.last())
            .map(|sample| sample.value);
        check(last == Some(1.0), || format!("{last:?}"))
    });
}
