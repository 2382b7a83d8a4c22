//! One service: who calls it, whom it calls, and its spans by label set.

use std::collections::BTreeMap;

use serde::Serialize;
use spangraph_actors::aggregator::SpanSetDescription;
use utoipa::ToSchema;

use super::filter::Query;
use super::model::{Edge, Graph, Node, NodeKind};
use super::quantile::quantile;
use super::rates::Measures;
use super::report::{EdgeReport, NodeReport};

/// A service of a tenant.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ServiceReport {
    /// The tenant's id.
    pub tenant: String,
    /// Over how many seconds rates are reckoned; null as long as the graph was described only once.
    pub window_seconds: Option<f64>,
    /// The service.
    pub node: NodeReport,
    /// Calls to it.
    pub callers: Vec<EdgeReport>,
    /// Calls by it.
    pub callees: Vec<EdgeReport>,
    /// Its spans, the most frequent first; empty when span metrics are off.
    pub spans: Vec<SpanSetReport>,
}

/// The spans of one label set of span metrics, since the start of their series.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct SpanSetReport {
    /// All labels.
    pub labels: BTreeMap<String, String>,
    /// How many spans.
    pub calls: f64,
    /// Their median duration in seconds.
    pub p50_seconds: Option<f64>,
    /// The 95th percentile of their duration in seconds.
    pub p95_seconds: Option<f64>,
}

impl ServiceReport {
    /// The service called `service`; `None` when there are neither calls nor spans of it.
    #[must_use]
    pub fn of(tenant: &str, service: &str, graph: Graph, spans: Vec<SpanSetDescription>) -> Option<Self> {
        let unknown = || Node {
            service: service.to_owned(),
            namespace: None,
            kind: NodeKind::Service,
            measures: Measures::default(),
        };
        let node = graph
            .node(service)
            .cloned()
            .or_else(|| (!spans.is_empty()).then(unknown))?;
        let mut spans: Vec<_> = spans.into_iter().map(SpanSetReport::of).collect();
        spans.sort_by(|a, b| b.calls.total_cmp(&a.calls).then_with(|| a.labels.cmp(&b.labels)));
        Some(Self {
            tenant: tenant.to_owned(),
            window_seconds: graph.window_seconds,
            node: NodeReport::of(node, &Query::default()),
            callers: calls(&graph, |edge| edge.server == service),
            callees: calls(&graph, |edge| edge.client == service),
            spans,
        })
    }
}

fn calls(graph: &Graph, is_wanted: impl Fn(&Edge) -> bool) -> Vec<EdgeReport> {
    let wanted = graph.edges.iter().filter(|edge| is_wanted(edge));
    wanted.cloned().map(EdgeReport::of).collect()
}

impl SpanSetReport {
    fn of(spans: SpanSetDescription) -> Self {
        let at = |share| {
            spans
                .latency
                .as_ref()
                .and_then(|latency| quantile(latency, share))
        };
        Self {
            calls: spans.calls,
            p50_seconds: at(0.5),
            p95_seconds: at(0.95),
            labels: spans.labels.into_iter().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(name: &str, calls: f64) -> SpanSetDescription {
        SpanSetDescription {
            labels: vec![("span_name".to_owned(), name.to_owned())],
            calls,
            latency: None,
        }
    }

    fn edge(client: &str, server: &str) -> Edge {
        Edge {
            client: client.to_owned(),
            server: server.to_owned(),
            connection_type: String::new(),
            measures: Measures::default(),
        }
    }

    #[test]
    fn callers_and_callees_are_told_apart_and_spans_are_in_order_of_frequency() {
        let node = |name: &str| Node {
            service: name.to_owned(),
            namespace: None,
            kind: NodeKind::Service,
            measures: Measures::default(),
        };
        let graph = Graph {
            nodes: ["a", "b", "c"].map(node).into(),
            edges: vec![edge("a", "b"), edge("b", "c"), edge("b", "b")],
            ..Graph::default()
        };
        let report = ServiceReport::of("t", "b", graph, vec![spans("few", 1.0), spans("many", 9.0)]).unwrap();
        let clients: Vec<_> = report.callers.iter().map(|edge| edge.client.as_str()).collect();
        let servers: Vec<_> = report.callees.iter().map(|edge| edge.server.as_str()).collect();
        assert_eq!((clients, servers), (vec!["a", "b"], vec!["c", "b"]));
        assert_eq!(report.spans.first().unwrap().labels["span_name"], "many");
    }

    #[test]
    fn a_service_that_nothing_tells_of_is_not_there() {
        assert_eq!(ServiceReport::of("t", "x", Graph::default(), Vec::new()), None);
        let report = ServiceReport::of("t", "x", Graph::default(), vec![spans("a", 1.0)]);
        assert_eq!(report.unwrap().node.service, "x");
    }
}
