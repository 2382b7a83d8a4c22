//! Spans whose durations cannot be: they count, no histogram takes them, and they are told.

use std::time::Duration;

use serde_json::{Value, json};
use spangraph_test_support::exposition::Scrape;

use crate::harness::until::check;
use crate::harness::{RemoteWriteReceiver, Server, ServerConfig, until};

const COUNT: &str = "traces_spanmetrics_latency_count";
const SUM: &str = "traces_spanmetrics_latency_sum";

fn server(remote: &RemoteWriteReceiver, observe: bool) -> Server {
    ServerConfig::new()
        .remote_write(&remote.url())
        .with(&json!({
            "overrides": { "defaults": { "metrics_generator": {
                "processors": ["service-graphs", "span-metrics"], "generate_native_histograms": "both",
            } } },
            "spangraph": { "durations": { "observe_impossible": observe } },
        }))
        .start()
}

/// Sends JSON of a client that started a second ago and its server, once more without its start.
fn send(server: &Server) {
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    let now = u64::try_from(now.as_nanos()).unwrap();
    let span = |trace: u8, span: u8, kind: u8| -> Value {
        json!({
            "traceId": format!("{trace:032x}"), "spanId": format!("{span:016x}"), "kind": kind,
            "endTimeUnixNano": now.to_string(),
        })
    };
    let with = |mut span: Value, key: &str, value: String| {
        span[key] = Value::String(value);
        span
    };
    let started = |span| with(span, "startTimeUnixNano", (now - 1_000_000_000).to_string());
    let called = |span| with(span, "parentSpanId", format!("{:016x}", 1));
    let of = |service: &str, spans: [Value; 2]| {
        json!({
            "resource": { "attributes": [{ "key": "service.name", "value": { "stringValue": service } }] },
            "scopeSpans": [{ "spans": spans }],
        })
    };
    let request = json!({ "resourceSpans": [
        of("shop", [started(span(1, 1, 3)), started(span(2, 1, 3))]),
        of("cart", [called(started(span(1, 2, 2))), called(span(2, 2, 2))]),
    ] });
    let answer = reqwest::blocking::Client::new()
        .post(format!("{}/v1/traces", server.otlp_http()))
        .header("content-type", "application/json")
        .body(request.to_string())
        .send()
        .unwrap();
    assert_eq!(answer.status(), 200);
}

fn both_calls(server: &Server) -> Scrape {
    until("both calls are counted", Duration::from_secs(20), || {
        let scrape = server.generated();
        check(
            scrape.sum("traces_service_graph_request_total", &[]) == 2.0,
            || "not yet".to_owned(),
        )
        .map(|()| scrape)
    })
}

#[test]
fn a_span_without_a_start_counts_and_is_in_no_histogram() {
    let remote = RemoteWriteReceiver::start();
    let server = server(&remote, false);
    send(&server);
    let scrape = both_calls(&server);
    let cart = &[("service", "cart")];
    assert_eq!(scrape.sum("traces_spanmetrics_calls_total", cart), 2.0);
    assert_eq!((scrape.sum(COUNT, cart), scrape.sum(SUM, cart)), (1.0, 1.0));
    let edges = |side: &str| scrape.sum(&format!("traces_service_graph_request_{side}_seconds_count"), &[]);
    assert_eq!((edges("client"), edges("server")), (2.0, 1.0));

    let native = until("native histograms are written", Duration::from_secs(20), || {
        let histograms = remote.last_histograms();
        let of_cart = histograms.iter().find(|((_, labels), _)| {
            labels["__name__"] == "traces_spanmetrics_latency"
                && labels.get("service").is_some_and(|name| name == "cart")
        });
        of_cart
            .map(|(_, histogram)| (histogram.whole_count(), histogram.sum))
            .ok_or("none")
    });
    assert_eq!(native, (Some(1), 1.0));

    let own = server.own_metrics();
    let told = |reason| own.sum("spangraph_spans_impossible_duration_total", &[("reason", reason)]);
    assert_eq!((told("no_start"), told("too_long")), (1.0, 0.0));
    let tenant: Value =
        serde_json::from_str(&server.text("/api/v1/tenants/single-tenant", "application/json")).unwrap();
    assert!(
        tenant
            .to_string()
            .contains("\"impossible_durations\":[{\"name\":\"no_start\",\"count\":1}"),
        "{tenant}"
    );
    assert!(
        server
            .text("/tenants/single-tenant", "text/html")
            .contains("duration cannot be")
    );
}

#[test]
fn a_setting_observes_it_as_tempo_does() {
    let remote = RemoteWriteReceiver::start();
    let server = server(&remote, true);
    send(&server);
    let scrape = both_calls(&server);
    let cart = &[("service", "cart")];
    assert_eq!(scrape.sum(COUNT, cart), 2.0);
    assert!(scrape.sum(SUM, cart) > 1e9, "the time since 1970");
}
