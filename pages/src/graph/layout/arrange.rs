//! Arranges boxes of any size that are joined by edges: layers from left to right, parts that are not joined apart.

use std::collections::BTreeMap;

use petgraph::unionfind::UnionFind;
use serde::Serialize;
use utoipa::ToSchema;

use super::layers::Layers;
use super::pack::pack;
use super::place::place;

/// A point, in SVG units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct Point {
    /// From the left.
    pub x: f64,
    /// From the top.
    pub y: f64,
}

/// How large something is, in SVG units.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Size {
    /// From left to right.
    pub width: f64,
    /// From top to bottom.
    pub height: f64,
}

/// Where everything stands, from 0 on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Arrangement {
    /// The upper left corner of each box.
    pub corners: Vec<Point>,
    /// What an edge passes, from its first end to its second.
    pub passes: BTreeMap<(usize, usize), Vec<Point>>,
    /// The whole.
    pub size: Size,
}

/// Arranges boxes of `sizes`; `edges` are pairs of their indices.
///
/// The same boxes and edges give the same arrangement, in whatever order the edges are.
#[must_use]
pub fn arrange(sizes: &[Size], edges: &[(usize, usize)]) -> Arrangement {
    let mut whole = Arrangement {
        corners: vec![Point::default(); sizes.len()],
        ..Arrangement::default()
    };
    let components = components(sizes.len(), edges);
    let parts: Vec<_> = components
        .iter()
        .map(|nodes| arrange_component(nodes, sizes, edges))
        .collect();
    let (corners, size) = pack(&parts.iter().map(|part| part.size).collect::<Vec<_>>());
    for ((nodes, part), corner) in components.iter().zip(parts).zip(corners) {
        whole.take_in(nodes, part, corner);
    }
    whole.size = size;
    whole
}

/// The indices of what is joined, each list in order, the longest list first.
fn components(nodes: usize, edges: &[(usize, usize)]) -> Vec<Vec<usize>> {
    let mut joined = UnionFind::<usize>::new(nodes);
    for (from, to) in edges {
        joined.union(*from, *to);
    }
    let mut components = BTreeMap::<usize, Vec<usize>>::new();
    for node in 0..nodes {
        components.entry(joined.find(node)).or_default().push(node);
    }
    let mut components: Vec<_> = components.into_values().collect();
    components.sort_by_key(|nodes| (std::cmp::Reverse(nodes.len()), nodes.first().copied()));
    components
}

fn arrange_component(nodes: &[usize], sizes: &[Size], edges: &[(usize, usize)]) -> Arrangement {
    let index = |node: usize| nodes.binary_search(&node).ok();
    let edges = edges.iter();
    let edges = edges.filter_map(|(from, to)| Some((index(*from)?, index(*to)?)));
    let mut edges: Vec<_> = edges.filter(|(from, to)| from != to).collect();
    edges.sort_unstable();
    edges.dedup();
    let sizes: Vec<_> = nodes
        .iter()
        .filter_map(|node| sizes.get(*node))
        .copied()
        .collect();
    place(&Layers::of(sizes.len(), &edges), &sizes)
}

impl Arrangement {
    /// The upper left corner of a box.
    #[must_use]
    pub fn place(&self, index: usize) -> Point {
        self.corners.get(index).copied().unwrap_or_default()
    }

    /// Takes a part in, at `corner`; `nodes` are the indices that its boxes have here.
    fn take_in(&mut self, nodes: &[usize], part: Self, corner: Point) {
        for (node, at) in nodes.iter().zip(&part.corners) {
            if let Some(place) = self.corners.get_mut(*node) {
                *place = at.moved(corner.x, corner.y);
            }
        }
        for ((from, to), points) in part.passes {
            if let (Some(from), Some(to)) = (nodes.get(from), nodes.get(to)) {
                let points = points
                    .iter()
                    .map(|point| point.moved(corner.x, corner.y))
                    .collect();
                self.passes.insert((*from, *to), points);
            }
        }
    }
}

impl Point {
    /// The point so much to the right and down.
    #[must_use]
    pub fn moved(self, right: f64, down: f64) -> Self {
        Self {
            x: self.x + right,
            y: self.y + down,
        }
    }
}

impl Size {
    /// The size with so much more of both.
    #[must_use]
    pub fn grown(self, width: f64, height: f64) -> Self {
        Self {
            width: self.width + width,
            height: self.height + height,
        }
    }
}
