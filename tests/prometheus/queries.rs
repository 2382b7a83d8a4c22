//! The queries of Grafana's service-graph view and span-metrics table find what they look for in a real Prometheus.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{Span, Status};
use serde_json::{Value, json};

use crate::harness::otlp::{GrpcSender, Sender};
use crate::harness::prometheus::Prometheus;
use crate::harness::spans::{SpanExt, of_service, request, span};
use crate::harness::until::check;
use crate::harness::{ServerConfig, until};

/// How long a query may take to find what it looks for; a rate over a minute needs two samples.
const DEADLINE: Duration = Duration::from_secs(60);

/// The durations that are sent, in seconds.
const CLIENT_SECONDS: f64 = 0.3;
const SERVER_SECONDS: f64 = 0.15;

const CALLS_BY_SPAN_NAME: &str =
    "topk(5, sum(rate(traces_spanmetrics_calls_total{span_kind=\"SPAN_KIND_SERVER\"}[1m])) by (span_name))";
const ERRORS_BY_SPAN_NAME: &str = "topk(5, sum(rate(traces_spanmetrics_calls_total\
     {status_code=\"STATUS_CODE_ERROR\",span_kind=\"SPAN_KIND_SERVER\"}[1m])) by (span_name))";
const LATENCY: &str =
    "histogram_quantile(.9, sum(rate(traces_spanmetrics_latency_bucket{span_name=~\".+\"}[1m])) by (le))";
const NATIVE_LATENCY: &str = "histogram_quantile(0.9, sum(rate(traces_spanmetrics_latency[1m])))";

#[test]
fn grafana_draws_the_service_graph() {
    let prometheus = Prometheus::start();
    let called = pairs(&[("shop", "cart"), ("cart", "stock"), ("stock", "items")]);
    while_sending(&prometheus, &json!({}), || {
        edges_with_a_rate(
            &prometheus,
            "traces_service_graph_request_server_seconds_sum",
            &called,
        );
        edges_with_a_rate(&prometheus, "traces_service_graph_request_total", &called);
        let failed = pairs(&[("cart", "stock")]);
        edges_with_a_rate(&prometheus, "traces_service_graph_request_failed_total", &failed);
        let query = "group by (client, connection_type, server) (traces_service_graph_request_total)";
        until("each edge has its kind", DEADLINE, || {
            let found = labels_of(&prometheus.query(query), &["client", "connection_type", "server"]);
            let expected = [
                ["shop", "", "cart"],
                ["cart", "", "stock"],
                ["stock", "database", "items"],
            ];
            check(found == rows(&expected), || format!("{found:?}"))
        });
    });
}

#[test]
fn grafana_fills_the_table_of_span_metrics() {
    let prometheus = Prometheus::start();
    while_sending(&prometheus, &json!({}), || {
        names_with_a_rate(&prometheus, CALLS_BY_SPAN_NAME, &["add to cart", "reserve"]);
        names_with_a_rate(&prometheus, ERRORS_BY_SPAN_NAME, &["reserve"]);
        // The classic buckets round the slowest span: 0.002 doubled seven and eight times.
        quantile_between(&prometheus, LATENCY, 0.256, 0.512);
    });
}

#[test]
fn native_histograms_answer_a_quantile_without_buckets() {
    let prometheus = Prometheus::start();
    let native = json!({
        "metrics_generator": { "storage": { "remote_write": [
            { "url": prometheus.write_url(), "send_exemplars": true },
        ] } },
        "overrides": { "defaults": { "metrics_generator": { "generate_native_histograms": "native" } } },
    });
    while_sending(&prometheus, &native, || {
        // Schema 3: a bucket is less than a tenth wide, so the answer is that near.
        quantile_between(
            &prometheus,
            NATIVE_LATENCY,
            CLIENT_SECONDS / 1.1,
            CLIENT_SECONDS * 1.1,
        );
        let classic = prometheus.query("{__name__=\"traces_spanmetrics_latency_bucket\"}");
        assert!(
            classic.is_empty(),
            "native alone has classic buckets: {classic:?}"
        );
    });
}

/// Runs a server that writes to `prometheus`, and sends it traces while `look` goes on.
fn while_sending(prometheus: &Prometheus, settings: &Value, look: impl FnOnce()) {
    let processors = json!({ "overrides": { "defaults": { "metrics_generator": {
        "processors": ["service-graphs", "span-metrics"],
    } } } });
    let server = ServerConfig::new()
        .remote_write(&prometheus.write_url())
        .with(&processors)
        .with(settings)
        .start();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut sender = GrpcSender::connect(&server.otlp_grpc());
            for trace in (1..).take_while(|_| !done.load(Ordering::Relaxed)) {
                sender.deliver(purchase(trace));
                thread::sleep(Duration::from_millis(100));
            }
        });
        let _sets_done = super::SetOnDrop(&done);
        look();
    });
}

/// One trace: the shop calls the cart, which calls the stock and fails, which asks its database.
fn purchase(trace: u64) -> ExportTraceServiceRequest {
    let client = |id, name| named(trace, id, SpanKind::Client, name, CLIENT_SECONDS);
    let server = |id, name| named(trace, id, SpanKind::Server, name, SERVER_SECONDS);
    request(vec![
        of_service("shop", vec![client(1, "POST")]),
        of_service(
            "cart",
            vec![server(2, "add to cart").parent(1), client(3, "call").parent(2)],
        ),
        of_service(
            "stock",
            vec![
                failed(server(4, "reserve").parent(3)),
                client(5, "SELECT").parent(4).attribute("db.name", "items"),
            ],
        ),
    ])
}

fn named(trace: u64, id: u64, kind: SpanKind, name: &str, seconds: f64) -> Span {
    Span {
        name: name.to_owned(),
        ..span(trace, id, kind).lasting(Duration::from_secs_f64(seconds))
    }
}

fn failed(span: Span) -> Span {
    let status = Status {
        code: StatusCode::Error.into(),
        ..Status::default()
    };
    Span {
        status: Some(status),
        ..span
    }
}

/// `metric` must have a rate above 0 for these edges and for no others.
fn edges_with_a_rate(prometheus: &Prometheus, metric: &str, expected: &BTreeSet<(String, String)>) {
    let query = format!("sum by (client, server) (rate({metric}[1m]))");
    until(metric, DEADLINE, || {
        let found = super::edges_of(&prometheus.query(&query));
        check(found == *expected, || format!("{found:?} is not {expected:?}"))
    });
}

fn names_with_a_rate(prometheus: &Prometheus, query: &str, expected: &[&str]) {
    let expected: BTreeSet<Vec<String>> = expected.iter().map(|name| vec![(*name).to_owned()]).collect();
    until(query, DEADLINE, || {
        let answer = prometheus.query(query);
        let found = labels_of(&answer, &["span_name"]);
        check(
            found == expected && answer.iter().all(|element| value_of(element) > 0.0),
            || format!("{answer:?}"),
        )
    });
}

fn quantile_between(prometheus: &Prometheus, query: &str, low: f64, high: f64) {
    until(query, DEADLINE, || {
        let answer = prometheus.query(query);
        let fits = |element: &Value| (low..=high).contains(&value_of(element));
        check(answer.len() == 1 && answer.iter().all(fits), || {
            format!("{answer:?} is not between {low} and {high}")
        })
    });
}

fn value_of(element: &Value) -> f64 {
    let text = element["value"][1].as_str().expect("a value is a text");
    text.parse().expect("a value is a number")
}

/// The values of these labels, empty where one is missing.
fn labels_of(vector: &[Value], labels: &[&str]) -> BTreeSet<Vec<String>> {
    let text =
        |element: &Value, label: &str| element["metric"][label].as_str().unwrap_or_default().to_owned();
    let row = |element| labels.iter().map(|label| text(element, label)).collect();
    vector.iter().map(row).collect()
}

fn rows<const N: usize>(rows: &[[&str; N]]) -> BTreeSet<Vec<String>> {
    rows.iter().map(|row| row.map(str::to_owned).to_vec()).collect()
}

fn pairs(edges: &[(&str, &str)]) -> BTreeSet<(String, String)> {
    edges
        .iter()
        .map(|(client, server)| ((*client).to_owned(), (*server).to_owned()))
        .collect()
}
