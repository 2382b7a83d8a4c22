//! Generated traffic in which everything goes wrong that does: each count of the server is the model's.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use spangraph_load::drive::{Compression, Driven, Limits, Target, Transport, drive};
use spangraph_load::traffic::{Expected, Round, RoundAnswers, Shape};
use spangraph_load::verify::wait_until_exact;

use crate::harness::{Server, ServerConfig};

/// Late halves come after this many seconds: longer than halves wait.
const LATE_BY: f64 = 4.5;
const DEADLINE: Duration = Duration::from_secs(30);

#[test]
fn every_span_of_troubled_traffic_is_counted_once_and_every_edge_is_the_models() {
    let server = ServerConfig::new().with(&settings()).start();
    let shape = Shape {
        late: 0.05,
        duplicates: 0.2,
        ..shape()
    };
    let round = Arc::new(Round::new(&shape).expect("traffic is made"));
    let driven = send(
        &round,
        &target(&server, Transport::Grpc, Compression::Gzip),
        limits(8_000),
    );
    assert_eq!(
        driven.report.refused_requests() + driven.report.unknown_requests(),
        0,
        "{:?}",
        driven.report
    );
    let expected = Expected::of(&round, &driven.rounds);
    assert_eq!(expected.spans, driven.report.accepted_spans);
    assert!(
        expected.expired() > 50 && expected.virtual_halves > 50,
        "the traffic has troubles"
    );
    assert_eq!(findings(&server, &expected, DEADLINE), [""; 0]);

    let once_more = driven.rounds.iter().cloned().chain([RoundAnswers::all(&round)]);
    let rounds: Vec<_> = once_more.collect();
    let wrong = findings(&server, &Expected::of(&round, &rounds), Duration::ZERO);
    assert!(
        wrong.len() > expected.edges.len(),
        "a wrong model is noticed in every edge: {wrong:?}"
    );
}

#[test]
fn what_an_overloaded_server_refuses_leaves_no_trace_in_any_series() {
    let tight = json!({ "spangraph": {
        "admission": { "max_spans": 150, "max_bytes": 90_000 },
        "matcher": { "mailbox": 2 },
    } });
    let server = ServerConfig::new().with(&settings()).with(&tight).start();
    let round = Arc::new(Round::new(&shape()).expect("traffic is made"));
    let driven = send(
        &round,
        &target(&server, Transport::Http, Compression::Zstd),
        limits(40_000),
    );
    let report = &driven.report;
    assert!(
        report.refused_requests() > 0 && report.accepted_requests > 0,
        "{report:?}"
    );
    assert_eq!(
        (report.refused_without_advice, report.unknown_requests()),
        (0, 0),
        "{report:?}"
    );
    assert_eq!(
        findings(&server, &Expected::of(&round, &driven.rounds), DEADLINE),
        [""; 0]
    );
}

fn settings() -> Value {
    json!({
        "metrics_generator": { "processor": { "service_graphs": { "wait": "2s", "max_items": 1_000_000 } } },
        "overrides": { "defaults": { "metrics_generator": { "processors": ["service-graphs", "span-metrics"] } } },
    })
}

fn shape() -> Shape {
    Shape {
        services: 8,
        spans_per_request: 100,
        requests_per_service: 2,
        errors: 0.05,
        missing: 0.05,
        ..Shape::default()
    }
}

fn limits(spans: u64) -> Limits {
    Limits {
        spans,
        seconds: 60.0,
        rate: None,
        connections: 8,
        in_flight: None,
        late_by: LATE_BY,
    }
}

fn target(server: &Server, transport: Transport, compression: Compression) -> Target {
    let port = match transport {
        Transport::Grpc => server.ports.grpc,
        Transport::Http => server.ports.http,
    };
    Target {
        endpoint: format!("127.0.0.1:{port}"),
        transport,
        compression,
        tenant: None,
    }
}

fn send(round: &Arc<Round>, target: &Target, limits: Limits) -> Driven {
    block_on(drive(round, target, &limits, 1))
}

fn findings(server: &Server, expected: &Expected, deadline: Duration) -> Vec<String> {
    let pages = format!("127.0.0.1:{}", server.ports.pages);
    block_on(wait_until_exact(&pages, expected, deadline))
}

fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> T {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(work).expect("the server can be reached")
}
