//! What is described equals what is collected.

use std::collections::HashMap;

use proptest::collection::vec;
use proptest::prelude::*;
use spangraph_config::{HistogramKind, Limiter, TenantSettings};

use crate::aggregator::decoded::{Identity, Span, decode, edge, edges, registry, spans};
use crate::aggregator::describe::{EdgeSnapshot, LatencySnapshot};
use crate::aggregator::registry::Registry;
use crate::edge::Edges;
use crate::half_edge::Connection;

const NOW: i64 = 1_700_000_000_000;

fn with_span_metrics() -> TenantSettings {
    let mut settings = TenantSettings::default();
    settings.processors.span_metrics_count = true;
    settings.processors.span_metrics_latency = true;
    settings
}

fn collected(registry: &mut Registry) -> HashMap<Identity, f64> {
    decode(&registry.collect(NOW + 1)).values()
}

fn span<'a>(labels: &'a [&'a str], weight: f64) -> Span<'a> {
    Span {
        labels,
        seconds: 0.25,
        weight,
    }
}

#[test]
fn a_call_is_named_by_its_labels() {
    let mut settings = TenantSettings::default();
    settings.service_graphs.enable_virtual_node_label = true;
    settings.registry.external_labels = [("cluster".to_owned(), "c".to_owned())].into();
    let mut registry = registry(&settings);
    let mut batch = Edges::default();
    let mut call = edge(&mut batch, "shop", "db");
    call.connection = Connection::Database;
    call.failed = true;
    batch.edges.push(call);
    registry.apply(&batch, NOW);
    let graph = registry.describe_graph(NOW + 5);
    assert_eq!(graph.taken_unix_milliseconds, NOW + 5);
    let [edge] = graph.edges.as_slice() else {
        panic!("{graph:?}")
    };
    assert_eq!(
        (&*edge.client, &*edge.server, &*edge.connection_type),
        ("shop", "db", "database")
    );
    assert_eq!(
        (edge.calls, edge.failed, edge.updated_unix_milliseconds),
        (1.0, 1.0, NOW)
    );
    assert_eq!(edge.dimensions, [("cluster".to_owned(), "c".to_owned())]);
}

#[test]
fn an_edge_that_external_labels_took_a_side_of_and_the_overflow_are_no_edges() {
    let mut settings = TenantSettings::default();
    settings.registry.external_labels = [("server".to_owned(), String::new())].into();
    let mut without_server = registry(&settings);
    without_server.apply(&edges(&[("a", "b")]), NOW);
    assert_eq!(without_server.describe_graph(NOW).edges, []);
    let mut settings = TenantSettings::default();
    settings.registry.limiter = Limiter::Entities(1);
    let mut limited = registry(&settings);
    limited.apply(&edges(&[("a", "b"), ("a", "c")]), NOW);
    let graph = limited.describe_graph(NOW);
    let servers: Vec<_> = graph.edges.iter().map(|edge| &*edge.server).collect();
    assert_eq!(servers, ["b"]);
    assert!(graph.limited_updates > 0);
}

#[test]
fn native_histograms_have_the_bounds_of_their_buckets() {
    let mut settings = TenantSettings::default();
    settings.registry.histograms.kind = HistogramKind::Native;
    let mut registry = registry(&settings);
    registry.apply(&edges(&[("a", "b"), ("a", "b")]), NOW);
    let graph = registry.describe_graph(NOW);
    let latency = graph.edges[0].server_latency.clone().unwrap();
    assert_eq!(latency.cumulative, [0.0, 2.0, 2.0]);
    assert!((latency.sum - 0.3).abs() < 1e-9);
    let upper = latency.bounds[1];
    assert!((0.15..0.17).contains(&upper), "0.15 s is just below {upper}");
}

#[test]
fn services_count_what_they_served_and_know_their_namespace() {
    let mut registry = registry(&with_span_metrics());
    let served = [
        "cart",
        "GET",
        "SPAN_KIND_SERVER",
        "STATUS_CODE_UNSET",
        "",
        "shop/cart",
        "",
    ];
    let failed = [
        "cart",
        "GET",
        "SPAN_KIND_SERVER",
        "STATUS_CODE_ERROR",
        "",
        "shop/cart",
        "",
    ];
    let inner = [
        "cart",
        "cook",
        "SPAN_KIND_INTERNAL",
        "STATUS_CODE_ERROR",
        "",
        "shop/cart",
        "",
    ];
    let alone = [
        "batch",
        "run",
        "SPAN_KIND_INTERNAL",
        "STATUS_CODE_UNSET",
        "",
        "batch",
        "",
    ];
    registry.apply_spans(
        &spans(&[
            span(&served, 3.0),
            span(&failed, 1.0),
            span(&inner, 2.0),
            span(&alone, 1.0),
        ]),
        NOW,
    );
    let services = registry.describe_graph(NOW).services;
    let [batch, cart] = services.as_slice() else {
        panic!("{services:?}")
    };
    assert_eq!((&*batch.service, batch.namespace.as_deref()), ("batch", None));
    assert_eq!((cart.namespace.as_deref(), cart.spans), (Some("shop"), 6.0));
    assert_eq!((cart.served, cart.served_failed), (4.0, 1.0));
}

#[test]
fn the_spans_of_one_service_come_with_the_most_first() {
    let mut registry = registry(&with_span_metrics());
    let rare = [
        "cart",
        "DELETE",
        "SPAN_KIND_SERVER",
        "STATUS_CODE_UNSET",
        "",
        "",
        "",
    ];
    let common = ["cart", "GET", "SPAN_KIND_SERVER", "STATUS_CODE_UNSET", "", "", ""];
    let other = ["shop", "GET", "SPAN_KIND_SERVER", "STATUS_CODE_UNSET", "", "", ""];
    registry.apply_spans(
        &spans(&[span(&rare, 1.0), span(&common, 5.0), span(&other, 9.0)]),
        NOW,
    );
    let sets = registry.describe_service("cart");
    let calls: Vec<_> = sets.iter().map(|set| set.calls).collect();
    assert_eq!(calls, [5.0, 1.0]);
    assert!(
        sets[0]
            .labels
            .contains(&("span_name".to_owned(), "GET".to_owned()))
    );
    assert_eq!(sets[0].latency.as_ref().unwrap().cumulative.last(), Some(&5.0));
    assert_eq!(registry.describe_service("nobody"), []);
    assert_eq!(registry.describe_service(""), []);
}

/// The series that an edge stands for, as they are collected; without buckets.
fn series_of(edge: &EdgeSnapshot) -> Vec<(Identity, f64)> {
    let labels = format!("{{client={:?},server={:?}}}", edge.client, edge.server);
    let count = |latency: &Option<LatencySnapshot>| *latency.as_ref().unwrap().cumulative.last().unwrap();
    let sum = |latency: &Option<LatencySnapshot>| latency.as_ref().unwrap().sum;
    [
        ("request_total", edge.calls),
        ("request_server_seconds_count", count(&edge.server_latency)),
        ("request_server_seconds_sum", sum(&edge.server_latency)),
        ("request_client_seconds_count", count(&edge.client_latency)),
        ("request_client_seconds_sum", sum(&edge.client_latency)),
    ]
    .map(|(name, value)| (format!("traces_service_graph_{name}{labels}"), value))
    .into()
}

proptest! {
    #[test]
    fn edges_are_the_series_that_are_collected(calls in vec((0u8..6, 0u8..4), 0..60)) {
        let names: Vec<_> = calls.iter().map(|(client, server)| (format!("c{client}"), format!("s{server}"))).collect();
        let pairs: Vec<_> = names.iter().map(|(client, server)| (client.as_str(), server.as_str())).collect();
        let mut registry = registry(&TenantSettings::default());
        registry.apply(&edges(&pairs), NOW);
        let described: HashMap<_, _> = registry.describe_graph(NOW).edges.iter().flat_map(series_of).collect();
        let mut collected = collected(&mut registry);
        collected.retain(|identity, _| !identity.contains("_bucket"));
        prop_assert_eq!(described, collected);
    }
}
