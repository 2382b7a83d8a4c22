//! The cardinality page: what a limit did is seen with the setting to turn, and names from spans are escaped.

use std::time::Duration;

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use reqwest::blocking::Client;
use serde_json::{Value, json};

use crate::harness::otlp::{GrpcSender, Sender};
use crate::harness::spans::{SpanExt, of_service, request, span};
use crate::harness::until::check;
use crate::harness::{Server, ServerConfig, until};

const PATIENCE: Duration = Duration::from_secs(20);

fn limited() -> Server {
    let settings = json!({
        "metrics_generator": { "limiter_type": "entity", "processor": { "span_metrics": { "dimensions": ["k8s.pod.name"] } } },
        "overrides": { "defaults": { "metrics_generator": { "processors": ["span-metrics-count"], "max_active_entities": 5 } } },
    });
    ServerConfig::new().with(&settings).start()
}

/// Waits until the spans that met the limit are counted: a report that is made earlier lasts ten seconds.
fn wait_for_overflow(server: &Server) {
    until("the overflow is counted", PATIENCE, || {
        let overflow = [("metric_overflow", "true")];
        let spans = server
            .generated()
            .sum("traces_spanmetrics_calls_total", &overflow);
        check(spans >= 15.0, || format!("{spans} spans"))
    });
}

#[test]
fn a_reached_limit_is_told_with_its_cause_and_its_remedy() {
    let server = limited();
    let spans =
        (1..=20).map(|id| span(id, id, SpanKind::Server).attribute("k8s.pod.name", &format!("pod-{id}")));
    GrpcSender::connect(&server.otlp_grpc()).deliver(request(vec![of_service("<script>", spans.collect())]));
    wait_for_overflow(&server);
    let report: Value =
        serde_json::from_str(&server.text("/api/v1/cardinality", "application/json")).unwrap();
    assert_eq!(report["limit"]["setting"], "max_active_entities");
    assert_eq!(
        (&report["limit"]["most"], &report["limit"]["used"]),
        (&json!(5), &json!(5))
    );
    let dimension = &report["dimensions"][0];
    assert_eq!(
        (&dimension["configured"], &dimension["values"]),
        (&json!("k8s.pod.name"), &json!(5))
    );
    assert_eq!(dimension["label_sets_without"], 1);
    assert_eq!(report["services"][0]["service"], "<script>");
    assert_eq!(report["findings"][0]["severity"], "bad");
    let page = server.text("/cardinality", "text/html");
    assert!(
        page.contains("overrides.defaults.metrics_generator.max_active_entities"),
        "{page}"
    );
    assert!(
        page.contains("&lt;script&gt;") && !page.contains("<script>"),
        "{page}"
    );
}

#[test]
fn a_tenant_that_makes_no_sense_is_refused() {
    let server = ServerConfig::new()
        .with(&json!({ "multitenancy_enabled": true }))
        .start();
    let status = |path: &str| Client::new().get(server.page(path)).send().unwrap().status();
    assert_eq!(status("/cardinality"), 404, "no tenant has sent spans");
    assert_eq!(status("/api/v1/cardinality?tenant=a%2Fb"), 400);
    assert_eq!(status("/api/v1/cardinality?tenant=a&tenant=b"), 400);
    assert_eq!(status("/api/v1/cardinality?tenant=nobody"), 200);
}
