//! What is described equals what is collected.

use std::collections::HashMap;
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use spangraph_config::{HistogramKind, Limiter, TenantSettings};

use crate::aggregator::decoded::{Identity, Span, decode, edge, edges, registry, spans};
use crate::aggregator::describe::{EdgeDescription, LatencyDescription};
use crate::batches::{Connection, Edge, Edges, Latency};

const NOW: i64 = 1_700_000_000_000;

fn with_span_metrics() -> TenantSettings {
    let mut settings = TenantSettings::default();
    settings.processors.span_metrics_count = true;
    settings.processors.span_metrics_latency = true;
    settings
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

const SERVER: &str = "SPAN_KIND_SERVER";
const INTERNAL: &str = "SPAN_KIND_INTERNAL";
const UNSET: &str = "STATUS_CODE_UNSET";
const ERROR: &str = "STATUS_CODE_ERROR";

/// The labels of a span of `service`, of the job `job`.
fn labels<'a>(service: &'a str, name: &'a str, kind: &'a str, status: &'a str, job: &'a str) -> [&'a str; 7] {
    [service, name, kind, status, "", job, ""]
}

#[test]
fn services_count_what_they_served_and_know_their_namespace() {
    let mut registry = registry(&with_span_metrics());
    let served = labels("cart", "GET", SERVER, UNSET, "shop/cart");
    let failed = labels("cart", "GET", SERVER, ERROR, "shop/cart");
    let inner = labels("cart", "cook", INTERNAL, ERROR, "shop/cart");
    let alone = labels("batch", "run", INTERNAL, UNSET, "batch");
    let spans = spans(&[
        span(&served, 3.0),
        span(&failed, 1.0),
        span(&inner, 2.0),
        span(&alone, 1.0),
    ]);
    registry.apply_spans(&spans, NOW);
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
    let rare = labels("cart", "DELETE", SERVER, UNSET, "");
    let common = labels("cart", "GET", SERVER, UNSET, "");
    let other = labels("shop", "GET", SERVER, UNSET, "");
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

/// The series that an edge stands for, as they are collected.
fn series_of(edge: &EdgeDescription) -> Vec<(Identity, f64)> {
    let labels = format!("client={:?},server={:?}", edge.client, edge.server);
    let mut series = vec![(
        format!("traces_service_graph_request_total{{{labels}}}"),
        edge.calls,
    )];
    if edge.failed > 0.0 {
        series.push((
            format!("traces_service_graph_request_failed_total{{{labels}}}"),
            edge.failed,
        ));
    }
    for (side, latency) in [("server", &edge.server_latency), ("client", &edge.client_latency)] {
        series.extend(histogram_of(
            &format!("traces_service_graph_request_{side}_seconds"),
            edge,
            latency,
        ));
    }
    series
}

fn histogram_of(
    name: &str,
    edge: &EdgeDescription,
    latency: &Option<LatencyDescription>,
) -> Vec<(Identity, f64)> {
    let (client, server) = (&edge.client, &edge.server);
    let latency = latency.as_ref().unwrap();
    let mut series = vec![
        (
            format!("{name}_sum{{client={client:?},server={server:?}}}"),
            latency.sum,
        ),
        (
            format!("{name}_count{{client={client:?},server={server:?}}}"),
            *latency.cumulative.last().unwrap(),
        ),
    ];
    for (bound, value) in latency.bounds.iter().zip(&latency.cumulative) {
        let bound = if bound.is_finite() {
            bound.to_string()
        } else {
            "+Inf".to_owned()
        };
        let labels = format!("{{client={client:?},le={bound:?},server={server:?}}}");
        series.push((format!("{name}_bucket{labels}"), *value));
    }
    series
}

/// A call by the numbers of its sides, whether it failed, its weight, and its latency in 64ths of a second.
type Call = (u8, u8, bool, u8, u8);

fn batch(calls: &[Call]) -> Edges {
    let mut batch = Edges::default();
    for (client, server, failed, weight, sixty_fourths) in calls {
        let plain = edge(&mut batch, &format!("c{client}"), &format!("s{server}"));
        batch.edges.push(Edge {
            failed: *failed,
            multiplier: f64::from(*weight),
            server_latency: Latency::of_seconds(f64::from(*sixty_fourths) / 64.0),
            client_latency: Latency::of_seconds(f64::from(*sixty_fourths) / 32.0),
            ..plain
        });
    }
    batch
}

proptest! {
    #[test]
    fn edges_are_the_series_that_are_collected(
        rounds in vec(vec((0u8..6, 0u8..4, any::<bool>(), 1u8..4, any::<u8>()), 0..20), 1..5),
    ) {
        let mut settings = TenantSettings::default();
        settings.registry.stale_duration = Duration::from_secs(20);
        let mut registry = registry(&settings);
        for (round, calls) in (0i64..).zip(rounds) {
            let now = NOW + round * 15_000;
            registry.apply(&batch(&calls), now);
            let collected = decode(&registry.collect(now + 1)).values();
            let described: HashMap<_, _> = registry.describe_graph(now).edges.iter().flat_map(series_of).collect();
            prop_assert_eq!(described, collected);
        }
    }
}
