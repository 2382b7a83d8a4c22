//! Arranges boxes of any size that are joined by edges: layers from left to right, parts that are not joined apart.

use std::collections::BTreeMap;

use petgraph::unionfind::UnionFind;

use super::arrangement::Arrangement;
use super::geometry::{Point, Size};
use super::layers::Layers;
use super::pack::pack;
use super::place::place;

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
