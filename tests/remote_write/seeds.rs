//! Seeds that a remote does not take: all values arrive, in order, soon and without a hole.

use std::thread;
use std::time::{Duration, Instant};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use serde_json::json;

use crate::harness::otlp::{GrpcSender, Sender};
use crate::harness::spans::{SpanExt, of_service, request, span};
use crate::harness::until::check;
use crate::harness::{Behaviour, RemoteWriteReceiver, ServerConfig, until};

const EDGES: u32 = 21;

/// A request with a call to each of the services `s-1` to `s-21`.
fn calls(first_trace: u64) -> ExportTraceServiceRequest {
    let edges = 1..=u64::from(EDGES);
    let pairs = edges.flat_map(|edge| {
        let trace = first_trace + edge;
        let client = span(trace, 1, SpanKind::Client);
        let server = span(trace, 2, SpanKind::Server).parent(1);
        [
            of_service("shop", vec![client]),
            of_service(&format!("s-{edge}"), vec![server]),
        ]
    });
    request(pairs.collect())
}

fn check_values_arrive(behaviour: Behaviour) {
    let remote = RemoteWriteReceiver::start();
    remote.behave(behaviour);
    // Only counters, of which a 0 is always a seed.
    let counters = json!({ "overrides": { "defaults": { "metrics_generator": {
        "processors": ["service-graphs-request"],
    } } } });
    let config = ServerConfig::new().remote_write(&remote.url()).with(&counters);
    let server = config.start();
    let mut sender = GrpcSender::connect(&server.otlp_grpc());
    let begun = Instant::now();
    for (round, value) in [(1_u32, 1.0), (2, 2.0)] {
        sender.deliver(calls(1_000 * u64::from(round)));
        until("every edge arrives", Duration::from_secs(40), || {
            let samples = remote.samples();
            let arrived = samples
                .values()
                .filter(|samples| samples.last().is_some_and(|last| last.value == value));
            let arrived = u32::try_from(arrived.count()).unwrap();
            check(arrived == EDGES, || {
                format!("{behaviour:?}: {arrived} edges have {value}: {samples:?}")
            })
        });
    }
    assert!(
        begun.elapsed() < Duration::from_secs(35),
        "{behaviour:?}: it took {:?}",
        begun.elapsed()
    );
    for (series, samples) in remote.samples() {
        let is_in_order = samples.windows(2).all(|two| two[0].timestamp < two[1].timestamp);
        assert!(is_in_order, "{behaviour:?}: {series:?}: {samples:?}");
    }
    let own = server.own_metrics();
    let lost = [
        "seeds_refused_total",
        "samples_failed_total",
        "samples_dropped_total",
    ]
    .map(|name| own.sum(&format!("spangraph_remote_write_{name}"), &[]));
    assert_eq!(lost, [f64::from(EDGES), 0.0, 0.0], "{behaviour:?}");
}

#[test]
fn whatever_a_remote_answers_seeds_all_values_arrive_in_order_and_soon() {
    let statuses = [400, 404, 429, 500, 503].map(Behaviour::AnswerZeros);
    thread::scope(|scope| {
        for behaviour in statuses.into_iter().chain([Behaviour::HangOnZeros]) {
            scope.spawn(move || check_values_arrive(behaviour));
        }
    });
}
