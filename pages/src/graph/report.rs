//! The live graph as data: what pages, drawings and exports are made of, and the JSON of `/api/v1/graph`.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde::Serialize;
use utoipa::ToSchema;

use super::filter::Query;
use super::layout::{Layout, Point, Rectangle};
use super::model::{Edge, Graph, Node, NodeKind};
use super::promql::Queries;
use super::rates::Measures;

/// A tenant's service graph, as far as the query asks for it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct GraphReport {
    /// The tenant's id.
    pub tenant: String,
    /// When the newest numbers were taken, in milliseconds since the Unix epoch.
    pub taken_unix_milliseconds: i64,
    /// Over how many seconds rates are reckoned; null as long as the graph was described only once.
    pub window_seconds: Option<f64>,
    /// Updates that limits turned away: with any, the graph is not whole.
    pub limited_updates: u64,
    /// Nodes that the minimum rate or the share of failures hides.
    pub hidden_nodes: usize,
    /// Edges that the minimum rate or the share of failures hides.
    pub hidden_edges: usize,
    /// The nodes in the order that the query asks for.
    pub nodes: Vec<NodeReport>,
    /// The edges in the order that the query asks for.
    pub edges: Vec<EdgeReport>,
    /// Where they stand in the drawing.
    pub drawing: Drawing,
}

/// A node.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct NodeReport {
    /// Its id in drawings, which stays the same.
    pub id: String,
    /// Its name: a value of the labels `client`, `server` or `service`.
    pub service: String,
    /// Its namespace, when a label tells of it.
    pub namespace: Option<String>,
    /// What it is.
    pub kind: NodeKind,
    /// Whether the search finds it.
    pub found: bool,
    /// The calls that it received.
    pub measures: Measures,
    /// The same from a store, as PromQL.
    pub queries: Queries,
}

/// The calls from one node to another by one way.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct EdgeReport {
    /// Its id in drawings, which stays the same.
    pub id: String,
    /// The calling node.
    pub client: String,
    /// The called node.
    pub server: String,
    /// The label `connection_type`: empty, `messaging_system`, `database` or `virtual_node`.
    pub connection_type: String,
    /// `call`, `messaging`, `database` or `virtual`.
    pub way: String,
    /// Its calls.
    pub measures: Measures,
    /// The same from a store, as PromQL.
    pub queries: Queries,
}

/// Where things stand, in SVG units.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct Drawing {
    /// The width of the whole.
    pub width: f64,
    /// The height of the whole.
    pub height: f64,
    /// Nodes by id.
    pub nodes: BTreeMap<String, Rectangle>,
    /// What edges pass between their ends, by id; those that go straight are not there.
    pub passes: BTreeMap<String, Vec<Point>>,
    /// Boxes round namespaces, when nodes are grouped.
    pub groups: Vec<NamespaceBox>,
}

/// A box round the nodes of a namespace.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct NamespaceBox {
    /// The namespace; null for nodes that have none.
    pub namespace: Option<String>,
    /// Where it is.
    pub place: Rectangle,
}

/// What a report is made of.
pub struct Parts<'a> {
    /// The tenant's id.
    pub tenant: &'a str,
    /// The question.
    pub query: &'a Query,
    /// What the layout was made of.
    pub topology: Graph,
    /// Where all of the topology stands.
    pub layout: &'a Layout,
}

impl GraphReport {
    /// The answer to a question.
    #[must_use]
    pub fn of(parts: Parts<'_>) -> Self {
        let (nodes, edges) = (parts.topology.nodes.len(), parts.topology.edges.len());
        let mut shown = parts.query.shown(parts.topology);
        parts.query.sort.order(&mut shown, parts.query.descending);
        Self {
            tenant: parts.tenant.to_owned(),
            taken_unix_milliseconds: shown.taken_unix_milliseconds,
            window_seconds: shown.window_seconds,
            limited_updates: shown.limited_updates,
            hidden_nodes: nodes - shown.nodes.len(),
            hidden_edges: edges - shown.edges.len(),
            drawing: Drawing::of(&shown, parts.layout),
            nodes: shown
                .nodes
                .into_iter()
                .map(|node| NodeReport::of(node, parts.query))
                .collect(),
            edges: shown.edges.into_iter().map(EdgeReport::of).collect(),
        }
    }
}

impl NodeReport {
    /// The node as `query` sees it.
    #[must_use]
    pub fn of(node: Node, query: &Query) -> Self {
        Self {
            id: node_id(&node.service),
            found: query.finds(&node.service),
            queries: Queries::of_node(&node.service, node.kind),
            service: node.service,
            namespace: node.namespace,
            kind: node.kind,
            measures: node.measures,
        }
    }
}

impl EdgeReport {
    /// The edge with its queries.
    #[must_use]
    pub fn of(edge: Edge) -> Self {
        Self {
            id: edge_id(&edge),
            way: edge.connection().to_owned(),
            queries: Queries::of_edge(&edge),
            client: edge.client,
            server: edge.server,
            connection_type: edge.connection_type,
            measures: edge.measures,
        }
    }
}

impl Drawing {
    fn of(shown: &Graph, layout: &Layout) -> Self {
        let nodes = shown.nodes.iter();
        let nodes =
            nodes.filter_map(|node| Some((node_id(&node.service), *layout.nodes.get(&node.service)?)));
        let passes = shown.edges.iter().filter_map(|edge| {
            let ends = (edge.client.clone(), edge.server.clone());
            Some((edge_id(edge), layout.passes.get(&ends)?.clone()))
        });
        let groups = layout.groups.iter().map(|(namespace, place)| NamespaceBox {
            namespace: namespace.clone(),
            place: *place,
        });
        Self {
            width: layout.size.width,
            height: layout.size.height,
            nodes: nodes.collect(),
            passes: passes.collect(),
            groups: groups.collect(),
        }
    }
}

/// The id of a node in documents: the same as long as its name is.
#[must_use]
pub fn node_id(service: &str) -> String {
    format!("n-{:016x}", hash(service))
}

fn edge_id(edge: &Edge) -> String {
    let key = (&edge.client, &edge.server, &edge.connection_type);
    format!("e-{:016x}", hash(key))
}

/// The same in every process: it names things, and keeps nobody out.
fn hash(key: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// A report of services `a`, `b`, …, whose names are `names`, each calling the next one.
    pub fn report(names: &[&str], query: &str) -> GraphReport {
        let measures = |calls: f64| Measures {
            calls,
            rate: Some(calls / 10.0),
            error_share: Some(0.02),
            p50_seconds: Some(0.01),
            p95_seconds: Some(0.08),
        };
        let mut names = names.to_vec();
        names.sort_unstable();
        names.dedup();
        let node = |name: &&str| Node {
            service: (*name).to_owned(),
            namespace: Some((*name).to_owned()),
            kind: NodeKind::Service,
            measures: measures(20.0),
        };
        let edge = |pair: &[&str]| Edge {
            client: pair[0].to_owned(),
            server: pair[1].to_owned(),
            connection_type: String::new(),
            measures: measures(20.0),
        };
        let graph = Graph {
            window_seconds: Some(10.0),
            nodes: names.iter().map(node).collect(),
            edges: names.windows(2).map(edge).collect(),
            ..Graph::default()
        };
        let query = Query::parse(query).unwrap();
        let topology = query.topology(graph);
        let layout = super::super::layout::Topology::of(&topology, query.by_namespace).lay_out();
        GraphReport::of(Parts {
            tenant: "single-tenant",
            query: &query,
            topology,
            layout: &layout,
        })
    }

    #[test]
    fn what_a_filter_hides_is_counted_and_the_rest_stays_where_it_was() {
        let (all, few) = (
            report(&["a", "b", "c"], ""),
            report(&["a", "b", "c"], "min_rate=5"),
        );
        assert_eq!((few.nodes.len(), few.hidden_nodes, few.hidden_edges), (0, 3, 2));
        let focused = report(&["a", "b", "c"], "q=B");
        assert_eq!(focused.drawing, all.drawing);
        let found: Vec<_> = focused.nodes.iter().map(|node| node.found).collect();
        assert_eq!(found, [false, true, false]);
    }

    #[test]
    fn ids_are_the_same_in_every_process() {
        assert_eq!(node_id("cart"), node_id("cart"));
        assert_ne!(node_id("cart"), node_id("carts"));
    }
}
