//! What goes over the wire to a remote, and what happens when the remote does not take it.

use std::thread;
use std::time::Duration;

use serde_json::json;

use crate::harness::otlp::{GrpcSender, Sender};
use crate::harness::spans::pair;
use crate::harness::until::check;
use crate::harness::{Behaviour, RemoteWriteReceiver, Server, ServerConfig, until};

mod seeds;

const REQUESTS: &str = "traces_service_graph_request_total";

fn start() -> (RemoteWriteReceiver, Server, GrpcSender) {
    let remote = RemoteWriteReceiver::start();
    let server = ServerConfig::new().remote_write(&remote.url()).start();
    let sender = GrpcSender::connect(&server.otlp_grpc());
    (remote, server, sender)
}

/// Waits until the remote has taken a sample of the edges' counter with this value.
fn wait_for_edges(remote: &RemoteWriteReceiver, count: f64) {
    until("the counter reaches the remote", Duration::from_secs(20), || {
        let last = counter_samples(remote).last().map(|(_, value)| *value);
        check(last == Some(count), || {
            format!("last sample is {last:?}, not {count}")
        })
    });
}

/// Times and values of the edges' counter that the remote took.
fn counter_samples(remote: &RemoteWriteReceiver) -> Vec<(i64, f64)> {
    let ours = remote
        .samples()
        .into_iter()
        .find(|((_, labels), _)| labels["__name__"] == REQUESTS);
    ours.into_iter()
        .flat_map(|(_, samples)| samples)
        .map(|s| (s.timestamp, s.value))
        .collect()
}

#[test]
fn a_request_has_the_protocols_headers_and_sorted_labels() {
    let (remote, _server, mut sender) = start();
    sender.deliver(pair(1));
    wait_for_edges(&remote, 1.0);
    let requests = remote.requests();
    let request = requests.first().unwrap();
    let expected = [
        ("content-type", "application/x-protobuf"),
        ("content-encoding", "snappy"),
        ("x-prometheus-remote-write-version", "0.1.0"),
    ];
    for (name, value) in expected {
        assert_eq!(
            request.headers.get(name).map(String::as_str),
            Some(value),
            "{name}"
        );
    }
    assert_eq!(request.tenant(), None, "the single tenant has no header");
    assert!(
        request.headers["user-agent"].starts_with("spangraph"),
        "{:?}",
        request.headers
    );
    for series in requests.iter().flat_map(|request| &request.series) {
        assert!(
            series.labels.is_sorted_by(|one, other| one.name < other.name),
            "{:?}",
            series.labels
        );
    }
}

#[test]
fn each_bucket_that_was_hit_carries_the_trace_once() {
    let (remote, _server, mut sender) = start();
    sender.deliver(pair(0xABCD));
    wait_for_edges(&remote, 1.0);
    thread::sleep(Duration::from_millis(2_500));
    let requests = remote.requests();
    let series = requests.iter().flat_map(|request| &request.series);
    let exemplars: Vec<_> = series.flat_map(|series| &series.exemplars).collect();
    assert_eq!(
        exemplars.len(),
        2,
        "one for the client's and one for the server's latency: {exemplars:?}"
    );
    for exemplar in exemplars {
        let trace = &exemplar.labels[0];
        assert_eq!(
            (trace.name.as_str(), trace.value.as_str()),
            ("traceID", "0000000000000000000000000000abcd")
        );
    }
}

#[test]
fn an_endpoint_that_wants_no_exemplars_gets_none_in_native_histograms_either() {
    let (with, without) = (RemoteWriteReceiver::start(), RemoteWriteReceiver::start());
    let endpoints = json!([
        { "url": with.url(), "send_exemplars": true, "name": "with" },
        { "url": without.url(), "name": "without" },
    ]);
    let native = json!({ "defaults": { "metrics_generator": { "generate_native_histograms": "both" } } });
    let settings =
        json!({ "metrics_generator": { "storage": { "remote_write": endpoints } }, "overrides": native });
    let server = ServerConfig::new().with(&settings).start();
    GrpcSender::connect(&server.otlp_grpc()).deliver(pair(0xABCD));
    let (mut histograms, mut exemplars) = ([0, 0], [0, 0]);
    until(
        "both got histograms, and one exemplars",
        Duration::from_secs(20),
        || {
            for (place, remote) in [&with, &without].into_iter().enumerate() {
                let requests = remote.requests();
                let series = || requests.iter().flat_map(|request| &request.series);
                histograms[place] = series().map(|series| series.histograms.len()).sum();
                exemplars[place] = series().map(|series| series.exemplars.len()).sum();
            }
            let have_come = histograms.iter().all(|count| *count > 0) && exemplars[0] >= 4;
            check(have_come, || {
                format!("{histograms:?} histograms and {exemplars:?} exemplars")
            })
        },
    );
    assert_eq!(exemplars[1], 0);
}

#[test]
fn samples_wait_while_the_remote_fails_and_go_out_in_order_afterwards() {
    for behaviour in [Behaviour::Answer(500), Behaviour::TooMany(1)] {
        let (remote, server, mut sender) = start();
        sender.deliver(pair(1));
        wait_for_edges(&remote, 1.0);
        remote.behave(behaviour);
        sender.deliver(pair(2));
        thread::sleep(Duration::from_secs(4));
        remote.behave(Behaviour::Accept);
        wait_for_edges(&remote, 2.0);
        check_order(&remote, 5);
        assert_eq!(
            server
                .own_metrics()
                .sum("spangraph_remote_write_samples_dropped_total", &[]),
            0.0
        );
    }
}

#[test]
fn samples_wait_while_nothing_listens_at_the_remote() {
    let (mut remote, _server, mut sender) = start();
    sender.deliver(pair(1));
    wait_for_edges(&remote, 1.0);
    remote.refuse_connections();
    sender.deliver(pair(2));
    thread::sleep(Duration::from_secs(4));
    remote.listen();
    wait_for_edges(&remote, 2.0);
    check_order(&remote, 5);
}

#[test]
fn redirects_are_followed_with_the_samples() {
    for status in [307, 308] {
        let (remote, server, mut sender) = start();
        remote.behave(Behaviour::Redirect(status));
        sender.deliver(pair(1));
        wait_for_edges(&remote, 1.0);
        let failed = server
            .own_metrics()
            .sum("spangraph_remote_write_samples_failed_total", &[]);
        assert_eq!(failed, 0.0, "{status}");
    }
}

#[test]
fn what_the_remote_refuses_for_good_is_counted_and_not_sent_again() {
    let (remote, server, mut sender) = start();
    remote.behave(Behaviour::Answer(400));
    sender.deliver(pair(1));
    until("the refusal is counted", Duration::from_secs(20), || {
        let failed = server
            .own_metrics()
            .sum("spangraph_remote_write_samples_failed_total", &[]);
        check(failed > 0.0, || format!("{failed} failed samples"))
    });
    remote.behave(Behaviour::Accept);
    wait_for_edges(&remote, 1.0);
    let requests = remote.requests();
    for refused in requests.iter().filter(|request| !request.accepted) {
        let times = requests
            .iter()
            .filter(|other| other.series == refused.series)
            .count();
        assert_eq!(times, 1, "a refused request came again");
    }
}

/// No time comes twice or falls back, and no collection is missing within the `seconds` that trouble lasted.
fn check_order(remote: &RemoteWriteReceiver, seconds: i64) {
    let collected = until("what waited arrives", Duration::from_secs(20), || {
        // The first sample is the seed, which is of no collection.
        let times: Vec<i64> = counter_samples(remote)
            .iter()
            .skip(1)
            .map(|(time, _)| *time)
            .collect();
        let covered = times
            .last()
            .zip(times.first())
            .map_or(0, |(last, first)| last - first);
        if covered >= seconds * 1_000 {
            Ok(times)
        } else {
            Err(format!("{times:?} cover {covered} ms"))
        }
    });
    assert!(
        collected.is_sorted_by(|before, after| before < after),
        "{collected:?}"
    );
    let longest = collected
        .windows(2)
        .map(|two| two[1] - two[0])
        .max()
        .unwrap_or_default();
    assert!(longest < 1_900, "{longest} ms without a sample: {collected:?}");
}
