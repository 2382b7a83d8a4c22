//! Graphs of hand-made descriptions.

use std::sync::Arc;

use spangraph_actors::aggregator::GraphDescription;

use super::*;

fn edge(client: &str, server: &str, connection_type: &str, calls: f64) -> EdgeDescription {
    EdgeDescription {
        client: client.to_owned(),
        server: server.to_owned(),
        connection_type: connection_type.to_owned(),
        calls,
        ..EdgeDescription::default()
    }
}

fn service(name: &str, namespace: Option<&str>, served: f64) -> ServiceDescription {
    ServiceDescription {
        service: name.to_owned(),
        namespace: namespace.map(str::to_owned),
        served,
        spans: served,
        ..ServiceDescription::default()
    }
}

fn description(
    seconds: i64,
    edges: Vec<EdgeDescription>,
    services: Vec<ServiceDescription>,
) -> Arc<GraphDescription> {
    Arc::new(GraphDescription {
        taken_unix_milliseconds: seconds * 1000,
        edges,
        services,
        limited_updates: 0,
    })
}

fn graph(edges: Vec<EdgeDescription>, services: Vec<ServiceDescription>) -> Graph {
    let latest = description(10, edges, services);
    Graph::of(&Window {
        earlier: None,
        latest,
    })
}

fn kinds(graph: &Graph) -> Vec<(&str, NodeKind)> {
    graph
        .nodes
        .iter()
        .map(|node| (node.service.as_str(), node.kind))
        .collect()
}

#[test]
fn nodes_are_what_their_edges_make_them() {
    let edges = vec![
        edge("user", "frontend", "virtual_node", 1.0),
        edge("frontend", "cart", "", 1.0),
        edge("cart", "redis", "database", 1.0),
        edge("cart", "bank", "virtual_node", 1.0),
        edge("cart", "mailer", "messaging_system", 1.0),
    ];
    assert_eq!(
        kinds(&graph(edges, vec![service("frontend", None, 1.0)])),
        [
            ("bank", NodeKind::Virtual),
            ("cart", NodeKind::Service),
            ("frontend", NodeKind::Service),
            ("mailer", NodeKind::Messaging),
            ("redis", NodeKind::Database),
            ("user", NodeKind::Virtual),
        ]
    );
}

#[test]
fn the_label_virtual_node_tells_which_side_never_reported() {
    let mut from_gateway = edge("gateway", "shop", "virtual_node", 1.0);
    from_gateway.virtual_node = Some("client".to_owned());
    let mut to_bank = edge("mobile", "bank", "virtual_node", 1.0);
    to_bank.virtual_node = Some("server".to_owned());
    assert_eq!(
        kinds(&graph(vec![from_gateway, to_bank], Vec::new())),
        [
            ("bank", NodeKind::Virtual),
            ("gateway", NodeKind::Virtual),
            ("mobile", NodeKind::Service),
            ("shop", NodeKind::Service),
        ]
    );
}

#[test]
fn a_service_that_gets_calls_and_messages_is_a_service() {
    let edges = vec![edge("a", "b", "messaging_system", 1.0), edge("a", "b", "", 1.0)];
    let graph = graph(edges, Vec::new());
    assert_eq!(graph.node("b").unwrap().kind, NodeKind::Service);
    assert_eq!(graph.edges.len(), 2);
}

#[test]
fn label_sets_of_one_edge_are_added_up_and_nodes_add_their_edges() {
    let with_dimension = |region: &str, calls, failed| EdgeDescription {
        dimensions: vec![("region".to_owned(), region.to_owned())],
        failed,
        ..edge("a", "b", "", calls)
    };
    let then = description(
        0,
        vec![with_dimension("eu", 10.0, 0.0), with_dimension("us", 50.0, 5.0)],
        vec![],
    );
    let now = description(
        10,
        vec![
            with_dimension("eu", 20.0, 1.0),
            with_dimension("us", 5.0, 1.0),
            edge("c", "b", "", 5.0),
        ],
        vec![],
    );
    let graph = Graph::of(&Window {
        earlier: Some(then),
        latest: now,
    });
    let rates: Vec<_> = graph.edges.iter().map(|edge| edge.measures.rate).collect();
    assert_eq!(rates, [Some(1.5), Some(0.5)]);
    let node = graph.node("b").unwrap();
    assert_eq!(
        (node.measures.rate, node.measures.error_share),
        (Some(2.0), Some(0.1))
    );
}

#[test]
fn services_without_an_edge_are_there_with_the_rate_of_their_spans() {
    let then = description(0, vec![], vec![service("batch", Some("jobs"), 100.0)]);
    let now = description(20, vec![], vec![service("batch", Some("jobs"), 140.0)]);
    let graph = Graph::of(&Window {
        earlier: Some(then),
        latest: now,
    });
    let node = graph.node("batch").unwrap();
    assert_eq!(
        (node.namespace.as_deref(), node.measures.rate),
        (Some("jobs"), Some(2.0))
    );
}

#[test]
fn a_namespace_comes_from_the_dimension_of_its_side() {
    let mut edge = edge("a", "b", "", 1.0);
    edge.dimensions = vec![
        ("client_service_namespace".to_owned(), "left".to_owned()),
        ("server_service_namespace".to_owned(), "right".to_owned()),
    ];
    let graph = graph(vec![edge], Vec::new());
    assert_eq!(graph.node("a").unwrap().namespace.as_deref(), Some("left"));
    assert_eq!(graph.node("b").unwrap().namespace.as_deref(), Some("right"));
}
