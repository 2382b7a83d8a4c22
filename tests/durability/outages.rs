//! A store that is away: what it did not take waits on the disk.

use std::time::Duration;

use rustix::process::Signal;
use spangraph_test_support::remote_write::Sample;

use super::{PATIENCE, assert_never_falls, calls, durable, kill, wait_for_calls, wait_for_epoch};
use crate::harness::otlp::{GrpcSender, Sender};
use crate::harness::spans::pair;
use crate::harness::until::check;
use crate::harness::{Behaviour, RemoteWriteReceiver, Server, until};

#[test]
fn samples_that_the_store_did_not_take_are_sent_after_a_kill_in_order_and_none_is_missing() {
    let (folder, remote) = (tempfile::tempdir().unwrap(), RemoteWriteReceiver::start());
    remote.behave(Behaviour::Answer(503));
    let mut server = durable(folder.path(), &remote).start();
    let mut cuts = Vec::new();
    for trace in 1..=3 {
        GrpcSender::connect(&server.otlp_grpc()).deliver(pair(trace));
        wait_for_epoch(&server);
        cuts.push(trace);
    }
    assert!(calls(&remote).is_empty());
    kill(&mut server);
    remote.behave(Behaviour::Accept);
    let _server = durable(folder.path(), &remote).start();
    wait_for_calls(&remote, 3.0);
    let samples = calls(&remote);
    assert_never_falls(&samples);
    for value in [1.0, 2.0, 3.0] {
        let is_there = samples.iter().any(|sample| sample.value == value);
        assert!(
            is_there,
            "{value} was collected while the store was away: {samples:?}"
        );
    }
}

#[test]
fn a_stop_while_the_store_is_away_loses_nothing() {
    let (folder, remote) = (tempfile::tempdir().unwrap(), RemoteWriteReceiver::start());
    remote.behave(Behaviour::Answer(503));
    let deadline = serde_json::json!({
        "metrics_generator": { "storage": { "remote_write_flush_deadline": "1s" } },
    });
    let mut server = durable(folder.path(), &remote).with(&deadline).start();
    GrpcSender::connect(&server.otlp_grpc()).deliver(pair(1));
    let status = server.stop();
    assert_eq!(
        status.code(),
        Some(0),
        "nothing is lost: {}",
        server.process.log()
    );
    remote.behave(Behaviour::Accept);
    let _server = durable(folder.path(), &remote).start();
    wait_for_calls(&remote, 1.0);
}

#[test]
fn who_leaves_at_once_is_told_that_only_what_came_since_the_last_epoch_is_lost() {
    let (folder, remote) = (tempfile::tempdir().unwrap(), RemoteWriteReceiver::start());
    remote.behave(Behaviour::Hang);
    let mut server = durable(folder.path(), &remote).start();
    GrpcSender::connect(&server.otlp_grpc()).deliver(pair(1));
    wait_for_epoch(&server);
    server.process.signal(Signal::TERM);
    until("it stops", PATIENCE, || {
        let log = server.process.log();
        check(log.contains("stopping"), || log)
    });
    server.process.signal(Signal::TERM);
    assert_eq!(server.process.wait(PATIENCE).code(), Some(130));
    let log = server.process.log();
    let line = log.lines().find(|line| line.contains("second signal")).unwrap();
    assert!(line.contains("lost=\"what came since the last epoch\""), "{line}");
}

#[test]
fn what_the_store_took_is_not_sent_again_after_a_stop_in_order() {
    let (folder, remote) = (tempfile::tempdir().unwrap(), RemoteWriteReceiver::start());
    let mut server = durable(folder.path(), &remote).start();
    GrpcSender::connect(&server.otlp_grpc()).deliver(pair(1));
    wait_for_calls(&remote, 1.0);
    server.stop();
    let before = calls(&remote);
    let server = durable(folder.path(), &remote).start();
    wait_for_epoch(&server);
    std::thread::sleep(Duration::from_millis(200));
    let after = calls(&remote);
    let times: Vec<_> = after.iter().map(|sample| sample.timestamp).collect();
    let mut distinct = times.clone();
    distinct.dedup();
    assert_eq!(times, distinct, "a sample came twice");
    assert!(after.len() > before.len());
}

#[test]
fn samples_of_an_endpoint_that_was_renamed_are_told_of() {
    let (folder, remote) = (tempfile::tempdir().unwrap(), RemoteWriteReceiver::start());
    remote.behave(Behaviour::Answer(503));
    let mut server = durable(folder.path(), &remote).start();
    GrpcSender::connect(&server.otlp_grpc()).deliver(pair(1));
    wait_for_epoch(&server);
    kill(&mut server);
    let server = durable(folder.path(), &remote).with(&renamed(&remote)).start();
    assert_unclaimed_are_told_of(&server);
}

#[test]
fn samples_of_an_endpoint_that_a_reload_renames_are_told_of_and_sent_when_it_is_named_so_again() {
    let (folder, remote) = (tempfile::tempdir().unwrap(), RemoteWriteReceiver::start());
    remote.behave(Behaviour::Answer(503));
    let server = durable(folder.path(), &remote).start();
    GrpcSender::connect(&server.otlp_grpc()).deliver(pair(1));
    wait_for_epoch(&server);
    let cut = server
        .own_metrics()
        .sum("spangraph_epoch_cut_timestamp_seconds", &[]);
    server.write_config(&renamed(&remote));
    assert_eq!(server.reload()["error"], serde_json::Value::Null);
    assert_unclaimed_are_told_of(&server);
    server.write_config(&serde_json::json!({}));
    assert_eq!(server.reload()["error"], serde_json::Value::Null);
    until(
        "only what was collected under the other name is told of",
        PATIENCE,
        || {
            let (all, renamed) = (
                unclaimed(&server, &[]),
                unclaimed(&server, &[("endpoint", "renamed")]),
            );
            check(renamed > 0.0 && all == renamed, || format!("{renamed} of {all}"))
        },
    );
    remote.behave(Behaviour::Accept);
    wait_for_calls(&remote, 1.0);
    let earlier =
        |sample: &Sample| Duration::from_millis(sample.timestamp.unsigned_abs()).as_secs_f64() <= cut;
    until("what was collected before is there", PATIENCE, || {
        let samples = calls(&remote);
        check(samples.iter().any(earlier), || format!("{samples:?}"))
    });
    assert_never_falls(&calls(&remote));
}

fn renamed(remote: &RemoteWriteReceiver) -> serde_json::Value {
    let endpoint = serde_json::json!({ "name": "renamed", "url": remote.url() });
    serde_json::json!({ "metrics_generator": { "storage": { "remote_write": [endpoint] } } })
}

fn unclaimed(server: &Server, labels: &[(&str, &str)]) -> f64 {
    let metrics = server.own_metrics();
    metrics.sum("spangraph_state_unclaimed_samples", labels)
}

fn assert_unclaimed_are_told_of(server: &Server) {
    until("the metric has them", PATIENCE, || {
        let samples = unclaimed(server, &[("tenant", "single-tenant")]);
        check(samples > 0.0, || format!("{samples}"))
    });
    let status = server.text("/status", "*/*");
    let told = [
        "samples wait for the endpoint",
        "which is not configured",
        "bytes free",
    ];
    assert!(told.iter().all(|words| status.contains(words)), "{status}");
    let log = server.process.log();
    assert!(
        log.contains("samples wait on the disk for an endpoint that is not configured"),
        "{log}"
    );
}
