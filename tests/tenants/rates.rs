//! What a tenant may send in bytes: it is refused past that, told when to come again, and others feel nothing of it.

use std::thread;
use std::time::Duration;

use prost::Message as _;
use serde_json::{Value, json};

use super::{json_of, senders, with_tenants};
use crate::harness::otlp::{ALL_ACCEPTED, Answer, GrpcSender, Sender};
use crate::harness::spans::pair;
use crate::harness::until::check;
use crate::harness::{Server, until};

/// A server on which `tight` has this `ingestion`.
fn with_ingestion(ingestion: &Value) -> Server {
    with_tenants(&json!({ "tight": { "ingestion": ingestion } })).start()
}

#[test]
fn a_tenant_at_its_rate_is_told_when_to_come_again_and_others_feel_nothing() {
    let size = pair(1).encoded_len();
    let server = with_ingestion(&json!({ "rate_limit_bytes": 1, "burst_size_bytes": 2 * size }));
    let [mut grpc, mut http] = senders(&server);
    for sender in [&mut grpc, &mut http] {
        assert_eq!(sender.send_as(Some("tight"), pair(1)), ALL_ACCEPTED);
    }
    for trace in 2..12 {
        for sender in [&mut grpc, &mut http] {
            let answer = sender.send_as(Some("tight"), pair(trace));
            let Answer::Overloaded {
                retry_after: Some(wait),
            } = answer
            else {
                panic!("{answer:?}")
            };
            // The second request took what was left, so it takes about as many seconds as the request has bytes.
            let most = Duration::from_secs(size as u64);
            assert!(wait <= most && wait > most / 2, "{wait:?}");
            assert_eq!(sender.send_as(Some("free"), pair(trace)), ALL_ACCEPTED);
        }
    }
    let own = server.own_metrics();
    let limited = |tenant| own.sum("spangraph_requests_limited_total", &[("tenant", tenant)]);
    assert_eq!((limited("tight"), limited("free")), (20.0, 0.0));
    let refused = |reason| own.sum("spangraph_receiver_refused_total", &[("reason", reason)]);
    assert_eq!((refused("rate_limited"), refused("overloaded")), (20.0, 0.0));
    let spans = own.sum_by_label("spangraph_spans_received_total", "tenant");
    assert_eq!((spans["tight"], spans["free"]), (4.0, 40.0));
    assert_shown(&server, 2 * size);
}

/// On the tenant's page, and as what needs attention.
fn assert_shown(server: &Server, bytes: usize) {
    let tight = json_of(server, "/api/v1/tenants/tight");
    assert_eq!(tight["limits"]["bytes_per_second"], 1);
    assert_eq!(tight["limits"]["burst_bytes"], bytes);
    assert_eq!(tight["activity"]["bytes_received"], bytes);
    assert_eq!(tight["activity"]["requests_limited"][0]["count"], 20);
    assert_told(server, "Tenant tight sends more than it may");
}

/// Among what needs attention.
fn assert_told(server: &Server, title: &str) {
    until("the overview tells", Duration::from_secs(10), || {
        let overview = json_of(server, "/api/v1/overview");
        let found = overview["attention"].as_array().unwrap();
        let is_told = |finding: &Value| finding["title"] == title;
        check(found.iter().any(is_told), || overview["attention"].to_string())
    });
}

#[test]
fn a_request_fits_after_the_time_that_was_told() {
    let size = pair(1).encoded_len();
    let server = with_ingestion(&json!({ "rate_limit_bytes": 2 * size, "burst_size_bytes": size }));
    let mut sender = GrpcSender::connect(&server.otlp_grpc());
    assert_eq!(sender.send_as(Some("tight"), pair(1)), ALL_ACCEPTED);
    let mut waits = 0;
    for trace in 2..=4 {
        let answer = sender.send_as(Some("tight"), pair(trace));
        if let Answer::Overloaded {
            retry_after: Some(wait),
        } = answer
        {
            waits += 1;
            thread::sleep(wait);
            assert_eq!(sender.send_as(Some("tight"), pair(trace)), ALL_ACCEPTED);
        }
    }
    assert!(waits > 0, "requests came faster than the rate");
}

#[test]
fn a_request_larger_than_the_burst_is_refused_for_good() {
    let size = pair(1).encoded_len();
    let server = with_ingestion(&json!({ "rate_limit_bytes": 1_000_000, "burst_size_bytes": size - 1 }));
    let [mut grpc, mut http] = senders(&server);
    assert_eq!(
        grpc.send_as(Some("tight"), pair(1)),
        Answer::Overloaded { retry_after: None }
    );
    let answer = http.send_as(Some("tight"), pair(1));
    assert!(
        matches!(&answer, Answer::Refused(text) if text.starts_with("413") && text.contains("at once")),
        "{answer:?}"
    );
    let own = server.own_metrics();
    let too_large = [("reason", "too_large")];
    assert_eq!(own.sum("spangraph_receiver_refused_total", &too_large), 2.0);
    let limited = [("tenant", "tight"), ("reason", "larger_than_burst")];
    assert_eq!(own.sum("spangraph_requests_limited_total", &limited), 2.0);
    assert_told(&server, "Tenants that do not run send more than they may");
    assert_eq!(
        own.sum("spangraph_spans_received_total", &[("tenant", "tight")]),
        0.0,
        "a tenant starts with the first request that is taken"
    );
}
