//! A wall clock that is set by an hour while the server runs: halves meet, counters go on, and no samples are missing.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;

use super::{PATIENCE, calls, durable, wait_for_calls};
use crate::harness::otlp::{GrpcSender, Sender};
use crate::harness::spans::{SpanExt, of_service, pair, request, span};
use crate::harness::until::check;
use crate::harness::{RemoteWriteReceiver, Server, until};
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;

const HOUR: i64 = 3_600;

/// What lets a process see another wall clock.
const LIBRARIES: [&str; 3] = [
    "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
    "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1",
    "/usr/lib/faketime/libfaketimeMT.so.1",
];

/// A wall clock that the test sets.
struct WallClock {
    offset: PathBuf,
}

impl WallClock {
    fn new(folder: &Path) -> Self {
        let clock = Self {
            offset: folder.join("offset"),
        };
        clock.set(0);
        clock
    }

    /// Shows so many seconds more than the machine's.
    fn set(&self, seconds: i64) {
        std::fs::write(&self.offset, format!("{seconds:+}\n")).unwrap();
    }

    fn server(&self, state: &Path, remote: &RemoteWriteReceiver) -> Server {
        let library = LIBRARIES.iter().find(|library| Path::new(library).exists());
        let library = library.expect("scripts/install-test-packages.sh installs libfaketime");
        // Spans are of the machine's time, whatever the server sees.
        let slack = json!({ "metrics_generator": { "metrics_ingestion_time_range_slack": "3h" } });
        let config = durable(state, remote).with(&slack);
        config
            .environment("LD_PRELOAD", library)
            .environment("FAKETIME_TIMESTAMP_FILE", self.offset.to_str().unwrap())
            .environment("FAKETIME_NO_CACHE", "1")
            .environment("FAKETIME_DONT_FAKE_MONOTONIC", "1")
            .start()
    }
}

fn half(
    id: u64,
    kind: SpanKind,
    service: &str,
) -> opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest {
    let one = span(100, id, kind).lasting(Duration::from_millis(100));
    let one = if id == 1 { one } else { one.parent(1) };
    request(vec![of_service(service, vec![one])])
}

/// Waits until two samples came whose times are so many seconds from the machine's.
fn wait_for_samples_at(offset: i64, remote: &RemoteWriteReceiver) {
    until("samples come by the new time", PATIENCE, || {
        let now = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap();
        let at = (i64::try_from(now.as_millis()).unwrap()) + offset * 1_000;
        let samples = calls(remote);
        let near = samples
            .iter()
            .filter(|sample| (sample.timestamp - at).abs() < 10_000)
            .count();
        check(near >= 2, || format!("{near} of {samples:?}"))
    });
}

fn set_by_an_hour(direction: i64) {
    let (folder, remote) = (tempfile::tempdir().unwrap(), RemoteWriteReceiver::start());
    let clock = WallClock::new(folder.path());
    let server = clock.server(&folder.path().join("state"), &remote);
    let mut sender = GrpcSender::connect(&server.otlp_grpc());
    sender.deliver(pair(1));
    wait_for_calls_now(&remote, 1.0);
    sender.deliver(half(1, SpanKind::Client, "shop"));
    clock.set(direction * HOUR);
    until("the server notices", PATIENCE, || {
        let steps = server
            .own_metrics()
            .sum("spangraph_clock_steps_total", &[("outcome", "shifted")]);
        check(steps == 1.0, || format!("{steps}"))
    });
    sender.deliver(half(2, SpanKind::Server, "cart"));
    until("the halves met", PATIENCE, || {
        let newest = calls(&remote)
            .iter()
            .map(|sample| sample.value)
            .fold(0.0, f64::max);
        check(newest == 2.0, || format!("{newest}"))
    });
    wait_for_samples_at(direction * HOUR, &remote);
    let own = server.own_metrics();
    assert_eq!(own.sum("spangraph_epoch_samples_dropped_total", &[]), 0.0);
    assert_eq!(own.sum("spangraph_remote_write_samples_dropped_total", &[]), 0.0);
    let expired = own.sum("spangraph_edges_expired_total", &[]);
    assert_eq!(expired, 0.0);
}

fn wait_for_calls_now(remote: &RemoteWriteReceiver, wanted: f64) {
    wait_for_calls(remote, wanted);
    wait_for_samples_at(0, remote);
}

#[test]
fn a_wall_clock_that_is_set_forward_by_an_hour_costs_no_half_and_no_sample() {
    set_by_an_hour(1);
}

#[test]
fn a_wall_clock_that_is_set_back_by_an_hour_costs_no_half_and_no_sample() {
    set_by_an_hour(-1);
}
