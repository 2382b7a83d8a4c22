//! Stopping: what was taken reaches the remote, and a second signal ends the wait.

use std::thread;
use std::time::{Duration, Instant};

use prost::Message as _;
use rustix::process::Signal;
use serde_json::json;

use crate::harness::otlp::{ALL_ACCEPTED, GrpcSender, PROTOBUF, Sender};
use crate::harness::spans::pair;
use crate::harness::until::check;
use crate::harness::{Behaviour, RemoteWriteReceiver, Server, ServerConfig, until};

#[test]
fn what_was_taken_just_before_the_signal_reaches_the_remote() {
    let remote = RemoteWriteReceiver::start();
    let slow = json!({ "metrics_generator": { "registry": { "collection_interval": "1h" } } });
    let mut server = ServerConfig::new()
        .remote_write(&remote.url())
        .with(&slow)
        .start();
    let mut sender = GrpcSender::connect(&server.otlp_grpc());
    (1..=100).for_each(|trace| sender.deliver(pair(trace)));
    let status = server.stop();
    assert_eq!(status.code(), Some(0), "{}", server.process.log());
    let samples = remote.samples();
    let counter = samples
        .iter()
        .find(|((_, labels), _)| labels["__name__"] == "traces_service_graph_request_total");
    let (_, samples) = counter.expect("the counter was flushed");
    assert_eq!(samples.last().unwrap().value, 100.0);
}

#[test]
fn a_remote_that_hangs_holds_the_stop_no_longer_than_the_deadline() {
    let (_remote, mut server) = server_with_hanging_remote("2s");
    let begun = Instant::now();
    let status = server.stop();
    assert_eq!(status.code(), Some(1), "samples were lost");
    let took = begun.elapsed();
    assert!(took >= Duration::from_secs(2), "it gave up too early: {took:?}");
    let log = server.process.log();
    assert!(
        log.contains("samples were not taken by an endpoint in time"),
        "{log}"
    );
}

#[test]
fn remotes_of_many_tenants_that_hang_are_waited_for_side_by_side() {
    const TENANTS: u64 = 30;
    let remote = RemoteWriteReceiver::start();
    remote.behave(Behaviour::Hang);
    let mut server = ServerConfig::new()
        .remote_write(&remote.url())
        .with(&json!({
            "multitenancy_enabled": true,
            "metrics_generator": { "storage": { "remote_write_flush_deadline": "3s" } },
        }))
        .start();
    let mut sender = GrpcSender::connect(&server.otlp_grpc());
    for tenant in 1..=TENANTS {
        let answer = sender.send_as(Some(&format!("tenant-{tenant}")), pair(tenant));
        assert_eq!(answer, ALL_ACCEPTED);
    }
    server.process.signal(Signal::TERM);
    // One after the other they would take 90 s.
    let status = server.process.wait(Duration::from_secs(45));
    assert_eq!(status.code(), Some(1), "samples were lost");
}

#[test]
fn a_deadline_shorter_than_that_of_the_writers_holds_all_the_same() {
    let remote = RemoteWriteReceiver::start();
    remote.behave(Behaviour::Hang);
    let mut server = ServerConfig::new()
        .remote_write(&remote.url())
        .with(&json!({
            "metrics_generator": { "storage": { "remote_write_flush_deadline": "10m" } },
            "spangraph": { "stop": { "deadline": "4s" } },
        }))
        .start();
    GrpcSender::connect(&server.otlp_grpc()).deliver(pair(1));
    until("a request is under way", Duration::from_secs(10), || {
        check(!remote.requests().is_empty(), || "nothing came".to_owned())
    });
    assert_eq!(server.stop().code(), Some(1), "samples were lost");
    let log = server.process.log();
    assert!(
        log.contains("samples were not taken by an endpoint in time"),
        "{log}"
    );
}

#[test]
fn an_ingest_actor_that_hangs_does_not_hold_the_stop() {
    assert_stops_with_stuck("ingest 0");
}

#[test]
fn a_matcher_that_hangs_does_not_hold_the_stop() {
    assert_stops_with_stuck("matcher 0");
}

#[test]
fn an_aggregator_that_hangs_does_not_hold_the_stop() {
    assert_stops_with_stuck("aggregator single-tenant");
}

#[test]
fn a_writer_that_hangs_does_not_hold_the_stop() {
    assert_stops_with_stuck("writer single-tenant/store");
}

#[test]
fn a_timer_that_hangs_does_not_hold_the_stop() {
    assert_stops_with_stuck("timer");
}

#[test]
fn a_stop_that_itself_hangs_is_ended_at_the_deadline() {
    let mut server = server_with_stuck("stop");
    let begun = Instant::now();
    assert_eq!(server.stop().code(), Some(1));
    assert!(
        begun.elapsed() >= Duration::from_secs(5),
        "not before its deadline"
    );
    let log = server.process.log();
    assert!(log.contains("the stop did not end by its deadline"), "{log}");
    assert!(log.contains("receivers"), "the step is named: {log}");
}

#[test]
fn a_second_signal_ends_a_stop_that_itself_hangs() {
    let mut server = server_with_stuck("stop");
    server.process.signal(Signal::TERM);
    until("it stops", Duration::from_secs(5), || {
        let answer = reqwest::blocking::get(server.page("/ready"));
        check(!answer.is_ok_and(|answer| answer.status().is_success()), || {
            "/ready still answers 200".to_owned()
        })
    });
    server.process.signal(Signal::TERM);
    assert_eq!(server.process.wait(Duration::from_secs(4)).code(), Some(130));
}

/// The server ends by its deadline with status 1, and its log names the `actor` that hangs.
fn assert_stops_with_stuck(actor: &str) {
    let mut server = server_with_stuck(actor);
    // An ingest actor that hangs never answers; everybody else has time to on a busy machine.
    let answers = !actor.starts_with("ingest");
    let answer = reqwest::blocking::Client::new()
        .post(format!("{}/v1/traces", server.otlp_http()))
        .header("content-type", PROTOBUF)
        .timeout(Duration::from_secs(if answers { 20 } else { 2 }))
        .body(pair(1).encode_to_vec())
        .send();
    assert_eq!(answer.is_ok(), answers, "{answer:?}");
    // Time for the collection that a writer hangs at.
    thread::sleep(Duration::from_secs(3));
    assert_eq!(
        server.process.exited(),
        None,
        "it runs on: {}",
        server.process.log()
    );
    let status = server.stop();
    let log = server.process.log();
    assert_eq!(status.code(), Some(1), "{log}");
    let names_it = |line: &str| line.contains("could not be drained") && line.contains(actor);
    assert!(log.lines().any(names_it), "{log}");
    assert!(
        log.contains("does not end and is left behind"),
        "its thread is told of: {log}"
    );
}

/// A server in which `actor` hangs at its first message, with 6 s to stop.
fn server_with_stuck(actor: &str) -> Server {
    let store = json!([{ "url": "http://127.0.0.1:1/", "name": "store" }]);
    ServerConfig::new()
        .environment("SPANGRAPH_FAULT_STUCK", actor)
        .with(&json!({
            "metrics_generator": { "storage": { "remote_write": store, "remote_write_flush_deadline": "1s" } },
            "spangraph": {
                "stop": { "deadline": "6s" },
                "ingest": { "actors": 1 },
                "matcher": { "shards": 1 },
            },
        }))
        .start()
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let (_remote, mut server) = server_with_hanging_remote("60s");
    server.process.signal(Signal::TERM);
    thread::sleep(Duration::from_secs(1));
    assert_eq!(
        server.process.exited(),
        None,
        "it waits for the remote: {}",
        server.process.log()
    );
    server.process.signal(Signal::TERM);
    assert_eq!(server.process.wait(Duration::from_secs(10)).code(), Some(130));
}

#[test]
fn while_it_stops_it_says_so_and_takes_nothing_more() {
    let (_remote, mut server) = server_with_hanging_remote("60s");
    server.process.signal(Signal::INT);
    until("it is not ready any more", Duration::from_secs(5), || {
        let answer = reqwest::blocking::get(server.page("/ready"));
        check(!answer.is_ok_and(|answer| answer.status().is_success()), || {
            "/ready still answers 200".to_owned()
        })
    });
    until("it takes no connections", Duration::from_secs(5), || {
        let answer = reqwest::blocking::Client::new()
            .post(format!("{}/v1/traces", server.otlp_http()))
            .send();
        check(!answer.is_ok_and(|answer| answer.status().is_success()), || {
            "spans are still taken".to_owned()
        })
    });
    server.process.signal(Signal::INT);
    assert_eq!(server.process.wait(Duration::from_secs(10)).code(), Some(130));
}

/// A server with samples under way to a remote that never answers.
fn server_with_hanging_remote(deadline: &str) -> (RemoteWriteReceiver, Server) {
    let remote = RemoteWriteReceiver::start();
    remote.behave(Behaviour::Hang);
    let flush = json!({ "metrics_generator": { "storage": { "remote_write_flush_deadline": deadline } } });
    let server = ServerConfig::new()
        .remote_write(&remote.url())
        .with(&flush)
        .start();
    GrpcSender::connect(&server.otlp_grpc()).deliver(pair(1));
    until("a request is under way", Duration::from_secs(10), || {
        check(!remote.requests().is_empty(), || "nothing came".to_owned())
    });
    (remote, server)
}
