//! The pairing doctor finds out what is wrong with real traffic.

use std::time::Duration;

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use reqwest::blocking::Client;
use serde_json::{Value, json};

use crate::harness::otlp::{HttpSender, Sender};
use crate::harness::spans::{SpanExt, of_service, pair, request, span};
use crate::harness::until::check;
use crate::harness::{Server, ServerConfig, until};

const CALLS: u64 = 40;

fn report(server: &Server) -> Value {
    let answer = Client::new().get(server.page("/api/v1/pairing")).send().unwrap();
    serde_json::from_str(&answer.text().unwrap()).unwrap()
}

/// The report as soon as `kind` is among its findings.
fn until_found(server: &Server, kind: &str) -> Value {
    until(&format!("{kind} is found"), Duration::from_secs(20), || {
        let report = report(server);
        let findings = report["findings"].as_array().unwrap();
        let found = findings.iter().any(|finding| finding["kind"] == kind);
        check(found, || format!("{report:#}")).map(|()| report.clone())
    })
}

/// The row of `service` on `side`.
fn row<'r>(report: &'r Value, service: &str, side: &str) -> &'r Value {
    let rows = report["services"].as_array().unwrap();
    rows.iter()
        .find(|row| row["service"] == service && row["side"] == side)
        .unwrap_or_else(|| panic!("no row of {service} {side}: {report:#}"))
}

#[test]
fn calls_without_propagated_context_are_diagnosed() {
    let server = ServerConfig::new().start();
    let mut sender = HttpSender::new(&server.otlp_http());
    for call in 1..=CALLS {
        sender.deliver(request(vec![
            of_service("<script>shop", vec![span(call, 1, SpanKind::Client)]),
            of_service("cart", vec![span(1_000 + call, 2, SpanKind::Server)]),
        ]));
    }
    let report = until_found(&server, "context_not_propagated");
    assert_eq!(row(&report, "cart", "server")["recent"]["virtual_node"], CALLS);
    assert_eq!(row(&report, "<script>shop", "client")["recent"]["expired"], CALLS);
    let finding = &report["findings"][0];
    assert_eq!(finding["severity"], "bad");
    assert!(
        finding["seen"]
            .as_str()
            .unwrap()
            .contains("calls of cart came without a caller"),
        "{finding}"
    );
    let page = server.text("/pairing?sort=service", "text/html");
    assert!(page.contains("trace context is not propagated"), "{page}");
    assert!(
        page.contains("&lt;script&gt;shop") && !page.contains("<script>shop"),
        "{page}"
    );
}

#[test]
fn calls_that_are_paired_are_said_to_be_well() {
    let server = ServerConfig::new().start();
    let mut sender = HttpSender::new(&server.otlp_http());
    (1..=CALLS).for_each(|call| sender.deliver(pair(call)));
    let report = until_found(&server, "healthy");
    assert_eq!(report["findings"].as_array().unwrap().len(), 1, "{report:#}");
    assert_eq!(row(&report, "shop", "client")["since_start"]["completed"], CALLS);
    assert_eq!(report["pending"]["limit"], 10_000);
}

#[test]
fn halves_that_come_late_ask_for_a_longer_wait() {
    let server = ServerConfig::new()
        .with(&json!({ "metrics_generator": { "processor": { "service_graphs": { "wait": "4s" } } } }))
        .start();
    let mut sender = HttpSender::new(&server.otlp_http());
    let halves = |service: &str, kind: SpanKind, parent: u64| {
        let span = |call: u64| span(call, 1 + parent, kind).parent(parent);
        request(vec![of_service(service, (1..=CALLS).map(span).collect())])
    };
    sender.deliver(halves("shop", SpanKind::Client, 0));
    until(
        "the clients' halves are given up",
        Duration::from_secs(20),
        || {
            let expired = server
                .own_metrics()
                .sum("spangraph_half_edges_total", &[("outcome", "expired")]);
            check(expired > 0.0, || format!("{expired} expired"))
        },
    );
    sender.deliver(halves("cart", SpanKind::Server, 1));
    let report = until_found(&server, "late_halves");
    assert_eq!(row(&report, "cart", "server")["recent"]["late"], CALLS);
}

#[test]
fn an_order_that_does_not_exist_is_refused_with_those_that_do() {
    let server = ServerConfig::new().start();
    let answer = Client::new()
        .get(server.page("/pairing?sort=age"))
        .send()
        .unwrap();
    assert_eq!(answer.status(), 400);
    assert!(answer.text().unwrap().contains("is one of service, completed"));
}
