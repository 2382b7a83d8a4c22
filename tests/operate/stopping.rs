//! Stopping: what was taken reaches the remote, and a second signal ends the wait.

use std::thread;
use std::time::Duration;

use rustix::process::Signal;
use serde_json::json;

use crate::harness::otlp::{GrpcSender, Sender};
use crate::harness::spans::pair;
use crate::harness::until::check;
use crate::harness::{Behaviour, RemoteWriteReceiver, ServerConfig, until};

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
    let (remote, mut server) = server_with_hanging_remote("2s");
    let status = server.stop();
    assert!(status.code().is_some(), "it ended by itself: {status}");
    remote.behave(Behaviour::Accept);
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
    server.process.wait(Duration::from_secs(2));
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
    server.process.wait(Duration::from_secs(2));
}

/// A server with samples under way to a remote that never answers.
fn server_with_hanging_remote(deadline: &str) -> (RemoteWriteReceiver, crate::harness::Server) {
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
