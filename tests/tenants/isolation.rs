//! Two tenants that send the same trace ids, span ids and names: nothing of one is in what the other has.

use std::collections::BTreeMap;
use std::time::Duration;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use serde_json::json;
use spangraph_test_support::Labels;
use spangraph_test_support::exposition::Scrape;

use super::{json_of, senders, with_tenants};
use crate::harness::otlp::ALL_ACCEPTED;
use crate::harness::server::OPEN_METRICS;
use crate::harness::spans::{SpanExt, of_service, pair, request, span};
use crate::harness::until::check;
use crate::harness::{RemoteWriteReceiver, Server, ServerConfig, until};

const PATIENCE: Duration = Duration::from_secs(15);
const REQUESTS: &str = "traces_service_graph_request_total";
const CALLS: &str = "traces_spanmetrics_calls_total";

/// How many pairs each tenant sends, all with the same ids as the other's.
const PAIRS: [(&str, u64); 2] = [("left", 3), ("right", 5)];

fn two_tenants() -> ServerConfig {
    let processors = json!(["service-graphs", "span-metrics"]);
    let defaults = json!({ "metrics_generator": { "processors": processors } });
    with_tenants(&json!({ "left": {}, "right": {} })).with(&json!({ "overrides": { "defaults": defaults } }))
}

fn generated(server: &Server, tenant: &str) -> Scrape {
    Scrape::parse(&server.text(&format!("/metrics/generated?tenant={tenant}"), OPEN_METRICS)).unwrap()
}

/// One span of a service of which only `tenant` knows, with ids that both have.
fn own_service(tenant: &str) -> ExportTraceServiceRequest {
    let own = span(1, 3, SpanKind::Internal).attribute("team", tenant);
    request(vec![of_service(&format!("only-of-{tenant}"), vec![own])])
}

#[test]
fn halves_of_two_tenants_never_make_an_edge_though_their_ids_fit() {
    let server = two_tenants().start();
    let client = || request(vec![of_service("shop", vec![span(1, 1, SpanKind::Client)])]);
    let called = || {
        request(vec![of_service(
            "cart",
            vec![span(1, 2, SpanKind::Server).parent(1)],
        )])
    };
    for mut sender in senders(&server) {
        assert_eq!(sender.send_as(Some("left"), client()), ALL_ACCEPTED);
        assert_eq!(sender.send_as(Some("right"), called()), ALL_ACCEPTED);
    }
    for tenant in ["left", "right"] {
        until("the halves are given up", PATIENCE, || {
            let own = server.own_metrics();
            let waiting = own.sum("spangraph_pending_half_edges", &[("tenant", tenant)]);
            let halves = own.sum("spangraph_half_edges_total", &[("tenant", tenant)]);
            check(waiting == 0.0 && halves == 2.0, || {
                format!("{waiting} wait, {halves} are done")
            })
        });
        let paired = [("tenant", tenant), ("outcome", "paired")];
        let own = server.own_metrics();
        assert_eq!(own.sum("spangraph_half_edges_total", &paired), 0.0);
        let edges = generated(&server, tenant).sum_by(REQUESTS, ["client", "server"]);
        let both = ["shop", "cart"].map(str::to_owned);
        assert!(!edges.contains_key(&both), "{edges:?}");
    }
}

#[test]
fn each_tenant_has_its_own_counts_series_and_pages() {
    let store = RemoteWriteReceiver::start();
    let server = two_tenants().remote_write(&store.url()).start();
    for (tenant, pairs) in PAIRS {
        for (index, mut sender) in (0..).zip(senders(&server)) {
            for trace in (1..=pairs).filter(|trace| trace % 2 == index) {
                assert_eq!(sender.send_as(Some(tenant), pair(trace)), ALL_ACCEPTED);
            }
            assert_eq!(sender.send_as(Some(tenant), own_service(tenant)), ALL_ACCEPTED);
        }
    }
    for (tenant, pairs) in PAIRS {
        assert_counted(&server, tenant, pairs);
        assert_written(&store, tenant, pairs);
    }
    let is_named = store
        .requests()
        .iter()
        .all(|request| matches!(request.tenant(), Some("left" | "right")));
    assert!(is_named, "every request names one of the tenants");
    for [tenant, other] in [["left", "right"], ["right", "left"]] {
        assert_pages_of(&server, tenant, other);
    }
}

#[expect(clippy::cast_precision_loss, reason = "a handful")]
fn assert_counted(server: &Server, tenant: &str, pairs: u64) {
    let edge = [("client", "shop"), ("server", "cart")];
    until("the tenant's calls are counted", PATIENCE, || {
        let series = generated(server, tenant);
        let counts = [
            series.sum(REQUESTS, &edge),
            series.sum(CALLS, &[("service", "shop")]),
            series.sum(CALLS, &[("service", "cart")]),
        ];
        check(counts == [pairs as f64; 3], || {
            format!("{tenant}: {counts:?}, not {pairs}")
        })
    });
    let report = json_of(server, &format!("/api/v1/tenants/{tenant}"));
    assert_eq!(report["activity"]["edges"][0]["count"], pairs);
    assert_eq!(report["activity"]["spans_received"], 2 * pairs + 2);
}

/// The last values that the store got of the tenant are its own, and all that it got are.
#[expect(clippy::cast_precision_loss, reason = "a handful")]
fn assert_written(store: &RemoteWriteReceiver, tenant: &str, pairs: u64) {
    until("the tenant's calls are written", PATIENCE, || {
        let samples = store.samples();
        let of_tenant = samples
            .iter()
            .filter(|((owner, _), _)| owner.as_deref() == Some(tenant));
        let mut last: BTreeMap<&str, f64> = BTreeMap::new();
        for ((_, labels), samples) in of_tenant {
            let most = samples.iter().map(|sample| sample.value).fold(0.0, f64::max);
            let entry = last.entry(of_call(labels)).or_default();
            *entry = entry.max(most);
        }
        let counts = [last.get(REQUESTS), last.get(CALLS)];
        check(counts == [Some(&(pairs as f64)); 2], || {
            format!("{tenant}: {counts:?}, not {pairs}")
        })
    });
}

/// The metric's name when the series is of the call that both tenants make.
fn of_call(labels: &Labels) -> &str {
    let has = |name: &str, value: &str| labels.get(name).is_some_and(|found| found == value);
    let is_call = has("client", "shop") && has("server", "cart") || has("service", "shop");
    labels
        .get("__name__")
        .filter(|_| is_call)
        .map_or("", String::as_str)
}

/// What is shown of one tenant names nothing of the other.
fn assert_pages_of(server: &Server, tenant: &str, other: &str) {
    let own = format!("only-of-{tenant}");
    let series = server.text(&format!("/metrics/generated?tenant={tenant}"), OPEN_METRICS);
    assert!(series.contains(&own), "{series}");
    for path in [
        "/metrics/generated",
        "/api/v1/graph",
        "/graph/export.svg",
        "/api/v1/pairing",
    ] {
        let shown = server.text(&format!("{path}?tenant={tenant}"), "*/*");
        assert!(!shown.contains(&format!("only-of-{other}")), "{path}: {shown}");
        assert!(!shown.contains(other), "{path}: {shown}");
    }
    let report = json_of(server, &format!("/api/v1/tenants/{tenant}")).to_string();
    assert!(!report.contains(other), "{report}");
}
