//! The graph as it is shown: services and the calls between them, with their numbers.

use std::collections::BTreeMap;

use serde::Serialize;
use spangraph_actors::aggregator::{EdgeDescription, ServiceDescription};
use spangraph_actors::graph_history::Window;
use utoipa::ToSchema;

use super::rates::{Flow, Measures};

/// What a node is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum NodeKind {
    /// A service that sends spans.
    #[default]
    Service,
    /// A database, known from the spans of its clients.
    Database,
    /// A service that is reached by messages only.
    Messaging,
    /// Something that sends no spans, such as `user`.
    Virtual,
}

/// A service, or what services call.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Its name: a value of the labels `client`, `server` or `service`.
    pub service: String,
    /// Its namespace, when a label tells of it.
    pub namespace: Option<String>,
    /// What it is.
    pub kind: NodeKind,
    /// The calls that it received.
    pub measures: Measures,
}

/// The calls from one node to another by one way.
#[derive(Clone, Debug, PartialEq)]
pub struct Edge {
    /// The calling node.
    pub client: String,
    /// The called node.
    pub server: String,
    /// The label `connection_type`.
    pub connection_type: String,
    /// Its calls.
    pub measures: Measures,
}

/// All nodes by name, and all edges by client, server and connection type.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Graph {
    /// When the newest description was made, in milliseconds since the Unix epoch.
    pub taken_unix_milliseconds: i64,
    /// Over how many seconds rates are reckoned; `None` when the graph was described only once.
    pub window_seconds: Option<f64>,
    /// Updates that limits turned away: with any, the graph is not whole.
    pub limited_updates: u64,
    /// The nodes.
    pub nodes: Vec<Node>,
    /// The edges.
    pub edges: Vec<Edge>,
}

/// What becomes a node.
#[derive(Default)]
struct Gathered {
    namespace: Option<String>,
    /// Something shows that it sends spans itself.
    reports: bool,
    /// How it is connected to others.
    as_virtual: bool,
    as_database: bool,
    as_consumer: bool,
    as_other: bool,
    received: Option<Flow>,
    served: Option<Flow>,
}

/// The client of edges whose client never reported and has no name of its own.
const UNKNOWN_CLIENT: &str = "user";

type EdgeKey<'a> = (&'a str, &'a str, &'a str);
/// What tells one series of an edge from others.
type SeriesKey<'a> = (EdgeKey<'a>, Option<&'a str>, &'a [(String, String)]);

impl Graph {
    /// The graph of a window.
    #[must_use]
    pub fn of(window: &Window) -> Self {
        let flows = edge_flows(window);
        let nodes = gather(window, &flows);
        let seconds = window.seconds();
        Self {
            taken_unix_milliseconds: window.latest.taken_unix_milliseconds,
            window_seconds: seconds,
            limited_updates: window.latest.limited_updates,
            nodes: nodes
                .into_iter()
                .map(|(name, node)| node.into_node(name, seconds))
                .collect(),
            edges: flows
                .iter()
                .map(|(key, flow)| Edge::of(*key, flow, seconds))
                .collect(),
        }
    }

    /// The node called `service`.
    #[must_use]
    pub fn node(&self, service: &str) -> Option<&Node> {
        let found = self
            .nodes
            .binary_search_by(|node| node.service.as_str().cmp(service));
        found.ok().and_then(|index| self.nodes.get(index))
    }
}

impl NodeKind {
    /// The word for it, as in JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Database => "database",
            Self::Messaging => "messaging",
            Self::Virtual => "virtual",
        }
    }
}

impl Edge {
    fn of((client, server, connection_type): EdgeKey<'_>, flow: &Flow, seconds: Option<f64>) -> Self {
        Self {
            client: client.to_owned(),
            server: server.to_owned(),
            connection_type: connection_type.to_owned(),
            measures: flow.measures(seconds),
        }
    }

    /// The way of the calls in words.
    #[must_use]
    pub fn connection(&self) -> &str {
        match self.connection_type.as_str() {
            "" => "call",
            "messaging_system" => "messaging",
            "virtual_node" => "virtual",
            other => other,
        }
    }
}

impl Gathered {
    fn into_node(self, name: &str, seconds: Option<f64>) -> Node {
        let kind = self.kind();
        let flow = self.received.or(self.served).unwrap_or_default();
        Node {
            service: name.to_owned(),
            namespace: self.namespace,
            kind,
            measures: flow.measures(seconds),
        }
    }

    fn kind(&self) -> NodeKind {
        match self {
            node if node.as_database && !node.reports => NodeKind::Database,
            node if node.as_virtual && !node.reports => NodeKind::Virtual,
            node if node.as_consumer && !node.as_other => NodeKind::Messaging,
            _ => NodeKind::Service,
        }
    }

    fn take_namespace<'a>(&mut self, namespaces: impl IntoIterator<Item = Option<&'a str>>) {
        if self.namespace.is_none() {
            let found = namespaces
                .into_iter()
                .flatten()
                .find(|namespace| !namespace.is_empty());
            self.namespace = found.map(str::to_owned);
        }
    }
}

/// What flowed over each edge in the window, label sets of one edge added up.
fn edge_flows(window: &Window) -> BTreeMap<EdgeKey<'_>, Flow> {
    let earlier: BTreeMap<SeriesKey<'_>, &EdgeDescription> = window
        .earlier
        .iter()
        .flat_map(|description| &description.edges)
        .map(|edge| (series_key(edge), edge))
        .collect();
    let mut flows = BTreeMap::<_, Flow>::new();
    for edge in &window.latest.edges {
        let then = earlier.get(&series_key(edge));
        let then = then.map(|edge| Flow::of_edge(edge)).unwrap_or_default();
        flows
            .entry(edge_key(edge))
            .or_default()
            .add(Flow::of_edge(edge).since(&then));
    }
    flows
}

fn edge_key(edge: &EdgeDescription) -> EdgeKey<'_> {
    (&edge.client, &edge.server, &edge.connection_type)
}

fn series_key(edge: &EdgeDescription) -> SeriesKey<'_> {
    (edge_key(edge), edge.virtual_node.as_deref(), &edge.dimensions)
}

fn gather<'a>(window: &'a Window, flows: &BTreeMap<EdgeKey<'a>, Flow>) -> BTreeMap<&'a str, Gathered> {
    let mut nodes = BTreeMap::<_, Gathered>::new();
    let earlier = window
        .earlier
        .iter()
        .flat_map(|description| &description.services);
    let earlier: BTreeMap<_, _> = earlier.map(|service| (service_key(service), service)).collect();
    for service in &window.latest.services {
        let node = nodes.entry(service.service.as_str()).or_default();
        node.reports = true;
        node.take_namespace([service.namespace.as_deref()]);
        let then = earlier.get(&service_key(service));
        let then = then.map(|service| Flow::of_service(service)).unwrap_or_default();
        let served = Flow::of_service(service).since(&then);
        node.served.get_or_insert_default().add(served);
    }
    for edge in &window.latest.edges {
        gather_client(nodes.entry(edge.client.as_str()).or_default(), edge);
        gather_server(nodes.entry(edge.server.as_str()).or_default(), edge);
    }
    for ((_, server, _), flow) in flows {
        let node = nodes.entry(server).or_default();
        node.received.get_or_insert_default().add(flow.clone());
    }
    nodes
}

fn gather_client(node: &mut Gathered, edge: &EdgeDescription) {
    match virtual_side(edge) {
        Some("client" | UNTOLD) => node.as_virtual = true,
        _ => node.reports = true,
    }
    node.take_namespace(namespaces(edge, "client_service_namespace"));
}

fn gather_server(node: &mut Gathered, edge: &EdgeDescription) {
    match (edge.connection_type.as_str(), virtual_side(edge)) {
        ("database", _) => node.as_database = true,
        (_, Some("server" | UNTOLD)) => node.as_virtual = true,
        (connection_type, _) => {
            node.reports = true;
            node.as_consumer |= connection_type == "messaging_system";
            node.as_other |= connection_type != "messaging_system";
        }
    }
    node.take_namespace(namespaces(edge, "server_service_namespace"));
}

/// The label that would tell which side never reported is not there.
const UNTOLD: &str = "";

/// Which side of the edge never reported; `None` when both did.
fn virtual_side(edge: &EdgeDescription) -> Option<&str> {
    if edge.connection_type != "virtual_node" {
        return None;
    }
    match edge.virtual_node.as_deref() {
        Some(side @ ("client" | "server")) => Some(side),
        _ if edge.client == UNKNOWN_CLIENT => Some("client"),
        _ => Some(UNTOLD),
    }
}

/// The namespace of one side; a dimension without a prefix may be of either side, so it is the last choice.
fn namespaces<'a>(edge: &'a EdgeDescription, label: &str) -> [Option<&'a str>; 2] {
    [label, "service_namespace"].map(|wanted| {
        let mut dimensions = edge.dimensions.iter();
        let found = dimensions.find(|(name, _)| name == wanted);
        found.map(|(_, value)| value.as_str())
    })
}

fn service_key(service: &ServiceDescription) -> (&str, Option<&str>) {
    (&service.service, service.namespace.as_deref())
}

#[cfg(test)]
mod tests;
