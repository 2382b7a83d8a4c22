//! Where nodes stand: a topology in, coordinates out, the same ones for the same topology.

mod arrange;
mod arrangement;
mod cache;
mod geometry;
mod layers;
mod pack;
mod place;

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

pub use cache::LayoutCache;
pub use geometry::{Point, Size};

use self::arrange::arrange;
use self::arrangement::Arrangement;
use super::model::Graph;

/// The height of a node, in SVG units, which are pixels until one zooms.
pub const NODE_HEIGHT: f64 = 46.0;
/// From a node's left border to its name: room for the ring.
pub const NAME_OFFSET: f64 = 42.0;
/// About the width of a character of a name.
const CHARACTER: f64 = 7.6;
/// The fewest characters a node has room for: its numbers stand below the name.
const SHORTEST: usize = 20;
/// Longer names are cut.
pub const LONGEST: usize = 32;
/// Room inside of a box round its nodes, and at its top for its name.
const BOX_BORDER: f64 = 14.0;
const BOX_TITLE: f64 = 20.0;
/// Room round the whole.
const MARGIN: f64 = 16.0;

/// What a layout depends on: nothing that changes while the topology stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Topology {
    /// Names, in order.
    nodes: Vec<String>,
    /// For each node its group; empty when nodes are not grouped.
    groups: Vec<Option<String>>,
    /// Pairs of indices of nodes, in order, each once and never of a node with itself.
    edges: Vec<(usize, usize)>,
}

/// A rectangle by its upper left corner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct Rectangle {
    /// The left border.
    pub x: f64,
    /// The upper border.
    pub y: f64,
    /// How wide it is.
    pub width: f64,
    /// How high it is.
    pub height: f64,
}

/// A topology with a place for everything.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Layout {
    /// Nodes by name.
    pub nodes: BTreeMap<String, Rectangle>,
    /// Boxes round the nodes of a group, by its name; `None` is the group of those that have none.
    pub groups: BTreeMap<Option<String>, Rectangle>,
    /// What an edge passes between its ends, by client and server; absent for edges that go straight.
    pub passes: BTreeMap<(String, String), Vec<Point>>,
    /// The whole.
    pub size: Size,
}

impl Topology {
    /// That of `graph`; its nodes in groups when `by_namespace`.
    #[must_use]
    pub fn of(graph: &Graph, by_namespace: bool) -> Self {
        let mut nodes: Vec<_> = graph.nodes.iter().collect();
        nodes.sort_by(|a, b| a.service.cmp(&b.service));
        let names: Vec<String> = nodes.iter().map(|node| node.service.clone()).collect();
        let index = |name: &String| names.binary_search(name).ok();
        let ends = graph
            .edges
            .iter()
            .filter_map(|edge| Some((index(&edge.client)?, index(&edge.server)?)));
        let mut edges: Vec<_> = ends.filter(|(client, server)| client != server).collect();
        edges.sort_unstable();
        edges.dedup();
        let groups = nodes.iter().filter(|_| by_namespace);
        let groups = groups.map(|node| node.namespace.clone()).collect();
        Self {
            nodes: names,
            groups,
            edges,
        }
    }

    /// Finds a place for everything. It may take some tenths of a second, so not on a thread that answers.
    #[must_use]
    pub fn lay_out(&self) -> Layout {
        let mut layout = Layout::default();
        let arrangement = if self.groups.is_empty() {
            let all: Vec<usize> = (0..self.nodes.len()).collect();
            let inner = self.arrange_members(&all);
            self.place_members(&mut layout, &all, &inner, Point::default());
            inner.size
        } else {
            self.lay_out_groups(&mut layout)
        };
        layout.size = arrangement.grown(2.0 * MARGIN, 2.0 * MARGIN);
        layout
    }

    /// Arranges the nodes within each group, then the groups like nodes.
    fn lay_out_groups(&self, layout: &mut Layout) -> Size {
        let mut members = BTreeMap::<&Option<String>, Vec<usize>>::new();
        for (node, group) in self.groups.iter().enumerate() {
            members.entry(group).or_default().push(node);
        }
        let inner: Vec<_> = members
            .values()
            .map(|nodes| self.arrange_members(nodes))
            .collect();
        let boxes: Vec<_> = inner
            .iter()
            .zip(members.keys())
            .map(|(inner, name)| boxed(inner.size, name.as_deref()))
            .collect();
        let keys: Vec<_> = members.keys().copied().collect();
        let outer = arrange(&boxes, &self.edges_between(&keys));
        for (index, ((group, nodes), inner)) in members.iter().zip(&inner).enumerate() {
            let (at, size) = (outer.place(index), boxes.get(index).copied().unwrap_or_default());
            layout.groups.insert((*group).clone(), rectangle(at, size));
            let corner = Point {
                x: at.x + BOX_BORDER,
                y: at.y + BOX_TITLE + BOX_BORDER,
            };
            self.place_members(layout, nodes, inner, corner);
        }
        outer.size
    }

    fn edges_between(&self, groups: &[&Option<String>]) -> Vec<(usize, usize)> {
        let group = |node: usize| groups.binary_search(&self.groups.get(node)?).ok();
        let ends = self.edges.iter();
        let ends = ends.filter_map(|(client, server)| Some((group(*client)?, group(*server)?)));
        let mut edges: Vec<_> = ends.filter(|(client, server)| client != server).collect();
        edges.sort_unstable();
        edges.dedup();
        edges
    }

    /// Arranges some nodes with the edges between them; `nodes` are in order.
    fn arrange_members(&self, nodes: &[usize]) -> Arrangement {
        let sizes: Vec<_> = nodes.iter().map(|node| node_size(self.name(*node))).collect();
        let index = |node: usize| nodes.binary_search(&node).ok();
        let ends = self.edges.iter();
        let ends = ends.filter_map(|(client, server)| Some((index(*client)?, index(*server)?)));
        arrange(&sizes, &ends.collect::<Vec<_>>())
    }

    fn place_members(&self, layout: &mut Layout, nodes: &[usize], inner: &Arrangement, corner: Point) {
        let shifted = |point: Point| Point {
            x: point.x + corner.x,
            y: point.y + corner.y,
        };
        for (index, node) in nodes.iter().enumerate() {
            let name = self.name(*node);
            let place = rectangle(shifted(inner.place(index)), node_size(name));
            layout.nodes.insert(name.to_owned(), place);
        }
        let name = |index: usize| nodes.get(index).map_or("", |node| self.name(*node)).to_owned();
        for ((client, server), points) in &inner.passes {
            let points = points
                .iter()
                .map(|point| shifted(*point).moved(MARGIN, MARGIN))
                .collect();
            layout.passes.insert((name(*client), name(*server)), points);
        }
    }

    fn name(&self, node: usize) -> &str {
        self.nodes.get(node).map_or("", String::as_str)
    }
}

impl Rectangle {
    /// The middle of it.
    #[must_use]
    pub fn centre(&self) -> Point {
        Point {
            x: self.x + self.width / 2.0,
            y: self.y + self.height / 2.0,
        }
    }
}

/// At `corner`, within the margin round the whole.
fn rectangle(corner: Point, size: Size) -> Rectangle {
    Rectangle {
        x: corner.x + MARGIN,
        y: corner.y + MARGIN,
        width: size.width,
        height: size.height,
    }
}

#[expect(clippy::cast_precision_loss, reason = "names are cut to few characters")]
fn text_width(text: &str, fewest: usize) -> f64 {
    text.chars().count().clamp(fewest, LONGEST + 1) as f64 * CHARACTER
}

fn node_size(name: &str) -> Size {
    Size {
        width: NAME_OFFSET + text_width(name, SHORTEST) + 10.0,
        height: NODE_HEIGHT,
    }
}

fn boxed(inner: Size, name: Option<&str>) -> Size {
    let grown = inner.grown(2.0 * BOX_BORDER, 2.0 * BOX_BORDER + BOX_TITLE);
    Size {
        width: grown
            .width
            .max(text_width(name.unwrap_or_default(), SHORTEST) + 2.0 * BOX_BORDER),
        height: grown.height,
    }
}

#[cfg(test)]
mod tests;
