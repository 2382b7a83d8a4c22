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

/// The report as soon as `kind` is among its findings and `service` has all its calls in `count` on `side`.
fn until_found(server: &Server, kind: &str, (service, side, count): (&str, &str, &str)) -> Value {
    until(&format!("{kind} is found"), Duration::from_secs(20), || {
        let report = report(server);
        let findings = report["findings"].as_array().unwrap();
        let found = findings.iter().any(|finding| finding["kind"] == kind);
        let whole = found && recent(&report, service, side, count) == Some(CALLS);
        check(whole, || format!("{report:#}")).map(|()| report.clone())
    })
}

/// How many recent halves of `service` on `side` are in `count`.
fn recent(report: &Value, service: &str, side: &str, count: &str) -> Option<u64> {
    let rows = report["services"].as_array().unwrap();
    let row = rows
        .iter()
        .find(|row| row["service"] == service && row["side"] == side)?;
    row["recent"][count].as_u64()
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
    let unanswered = ("<script>shop", "client", "expired");
    let report = until_found(&server, "context_not_propagated", unanswered);
    assert!(
        recent(&report, "cart", "server", "virtual_node") >= Some(20),
        "{report:#}"
    );
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
    let report = until_found(&server, "healthy", ("shop", "client", "completed"));
    assert_eq!(report["findings"].as_array().unwrap().len(), 1, "{report:#}");
    assert_eq!(recent(&report, "cart", "server", "completed"), Some(CALLS));
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
    let wait = Duration::from_secs(20);
    until("the clients' halves are given up", wait, || {
        let expired = recent(&report(&server), "shop", "client", "expired");
        check(expired == Some(CALLS), || format!("{expired:?} expired"))
    });
    sender.deliver(halves("cart", SpanKind::Server, 1));
    let report = until_found(&server, "late_halves", ("cart", "server", "late"));
    let remedy = report["findings"][0]["remedy"].as_str().unwrap();
    assert!(remedy.contains("service_graphs.wait"), "{remedy}");
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
