//! Layers: every node right of those that call it, and waypoints where an edge passes a layer.

use std::collections::BTreeMap;

use petgraph::algo::toposort;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::{DfsEvent, depth_first_search};

/// How many waypoints a small graph may have.
const FEW_WAYPOINTS: usize = 300;

/// Nodes and waypoints in layers, joined by edges that go from a layer to the next.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layers {
    /// The layer of each vertex, from the left: nodes first, then waypoints.
    pub layer: Vec<usize>,
    /// How many of the vertices are nodes.
    pub nodes: usize,
    /// Edges between neighbouring layers.
    pub steps: Vec<(usize, usize)>,
    /// The waypoints of an edge, from its first end to its second.
    pub waypoints: BTreeMap<(usize, usize), Vec<usize>>,
}

impl Layers {
    /// Puts `nodes` nodes in layers; `edges` are in order, each once, and none joins a node with itself.
    #[must_use]
    pub fn of(nodes: usize, edges: &[(usize, usize)]) -> Self {
        let forward = without_cycles(nodes, edges);
        let mut layers = Self {
            layer: layers(nodes, &forward),
            nodes,
            ..Self::default()
        };
        layers.add_edges(edges);
        layers
    }

    /// Short edges first, so that when there are too many waypoints it is the longest that go straight.
    fn add_edges(&mut self, edges: &[(usize, usize)]) {
        let mut edges: Vec<_> = edges
            .iter()
            .map(|(from, to)| {
                let (start, end) = (self.layer_of(*from), self.layer_of(*to));
                (start.abs_diff(end), *from, *to)
            })
            .collect();
        edges.sort_unstable();
        let most = most_waypoints(self.nodes);
        for (length, from, to) in edges {
            let waypoints = self.layer.len() - self.nodes;
            if length > 0 && waypoints + length - 1 <= most {
                self.add_edge(from, to);
            }
        }
        self.steps.sort_unstable();
        self.steps.dedup();
    }

    fn add_edge(&mut self, from: usize, to: usize) {
        let is_forward = self.layer_of(from) < self.layer_of(to);
        let (left, right) = if is_forward { (from, to) } else { (to, from) };
        let mut passed = Vec::new();
        let mut last = left;
        for layer in self.layer_of(left) + 1..self.layer_of(right) {
            let waypoint = self.layer.len();
            self.layer.push(layer);
            self.steps.push((last, waypoint));
            passed.push(waypoint);
            last = waypoint;
        }
        self.steps.push((last, right));
        if !is_forward {
            passed.reverse();
        }
        if !passed.is_empty() {
            self.waypoints.insert((from, to), passed);
        }
    }

    /// The layer of a vertex.
    #[must_use]
    pub fn layer_of(&self, vertex: usize) -> usize {
        self.layer.get(vertex).copied().unwrap_or_default()
    }
}

/// How many waypoints there may be; edges beyond that go straight. It bounds the work for dense graphs, and the
/// room that edges take from nodes.
fn most_waypoints(nodes: usize) -> usize {
    nodes.max(FEW_WAYPOINTS)
}

/// The edges with those turned round that lead back on a walk from the sources, so that no cycle is left.
fn without_cycles(nodes: usize, edges: &[(usize, usize)]) -> DiGraph<(), ()> {
    let graph = graph(nodes, edges.iter().copied());
    let mut starts: Vec<_> = graph.node_indices().collect();
    starts.sort_by_key(|node| graph.neighbors_directed(*node, petgraph::Incoming).count());
    let mut forward = Vec::with_capacity(edges.len());
    depth_first_search(&graph, starts, |event| match event {
        DfsEvent::BackEdge(from, to) => forward.push((to.index(), from.index())),
        DfsEvent::TreeEdge(from, to) | DfsEvent::CrossForwardEdge(from, to) => {
            forward.push((from.index(), to.index()));
        }
        _ => {}
    });
    self::graph(nodes, forward)
}

fn graph(nodes: usize, edges: impl IntoIterator<Item = (usize, usize)>) -> DiGraph<(), ()> {
    let mut graph = DiGraph::with_capacity(nodes, 0);
    for _ in 0..nodes {
        graph.add_node(());
    }
    for (from, to) in edges {
        graph.add_edge(NodeIndex::new(from), NodeIndex::new(to), ());
    }
    graph
}

/// For each node a layer right of those that call it, as far left as there is room.
fn layers(nodes: usize, graph: &DiGraph<(), ()>) -> Vec<usize> {
    let longest = longest_ways(nodes, graph);
    let mut order: Vec<_> = graph.node_indices().collect();
    order.sort_by_key(|node| (longest.get(node.index()).copied(), node.index()));
    let (most, mut taken) = (most_of_a_layer(nodes), Vec::new());
    let mut layers = vec![0; nodes];
    // Those that call a node have shorter longest ways, so their layers are known before.
    for node in order {
        let callers = graph.neighbors_directed(node, petgraph::Incoming);
        let callers = callers.filter_map(|caller| layers.get(caller.index()));
        let layer = take_room(&mut taken, callers.max().map_or(0, |layer| layer + 1), most);
        if let Some(place) = layers.get_mut(node.index()) {
            *place = layer;
        }
    }
    layers
}

/// The first layer from `first` on that has room, one place of which is taken then.
fn take_room(taken: &mut Vec<usize>, first: usize, most: usize) -> usize {
    let mut layer = first;
    loop {
        if layer >= taken.len() {
            taken.resize(layer + 1, 0);
        }
        match taken.get_mut(layer) {
            Some(nodes) if *nodes < most => {
                *nodes += 1;
                return layer;
            }
            _ => layer += 1,
        }
    }
}

/// How many nodes a layer may have, so that a large graph is about as wide as it is high: it has to fit a screen.
fn most_of_a_layer(nodes: usize) -> usize {
    /// Nodes are about three times as wide as they are high, with what is between them.
    const ROWS_FOR_A_SQUARE: usize = 3;
    /// Fewer nodes than this fit below each other anyway.
    const FEW: usize = 20;
    (nodes * ROWS_FOR_A_SQUARE).isqrt().max(FEW)
}

/// For each node the length of the longest way to it.
fn longest_ways(nodes: usize, graph: &DiGraph<(), ()>) -> Vec<usize> {
    let mut longest = vec![0; nodes];
    // There is always an order, because no cycle is left.
    for node in toposort(graph, None).unwrap_or_default() {
        let after = longest.get(node.index()).map_or(0, |length| length + 1);
        for next in graph.neighbors(node) {
            if let Some(length) = longest.get_mut(next.index()) {
                *length = after.max(*length);
            }
        }
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_is_right_of_all_that_call_it() {
        let layers = Layers::of(4, &[(0, 1), (0, 2), (1, 2), (2, 3)]);
        assert_eq!(layers.layer.get(..4).unwrap(), [0, 1, 2, 3]);
        assert_eq!(layers.waypoints, BTreeMap::from([((0, 2), vec![4])]));
        assert_eq!(layers.steps, [(0, 1), (0, 4), (1, 2), (2, 3), (4, 2)]);
    }

    #[test]
    fn a_layer_that_is_full_goes_on_in_the_next() {
        let edges: Vec<_> = (1..=300).map(|node| (0, node)).collect();
        let layers = Layers::of(301, &edges);
        let most = most_of_a_layer(301);
        let in_layer = |layer: usize| (0..301).filter(|node| layers.layer_of(*node) == layer).count();
        assert_eq!((in_layer(0), in_layer(1), in_layer(2)), (1, most, most));
        assert!((25..35).contains(&most), "{most}");
    }

    #[test]
    fn a_cycle_is_cut_where_a_walk_from_its_source_comes_back() {
        let layers = Layers::of(4, &[(0, 1), (1, 2), (2, 3), (3, 1)]);
        assert_eq!(layers.layer.get(..4).unwrap(), [0, 1, 2, 3]);
        assert_eq!(layers.waypoints.keys().collect::<Vec<_>>(), [&(3, 1)]);
    }

    #[test]
    fn calls_both_ways_share_their_step() {
        let layers = Layers::of(2, &[(0, 1), (1, 0)]);
        assert_eq!((layers.layer.len(), layers.steps.len()), (2, 1));
    }

    #[test]
    fn the_longest_edges_go_straight_when_there_are_too_many_waypoints() {
        let nodes = 200;
        let mut edges: Vec<_> = (0..nodes)
            .flat_map(|a| (a + 1..nodes).map(move |b| (a, b)))
            .collect();
        edges.sort_unstable();
        let layers = Layers::of(nodes, &edges);
        assert!(layers.layer.len() - nodes <= most_waypoints(nodes));
        assert!(layers.waypoints.contains_key(&(0, 2)) && !layers.waypoints.contains_key(&(0, 199)));
    }
}
