//! The numbers of a node or an edge as PromQL, to be copied.

use serde::Serialize;
use utoipa::ToSchema;

use super::model::{Edge, NodeKind};

/// Queries that give the numbers of a node or an edge from a Prometheus-compatible store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Queries {
    /// Calls a second.
    pub rate: String,
    /// The share of calls that failed.
    pub errors: String,
    /// The 95th percentile of latency in seconds.
    pub p95: String,
}

impl Queries {
    /// Those of the calls that `service` received.
    #[must_use]
    pub fn of_node(service: &str, kind: NodeKind) -> Self {
        let reports = matches!(kind, NodeKind::Service | NodeKind::Messaging);
        Self::of(&format!("server={}", quoted(service)), reports)
    }

    /// Those of the calls of one edge.
    #[must_use]
    pub fn of_edge(edge: &Edge) -> Self {
        let (client, server, way) = (&edge.client, &edge.server, &edge.connection_type);
        let selector = format!(
            "client={},server={},connection_type={}",
            quoted(client),
            quoted(server),
            quoted(way)
        );
        Self::of(&selector, matches!(way.as_str(), "" | "messaging_system"))
    }

    fn of(selector: &str, server_reports: bool) -> Self {
        let increase = |name: &str| format!("sum(rate(traces_service_graph_{name}{{{selector}}}[5m]))");
        let side = if server_reports { "server" } else { "client" };
        let buckets = format!("traces_service_graph_request_{side}_seconds_bucket{{{selector}}}");
        let (calls, failed) = (increase("request_total"), increase("request_failed_total"));
        Self {
            p95: format!("histogram_quantile(0.95, sum by (le) (rate({buckets}[5m])))"),
            errors: format!("({failed} or vector(0)) / {calls}"),
            rate: calls,
        }
    }
}

/// `text` as a PromQL string literal.
fn quoted(text: &str) -> String {
    let mut literal = String::with_capacity(text.len() + 2);
    literal.push('"');
    for character in text.chars() {
        match character {
            '\\' => literal.push_str("\\\\"),
            '"' => literal.push_str("\\\""),
            '\n' => literal.push_str("\\n"),
            '\r' => literal.push_str("\\r"),
            '\t' => literal.push_str("\\t"),
            control if control.is_ascii_control() => {
                literal.push_str(&format!("\\x{:02x}", u32::from(control)));
            }
            other => literal.push(other),
        }
    }
    literal.push('"');
    literal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_is_asked_for_by_the_calls_it_received() {
        let queries = Queries::of_node("cart", NodeKind::Service);
        assert_eq!(
            queries.rate,
            "sum(rate(traces_service_graph_request_total{server=\"cart\"}[5m]))"
        );
        assert_eq!(
            queries.p95,
            "histogram_quantile(0.95, sum by (le) (rate(traces_service_graph_request_server_seconds_bucket\
             {server=\"cart\"}[5m])))"
        );
    }

    #[test]
    fn what_does_not_report_is_measured_at_its_clients() {
        let queries = Queries::of_node("redis", NodeKind::Database);
        assert!(
            queries.p95.contains("request_client_seconds_bucket"),
            "{queries:?}"
        );
    }

    #[test]
    fn an_edge_is_asked_for_by_both_its_ends_and_its_way() {
        let edge = Edge {
            client: "a".to_owned(),
            server: "b".to_owned(),
            connection_type: String::new(),
            measures: crate::graph::rates::Measures::default(),
        };
        let queries = Queries::of_edge(&edge);
        let selector = "{client=\"a\",server=\"b\",connection_type=\"\"}";
        assert_eq!(
            queries.errors,
            format!(
                "(sum(rate(traces_service_graph_request_failed_total{selector}[5m])) or vector(0)) / \
                 sum(rate(traces_service_graph_request_total{selector}[5m]))"
            )
        );
    }

    #[test]
    fn values_are_quoted() {
        assert_eq!(quoted("a\"b\\c\nd"), r#""a\"b\\c\nd""#);
        assert_eq!(quoted("\u{1}ü"), "\"\\x01ü\"");
    }
}
