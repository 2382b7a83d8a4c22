//! The overview and the actors page: what they say agrees with the metrics, and sorting is in the URL.

use std::time::Duration;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use reqwest::blocking::Client;
use serde_json::Value;

use crate::harness::otlp::{GrpcSender, HttpSender, PROTOBUF, Sender};
use crate::harness::spans::pair;
use crate::harness::until::check;
use crate::harness::{Server, ServerConfig, until};

const PATIENCE: Duration = Duration::from_secs(20);

fn json_of(server: &Server, path: &str) -> Value {
    serde_json::from_str(&server.text(path, "application/json")).unwrap()
}

#[test]
fn the_overview_shows_what_goes_through_and_what_is_refused() {
    let server = ServerConfig::new().start();
    let mut sender = GrpcSender::connect(&server.otlp_grpc());
    (1..=50).for_each(|trace| sender.deliver(pair(trace)));
    let nonsense = Client::new().post(format!("{}/v1/traces", server.otlp_http()));
    let nonsense = nonsense
        .header("content-type", PROTOBUF)
        .body("no protobuf")
        .send();
    assert_eq!(nonsense.unwrap().status(), 400);
    until("spans, edges and refusals are seen", PATIENCE, || {
        let overview = json_of(&server, "/api/v1/overview");
        let totals = [&overview["spans"]["total"], &overview["edges"]["total"]];
        let is_refused =
            overview["refused"][0]["reason"] == "malformed" && overview["refused"][0]["last_minute"] == 1;
        let has_curve = overview["spans"]["points"].as_array().unwrap().len() > 1;
        check(totals == [&100, &50] && is_refused && has_curve, || {
            format!("{overview:#}")
        })
    });
    let overview = json_of(&server, "/api/v1/overview");
    assert_eq!(overview["is_ready"], true);
    assert_eq!(overview["version"], env!("CARGO_PKG_VERSION"));
    let rate = overview["spans"]["per_second"].as_f64().unwrap();
    assert!(
        (1.0..=100.0).contains(&rate),
        "100 spans in less than a minute: {rate}"
    );
    let points = overview["spans"]["points"].as_array().unwrap();
    let sum: f64 = points.iter().map(|point| point.as_f64().unwrap()).sum();
    assert!((90.0..110.0).contains(&sum), "the points are seconds: {points:?}");
    assert!(
        overview["process"]["resident_bytes"].as_u64() > Some(1 << 20),
        "{overview:#}"
    );
    assert_eq!(overview["attention"], serde_json::json!([]));
    let page = server.text("/", "text/html");
    for part in ["ready", "Nothing needs attention", "malformed", "<polyline"] {
        assert!(page.contains(part), "{part} is not on the page:\n{page}");
    }
}

/// The same request, too large for the thread that receives it to walk it.
fn large(mut request: ExportTraceServiceRequest) -> ExportTraceServiceRequest {
    request.resource_spans[0].schema_url = "x".repeat(65_536);
    request
}

#[test]
fn every_actor_is_shown_with_what_it_did() {
    let server = ServerConfig::new().start();
    let mut sender = HttpSender::new(&server.otlp_http());
    (1..=30).for_each(|trace| sender.deliver(large(pair(trace))));
    until("the messages are seen", PATIENCE, || {
        let messages = ["ingest", "aggregator", "timer"].map(|role| messages(&server, role));
        let [walked, collected, ticked] = messages;
        check(walked == 30.0 && collected > 0.0 && ticked > 0.0, || {
            format!("{messages:?} messages")
        })
    });
    let own = server.own_metrics();
    assert_eq!(
        own.sum("spangraph_actor_messages_total", &[("actor", "ingest")]),
        30.0
    );
    assert_eq!(
        own.sum("spangraph_actor_handle_seconds_count", &[("actor", "ingest")]),
        30.0
    );
    assert_eq!(
        own.sum("spangraph_mailbox_wait_seconds_count", &[("actor", "ingest")]),
        30.0
    );
    assert!(own.sum("spangraph_actor_busy_seconds_total", &[("actor", "ingest")]) > 0.0);
    let report = json_of(&server, "/api/v1/actors");
    let actors = report["actors"].as_array().unwrap();
    for role in ["ingest", "matcher", "aggregator", "timer"] {
        let actor = actors.iter().find(|actor| actor["role"] == role).unwrap();
        assert_eq!(actor["mailbox_capacity"].is_null(), role == "timer", "{actor:#}");
        assert!(actor["busy_share"].as_f64() > Some(0.0), "{actor:#}");
    }
    assert!(report["gate"]["max_spans"].as_u64() > Some(0), "{report:#}");
}

/// The messages that actors of `role` have handled, as the API says.
fn messages(server: &Server, role: &str) -> f64 {
    let report = json_of(server, "/api/v1/actors");
    let actors = report["actors"].as_array().unwrap().iter();
    let of_role = actors.filter(|actor| actor["role"] == role);
    of_role.map(|actor| actor["messages"].as_f64().unwrap()).sum()
}

#[test]
fn actors_are_sorted_as_the_url_says() {
    let server = ServerConfig::new().start();
    let position = |path: &str, name: &str| {
        let page = server.text(path, "text/html");
        let heading = format!("<th scope=\"row\">{name}</th>");
        page.find(&heading)
            .unwrap_or_else(|| panic!("{name} is not on {path}:\n{page}"))
    };
    let is_first = |path: &str| position(path, "ingest 0") < position(path, "timer");
    assert!(is_first("/actors"));
    assert!(!is_first("/actors?sort=actor&order=descending"));
    let wrong = Client::new()
        .get(server.page("/actors?sort=%3Cscript%3E"))
        .send()
        .unwrap();
    assert_eq!(wrong.status(), 400);
    let text = wrong.text().unwrap();
    assert!(text.contains("sort") && !text.contains("<script>"), "{text}");
}
