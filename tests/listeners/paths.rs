//! Paths that nearly are those of traces.

use reqwest::blocking::Client;
use serde_json::{Value, json};

use crate::harness::spans::pair;
use crate::harness::until::check;
use crate::harness::{ServerConfig, until};
use std::time::Duration;

#[test]
fn slashes_that_mean_nothing_lose_no_span() {
    let server = ServerConfig::new().start();
    let spans = prost::Message::encode_to_vec(&pair(1));
    for path in ["/v1/traces/", "//v1/traces", "/v1//traces"] {
        let url = format!("{}{path}", server.otlp_http());
        let request = Client::new()
            .post(url)
            .header("content-type", "application/x-protobuf");
        let answer = request.body(spans.clone()).send().unwrap();
        assert_eq!(answer.status(), 200, "{path}");
    }
    until("all spans are counted", Duration::from_secs(10), || {
        let received = server.own_metrics().sum("spangraph_spans_received_total", &[]);
        check((received - 6.0).abs() < f64::EPSILON, || {
            format!("{received} spans")
        })
    });
}

#[test]
fn a_near_miss_is_told_the_right_path() {
    let server = ServerConfig::new().start();
    for (path, advice) in [
        ("/v1/traces/v1/traces", "OTEL_EXPORTER_OTLP_ENDPOINT"),
        ("/otlp/v1/traces", "traces are taken at /v1/traces"),
        ("/v1/metrics", "only traces are taken here"),
        ("/v1/logs", "only traces are taken here"),
        ("/", "traces are taken at /v1/traces"),
    ] {
        let url = format!("{}{path}", server.otlp_http());
        let answer = Client::new().post(url).json(&json!({})).send().unwrap();
        assert_eq!(answer.status(), 404, "{path}");
        let told: Value = answer.json().unwrap();
        let told = told["message"].as_str().unwrap();
        assert!(told.contains(advice), "{path}: {told}");
    }
}

#[test]
fn a_sender_at_the_port_of_pages_is_told_those_of_the_receivers() {
    let server = ServerConfig::new().start();
    for path in ["/v1/traces", "//v1/traces/", "/v1/metrics"] {
        let answer = Client::new()
            .post(server.page(path))
            .json(&json!({}))
            .send()
            .unwrap();
        assert_eq!(answer.status(), 404, "{path}");
        let told = answer.text().unwrap();
        for port in [server.ports.http, server.ports.grpc] {
            assert!(told.contains(&format!("port {port}")), "{path}: {told}");
        }
    }
}
