//! Every span that was accepted is accounted for, exactly, and every edge is counted, exactly.

mod load;
mod reload;
mod slow_store;

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;

use crate::harness::until::check;
use crate::harness::{Server, ServerConfig, until};
use load::{Load, Outcome, PAIRS, SPANS, WORKERS};
use spangraph_test_support::exposition::Scrape;

const TENANT: (&str, &str) = ("tenant", "single-tenant");

/// Room for everything that the tests leave waiting.
const MAX_ITEMS: u64 = 1_000_000;

#[test]
fn each_of_two_hundred_thousand_spans_is_accounted_for() {
    let wait = json!({ "wait": "15s", "max_items": MAX_ITEMS });
    let server = ServerConfig::new().with(&service_graphs(&wait)).start();
    let load = Load {
        rounds: 50,
        paced: false,
    };
    let outcome = load.send(&server);
    assert_eq!(outcome.refused(), 0, "nothing may be refused here");
    until("nothing waits any more", Duration::from_secs(60), || {
        let pending = server
            .own_metrics()
            .sum("spangraph_pending_half_edges", &[TENANT]);
        check(pending == 0.0, || format!("{pending} halves wait"))
    });
    let own = server.own_metrics();
    check_identity(&own, &outcome);
    check_reasons(&own, outcome.accepted());
    check_all_edges(&server, &own, &outcome);
}

#[test]
fn requests_refused_for_overload_leave_no_trace() {
    let wait = json!({ "wait": "300s", "max_items": MAX_ITEMS });
    let tight = json!({ "spangraph": {
        "admission": { "max_spans": 3 * SPANS / 2, "max_bytes": load::request_bytes() * 3 / 2 },
        "matcher": { "mailbox": 4 },
    } });
    let server = ServerConfig::new()
        .with(&service_graphs(&wait))
        .with(&tight)
        .start();
    let outcome = Load {
        rounds: 40,
        paced: true,
    }
    .send(&server);
    let share = outcome.refused() * 100 / (outcome.refused() + outcome.accepted());
    assert!(
        (10..=90).contains(&share),
        "{share} % of the requests were refused, about half should be"
    );
    assert_eq!(
        outcome.refused_without_hint(),
        0,
        "each refusal says when to come again"
    );
    let own = settled(&server, &outcome);
    check_identity(&own, &outcome);
    let edges = outcome.edges();
    until("every edge is counted", Duration::from_secs(10), || {
        let totals = request_totals(&server);
        check(totals == edges, || format!("{totals:?} is not {edges:?}"))
    });
    let paired = edges.values().sum::<f64>() - outcome.per_accepted(load::DATABASES);
    assert_eq!(
        own.sum("spangraph_pending_half_edges", &[TENANT]),
        outcome.pending_when_nothing_expired(paired)
    );
}

fn service_graphs(settings: &serde_json::Value) -> serde_json::Value {
    json!({ "metrics_generator": { "processor": { "service_graphs": settings } } })
}

/// The own metrics once all accepted halves have reached the matchers.
fn settled(server: &Server, outcome: &Outcome) -> Scrape {
    until("the accepted spans are applied", Duration::from_secs(20), || {
        let own = server.own_metrics();
        let (received, placed) = (received(&own), placed(&own));
        check(received == placed && received == outcome.accepted_spans(), || {
            format!(
                "received {received}, placed {placed}, accepted by answer {}",
                outcome.accepted_spans()
            )
        })
        .map(|()| own)
    })
}

fn received(own: &Scrape) -> f64 {
    own.sum("spangraph_spans_received_total", &[TENANT])
}

/// Σ discarded + Σ halves + pending.
fn placed(own: &Scrape) -> f64 {
    own.sum("spangraph_spans_discarded_total", &[TENANT])
        + own.sum("spangraph_half_edges_total", &[TENANT])
        + own.sum("spangraph_pending_half_edges", &[TENANT])
}

fn check_identity(own: &Scrape, outcome: &Outcome) {
    assert_eq!(
        received(own),
        outcome.accepted_spans(),
        "spans received are those that answers accepted"
    );
    assert_eq!(
        received(own),
        placed(own),
        "received = discarded + halves + pending"
    );
    assert_eq!(
        own.sum(
            "spangraph_half_edges_total",
            &[TENANT, ("outcome", "dropped_full")]
        ),
        0.0
    );
}

/// What became of the spans that never were to be an edge, by the load's make-up.
fn check_reasons(own: &Scrape, requests: u32) {
    let each = |count: u32| f64::from(requests * count);
    let discarded = own.sum_by_label("spangraph_spans_discarded_total", "reason");
    let expected = [
        ("not_an_edge_half", each(load::INTERNALS)),
        ("too_old", each(load::TOO_OLD)),
        ("no_service_name", each(load::NAMELESS)),
    ];
    for (reason, count) in expected {
        assert_eq!(discarded.get(reason), Some(&count), "{reason} in {discarded:?}");
    }
    let halves = own.sum_by_label("spangraph_half_edges_total", "outcome");
    assert_eq!(
        halves.get("virtual_node"),
        Some(&each(load::PEERS + load::ROOTS)),
        "{halves:?}"
    );
    assert_eq!(halves.get("expired"), Some(&each(load::LONELY)), "{halves:?}");
    assert_eq!(
        own.sum("spangraph_edges_expired_total", &[TENANT]),
        each(load::LONELY)
    );
}

fn check_all_edges(server: &Server, own: &Scrape, outcome: &Outcome) {
    let mut expected = outcome.edges();
    for worker in 0..WORKERS {
        let requests = f64::from(outcome.accepted_of(worker));
        expected.insert(
            (load::client(worker), "stripe".to_owned()),
            requests * f64::from(load::PEERS),
        );
        expected.insert(
            ("user".to_owned(), load::server(worker)),
            requests * f64::from(load::ROOTS),
        );
    }
    let total: f64 = expected.values().sum();
    until("every edge is collected", Duration::from_secs(10), || {
        let totals = request_totals(server);
        check(totals == expected, || format!("{totals:?} is not {expected:?}"))
    });
    assert_eq!(own.sum("spangraph_edges_total", &[TENANT]), total);
    assert!(total > f64::from(PAIRS * 50 * 8), "the model itself counts edges");
}

fn request_totals(server: &Server) -> BTreeMap<(String, String), f64> {
    let totals = server
        .generated()
        .sum_by("traces_service_graph_request_total", ["client", "server"]);
    totals
        .into_iter()
        .map(|(edge, calls)| (edge.into(), calls))
        .collect()
}
