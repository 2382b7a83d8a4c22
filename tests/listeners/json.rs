//! OTLP JSON as senders get it wrong.

use reqwest::blocking::Client;
use serde_json::{Value, json};

use crate::harness::spans::nanoseconds_from_now;
use crate::harness::{Server, ServerConfig};

/// A span as JSON has it, with `over` laid on it.
fn span(over: &Value) -> Value {
    let mut span = json!({
        "traceId": "5b8efff798038103d269b633813fc60c", "spanId": "eee19b7ec3c1b173", "name": "a", "kind": 3,
        "startTimeUnixNano": nanoseconds_from_now(-2).to_string(),
        "endTimeUnixNano": nanoseconds_from_now(-1).to_string(),
    });
    for (key, value) in over.as_object().unwrap() {
        span[key] = value.clone();
    }
    span
}

fn send(server: &Server, spans: &[Value]) -> (u16, Value) {
    let body = json!({ "resourceSpans": [{ "scopeSpans": [{ "spans": spans }] }] });
    let answer = Client::new()
        .post(format!("{}/v1/traces", server.otlp_http()))
        .json(&body)
        .send()
        .unwrap();
    (answer.status().as_u16(), answer.json().unwrap())
}

#[test]
fn a_bad_span_costs_that_span_and_a_bad_value_costs_itself() {
    let server = ServerConfig::new().start();
    let good = span(&json!({}));
    let base64 = span(&json!({ "traceId": "Z6z8LqVvEI+kU1/Ci6mXBQ==" }));
    let wide = json!([{ "key": "tokens", "value": { "intValue": 1e21 } }, { "key": "x", "value": { "doubleValue": {} } }]);
    let (status, answer) = send(
        &server,
        &[good.clone(), base64.clone(), span(&json!({ "attributes": wide }))],
    );
    assert_eq!(
        (status, &answer["partialSuccess"]["rejectedSpans"]),
        (200, &json!("1")),
        "{answer}"
    );
    let message = answer["partialSuccess"]["errorMessage"].as_str().unwrap();
    assert!(
        message.contains("spans[1].traceId") && message.contains("looks like base64"),
        "{message}"
    );
    let own = server.own_metrics();
    for (name, expected) in [
        ("spangraph_spans_received_total", 2.0),
        ("spangraph_receiver_json_spans_refused_total", 1.0),
        ("spangraph_receiver_json_values_passed_over_total", 1.0),
    ] {
        assert!(
            (own.sum(name, &[]) - expected).abs() < f64::EPSILON,
            "{name}: {}",
            own.sum(name, &[])
        );
    }
    let (status, answer) = send(&server, &[base64]);
    assert_eq!(status, 400);
    assert!(
        answer["message"].as_str().unwrap().contains("looks like base64"),
        "{answer}"
    );
}
