//! A tenant at the limits of its series and of its pending table costs another tenant nothing.

use std::thread;
use std::time::Duration;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use serde_json::json;

use super::{json_of, senders, with_tenants};
use crate::harness::otlp::ALL_ACCEPTED;
use crate::harness::spans::{SpanExt, of_service, pair, request, span};
use crate::harness::until::check;
use crate::harness::{Server, until};

const PAIRS: u64 = 60;
const PATIENCE: Duration = Duration::from_secs(15);

/// A call between two services that no other request names, and a half that stays alone.
fn new_names(trace: u64) -> ExportTraceServiceRequest {
    let client = span(trace, 1, SpanKind::Client);
    let called = span(trace, 2, SpanKind::Server).parent(1);
    let alone = span(trace, 3, SpanKind::Client);
    request(vec![
        of_service(&format!("a{trace}"), vec![alone, client]),
        of_service(&format!("b{trace}"), vec![called]),
    ])
}

#[test]
fn a_tenant_at_its_limits_neither_slows_nor_refuses_another() {
    let server = with_tenants(&json!({ "full": { "metrics_generator": {
        "max_active_series": 20,
        "processor": { "service_graphs": { "max_items": 4, "wait": "60s" } },
    } } }))
    .start();
    thread::scope(|scope| {
        for (index, mut sender) in (0..).zip(senders(&server)) {
            scope.spawn(move || {
                for trace in 1..=200 {
                    let answer = sender.send_as(Some("full"), new_names(2 * trace + index));
                    assert_eq!(answer, ALL_ACCEPTED);
                }
            });
        }
        for (index, mut sender) in (0..).zip(senders(&server)) {
            scope.spawn(move || {
                for trace in (1..=PAIRS).filter(|trace| trace % 2 == index) {
                    assert_eq!(sender.send_as(Some("free"), pair(trace)), ALL_ACCEPTED);
                }
            });
        }
    });
    assert_full(&server);
    assert_unharmed(&server);
}

fn assert_full(server: &Server) {
    let own = server.own_metrics();
    let dropped = [("tenant", "full"), ("outcome", "dropped_full")];
    assert!(own.sum("spangraph_half_edges_total", &dropped) > 0.0);
    let report = json_of(server, "/api/v1/tenants/full");
    let pending = &report["limits"]["pending_edges"];
    // As in Tempo one more than max_items may wait.
    assert!(
        pending["limit"] == 4 && pending["used"].as_u64() <= Some(5),
        "{pending}"
    );
    until("the limit of series is reached", PATIENCE, || {
        let own = server.own_metrics();
        let limited = own.sum("spangraph_limited_updates_total", &[("tenant", "full")]);
        let series = own.sum("spangraph_active_series", &[("tenant", "full")]);
        check(limited > 0.0, || format!("{series} series"))
    });
}

#[expect(clippy::cast_precision_loss, reason = "a handful")]
fn assert_unharmed(server: &Server) {
    until("every pair of the other is an edge", PATIENCE, || {
        let own = server.own_metrics();
        let edges = own.sum("spangraph_edges_total", &[("tenant", "free")]);
        check(edges == PAIRS as f64, || format!("{edges} edges"))
    });
    let own = server.own_metrics();
    let dropped = [("tenant", "free"), ("outcome", "dropped_full")];
    assert_eq!(own.sum("spangraph_half_edges_total", &dropped), 0.0);
    assert_eq!(
        own.sum("spangraph_limited_updates_total", &[("tenant", "free")]),
        0.0
    );
    assert_eq!(own.sum("spangraph_receiver_refused_total", &[]), 0.0);
}
