//! Drives floor receivers over each compression, and measures a running process.
#![expect(clippy::unwrap_used, reason = "a test may fail anywhere")]

use std::sync::Arc;

use spangraph_load::drive::{Compression, Limits, Target, Transport, drive};
use spangraph_load::floor::{FloorMode, FloorTransport, serve};
use spangraph_load::traffic::{Round, RoundAnswers, Shape};
use tokio::net::TcpListener;

async fn start(mode: FloorMode, transport: FloorTransport) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(serve(listener, mode, transport));
    address
}

fn limits(spans: u64) -> Limits {
    Limits {
        spans,
        seconds: 30.0,
        rate: None,
        connections: 3,
        in_flight: None,
        late_by: 0.1,
    }
}

async fn check(mode: FloorMode, transport: FloorTransport, compression: Compression) {
    let target = Target {
        endpoint: start(mode, transport).await,
        transport: match transport {
            FloorTransport::Tonic | FloorTransport::Hyper => Transport::Grpc,
            FloorTransport::Http => Transport::Http,
        },
        compression,
        tenant: None,
    };
    let shape = Shape {
        services: 5,
        late: 0.1,
        duplicates: 0.2,
        ..Shape::default()
    };
    let round = Arc::new(Round::new(&shape).unwrap());
    let driven = drive(&round, &target, &limits(1), 1).await.unwrap();
    let report = &driven.report;
    assert_eq!(
        (report.refused_requests(), report.unknown_requests()),
        (0, 0),
        "{report:?}"
    );
    assert_eq!(report.accepted_requests, round.deliveries().len() as u64);
    assert_eq!(driven.rounds, [RoundAnswers::all(&round)]);
    assert!(report.latency.max > 0.0 && report.accepted_spans > round.spans());
}

#[tokio::test]
async fn every_request_reaches_a_receiver_that_decodes_it_however_it_is_compressed() {
    for compression in [Compression::None, Compression::Gzip, Compression::Zstd] {
        check(FloorMode::Decode, FloorTransport::Tonic, compression).await;
    }
}

#[tokio::test]
async fn every_request_reaches_a_receiver_without_tonic() {
    check(FloorMode::Walk, FloorTransport::Hyper, Compression::None).await;
    check(FloorMode::Drop, FloorTransport::Hyper, Compression::None).await;
}

#[tokio::test]
async fn every_request_reaches_a_receiver_by_http() {
    check(FloorMode::Decode, FloorTransport::Http, Compression::None).await;
    check(FloorMode::Drop, FloorTransport::Http, Compression::Gzip).await;
}

#[tokio::test]
async fn what_a_receiver_refuses_is_counted_by_its_code_and_not_as_accepted() {
    let target = Target {
        // Bodies that are compressed are no requests to one that does not decompress.
        endpoint: start(FloorMode::Decode, FloorTransport::Hyper).await,
        transport: Transport::Grpc,
        compression: Compression::Gzip,
        tenant: None,
    };
    let round = Arc::new(
        Round::new(&Shape {
            services: 3,
            ..Shape::default()
        })
        .unwrap(),
    );
    let driven = drive(&round, &target, &limits(1), 1).await.unwrap();
    assert_eq!(
        driven.report.refused.keys().collect::<Vec<_>>(),
        ["InvalidArgument"]
    );
    assert_eq!((driven.report.accepted_requests, driven.rounds.len()), (0, 0));
}

#[tokio::test]
async fn at_a_rate_it_takes_as_long_as_the_spans_ask_for() {
    let target = Target {
        endpoint: start(FloorMode::Drop, FloorTransport::Tonic).await,
        transport: Transport::Grpc,
        compression: Compression::None,
        tenant: None,
    };
    let shape = Shape {
        services: 3,
        spans_per_request: 50,
        requests_per_service: 2,
        missing: 0.0,
        ..Shape::default()
    };
    let round = Arc::new(Round::new(&shape).unwrap());
    let rate = round.spans() as f64 * 2.0;
    let limits = Limits {
        rate: Some(rate),
        ..limits(2 * round.spans())
    };
    let report = drive(&round, &target, &limits, 1).await.unwrap().report;
    let least = (report.accepted_spans as f64 - 300.0) / rate;
    assert!(
        report.seconds >= least,
        "{} spans in {} seconds",
        report.accepted_spans,
        report.seconds
    );
}
