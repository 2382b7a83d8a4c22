//! The columns by which the tables are sorted.

use super::model::{Edge, Graph, Node};
use super::rates::Measures;

/// The column by which tables are sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// By client, server and way; nodes by name.
    #[default]
    Name,
    /// By called service; nodes by name.
    Server,
    /// By way; nodes by kind.
    Kind,
    /// By namespace; edges by name.
    Namespace,
    /// By calls a second.
    Rate,
    /// By the share of failures.
    Errors,
    /// By median latency.
    P50,
    /// By the 95th percentile of latency.
    P95,
}

impl Sort {
    const ALL: [(&str, Self); 8] = [
        ("name", Self::Name),
        ("server", Self::Server),
        ("kind", Self::Kind),
        ("namespace", Self::Namespace),
        ("rate", Self::Rate),
        ("errors", Self::Errors),
        ("p50", Self::P50),
        ("p95", Self::P95),
    ];

    /// Its word in the URL.
    #[must_use]
    pub fn word(self) -> &'static str {
        let found = Self::ALL.iter().find(|(_, sort)| *sort == self);
        found.map_or("name", |(word, _)| word)
    }

    /// The column of a word in the URL.
    ///
    /// # Errors
    /// When there is no such column, in words.
    pub fn parse(value: &str) -> Result<Self, String> {
        let found = Self::ALL.iter().find(|(word, _)| *word == value);
        let words = Self::ALL.map(|(word, _)| word).join(", ");
        found
            .map(|(_, sort)| *sort)
            .ok_or_else(|| format!("{value:?} is none of {words}"))
    }

    /// Puts nodes and edges in order.
    pub fn order(self, graph: &mut Graph, descending: bool) {
        let by = |measures: &Measures| self.number_of(measures).unwrap_or(-1.0);
        graph.nodes.sort_by(|a, b| {
            let texts = self.text_of_node(a).cmp(&self.text_of_node(b));
            texts.then(by(&a.measures).total_cmp(&by(&b.measures)))
        });
        graph.edges.sort_by(|a, b| {
            let texts = self.text_of_edge(a).cmp(&self.text_of_edge(b));
            texts.then(by(&a.measures).total_cmp(&by(&b.measures)))
        });
        if descending {
            graph.nodes.reverse();
            graph.edges.reverse();
        }
    }

    fn number_of(self, measures: &Measures) -> Option<f64> {
        match self {
            Self::Rate => measures.rate.or(Some(measures.calls)),
            Self::Errors => measures.error_share,
            Self::P50 => measures.p50_seconds,
            Self::P95 => measures.p95_seconds,
            _ => Some(0.0),
        }
    }

    fn text_of_node(self, node: &Node) -> Option<&str> {
        match self {
            Self::Kind => Some(node.kind.word()),
            Self::Namespace => node.namespace.as_deref(),
            Self::Name | Self::Server => Some(&node.service),
            _ => None,
        }
    }

    fn text_of_edge(self, edge: &Edge) -> Option<&str> {
        match self {
            Self::Kind => Some(edge.connection()),
            Self::Server => Some(&edge.server),
            Self::Name | Self::Namespace => Some(&edge.client),
            _ => None,
        }
    }
}
