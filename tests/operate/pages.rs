//! Pages, negotiation of the scrape, and OTLP as JSON.

use std::time::Duration;

use reqwest::blocking::Client;
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use serde_json::json;

use crate::harness::otlp::{HttpSender, Sender};
use crate::harness::server::OPEN_METRICS;
use crate::harness::spans::{nanoseconds_from_now, pair};
use crate::harness::until::check;
use crate::harness::{Server, ServerConfig, until};

const REQUESTS: &str = "traces_service_graph_request_total";

fn wait_for_edge(server: &Server) {
    until("the edge is generated", Duration::from_secs(10), || {
        let edges = server
            .generated()
            .sum(REQUESTS, &[("client", "shop"), ("server", "cart")]);
        check((edges - 1.0).abs() < f64::EPSILON, || {
            format!("{edges} requests from shop to cart")
        })
    });
}

#[test]
fn the_pages_answer() {
    let server = ServerConfig::new().start();
    HttpSender::new(&server.otlp_http()).deliver(pair(1));
    wait_for_edge(&server);
    for page in ["/ready", "/healthz", "/status"] {
        assert!(
            !server.text(page, "*/*").trim().is_empty(),
            "{page} says something"
        );
    }
    let own = server.own_metrics();
    assert_eq!(
        own.sum("spangraph_spans_received_total", &[("tenant", "single-tenant")]),
        2.0
    );
    assert_eq!(
        own.sum("spangraph_edges_total", &[("tenant", "single-tenant")]),
        1.0
    );
    let missing = Client::new().get(server.page("/no-such-page")).send().unwrap();
    assert_eq!(missing.status(), 404);
}

#[test]
fn generated_series_come_as_text_or_as_open_metrics_with_exemplars() {
    let server = ServerConfig::new().start();
    HttpSender::new(&server.otlp_http()).deliver(pair(0x5EED));
    wait_for_edge(&server);
    let get = |accept: &str| {
        Client::new()
            .get(server.page("/metrics/generated"))
            .header(ACCEPT, accept)
            .send()
    };
    let plain = get("text/plain;version=0.0.4").unwrap();
    let plain_type = plain.headers()[CONTENT_TYPE].to_str().unwrap().replace(' ', "");
    assert!(plain_type.starts_with("text/plain;version=0.0.4"), "{plain_type}");
    let plain = plain.text().unwrap();
    assert!(
        !plain.contains("# EOF") && !plain.contains(" # {"),
        "0.0.4 has neither end mark nor exemplars"
    );
    let open = get(OPEN_METRICS).unwrap();
    let open_type = open.headers()[CONTENT_TYPE].to_str().unwrap().to_owned();
    assert!(
        open_type.starts_with("application/openmetrics-text"),
        "{open_type}"
    );
    let open = open.text().unwrap();
    assert!(open.ends_with("# EOF\n"), "OpenMetrics ends with its mark");
    assert!(
        open.contains("# {traceID=\"00000000000000000000000000005eed\"}"),
        "{open}"
    );
}

#[test]
fn an_unknown_accept_header_is_answered_with_text() {
    let server = ServerConfig::new().start();
    let answer = Client::new()
        .get(server.page("/metrics"))
        .header(ACCEPT, "image/png")
        .send()
        .unwrap();
    assert_eq!(answer.status(), 200);
}

/// One half as the OTLP specification writes JSON: ids in hex, 64-bit numbers as strings.
fn json_half(service: &str, span: &str, parent: &str, kind: u8) -> serde_json::Value {
    let service = json!({ "key": "service.name", "value": { "stringValue": service } });
    json!({
        "resource": { "attributes": [service] },
        "scopeSpans": [{ "spans": [{
            "traceId": "5b8efff798038103d269b633813fc60c", "spanId": span, "parentSpanId": parent, "kind": kind,
            "name": "GET /cart",
            "startTimeUnixNano": nanoseconds_from_now(-500).to_string(),
            "endTimeUnixNano": nanoseconds_from_now(-400).to_string(),
        }] }],
    })
}

#[test]
fn spans_are_taken_as_json() {
    let server = ServerConfig::new().start();
    let client = json_half("shop", "eee19b7ec3c1b174", "", 3);
    let body =
        json!({ "resourceSpans": [client, json_half("cart", "eee19b7ec3c1b175", "eee19b7ec3c1b174", 2)] });
    let answer = Client::new()
        .post(format!("{}/v1/traces", server.otlp_http()))
        .json(&body)
        .send()
        .unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()[CONTENT_TYPE], "application/json");
    wait_for_edge(&server);
}

#[test]
fn what_is_no_otlp_is_refused_and_leaves_no_trace() {
    let server = ServerConfig::new().start();
    let post = |kind: &str, body: &'static str| {
        let request = Client::new().post(format!("{}/v1/traces", server.otlp_http()));
        request
            .header(CONTENT_TYPE, kind)
            .body(body)
            .send()
            .unwrap()
            .status()
            .as_u16()
    };
    assert_eq!(post("application/x-protobuf", "no protobuf"), 400);
    assert_eq!(post("application/json", "{\"resourceSpans\": 7"), 400);
    assert_eq!(post("text/plain", "spans"), 415);
    assert_eq!(
        server.own_metrics().sum("spangraph_spans_received_total", &[]),
        0.0
    );
}
