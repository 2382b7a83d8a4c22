//! Places the vertices of layers: their order and height by Sugiyama's method, then apart from each other for sure.

use std::thread;

use rust_sugiyama::configure::{Config, CrossingMinimization, RankingType};
use rust_sugiyama::from_vertices_and_edges;

use super::arrangement::Arrangement;
use super::geometry::{Point, Size};
use super::layers::Layers;

/// Room between two boxes of a layer.
const GAP: f64 = 18.0;
/// Room between two layers, for edges.
const LAYER_GAP: f64 = 84.0;
/// The height that a waypoint keeps free.
const WAYPOINT: f64 = 6.0;
/// With more vertices than these neighbours are not swapped one by one any more, which takes long.
const MOST_TO_SWAP: usize = 250;
/// The library recurses from vertex to vertex.
const STACK_BYTES: usize = 64 << 20;

/// The vertices of `layers` with the boxes of `sizes`.
#[must_use]
pub fn place(layers: &Layers, sizes: &[Size]) -> Arrangement {
    let heights: Vec<f64> = (0..layers.layer.len())
        .map(|vertex| sizes.get(vertex).map_or(WAYPOINT, |size| size.height))
        .collect();
    let middles = apart(layers, &heights, &wanted_middles(layers, &heights));
    let columns = columns(layers, sizes);
    let point = |vertex: usize| Point {
        x: columns
            .get(layers.layer_of(vertex))
            .map_or(0.0, |column| column.x + column.width / 2.0),
        y: middles.get(vertex).copied().unwrap_or_default(),
    };
    let corner = |(vertex, size): (usize, &Size)| point(vertex).moved(-size.width / 2.0, -size.height / 2.0);
    let passes = layers.waypoints.iter();
    let passes =
        passes.map(|(edge, waypoints)| (*edge, waypoints.iter().map(|vertex| point(*vertex)).collect()));
    Arrangement {
        corners: sizes.iter().enumerate().map(corner).collect(),
        passes: passes.collect(),
        size: Size {
            width: columns.last().map_or(0.0, |column| column.x + column.width),
            height: lowest(&middles, &heights),
        },
    }
}

#[derive(Clone, Copy, Default)]
struct Column {
    x: f64,
    width: f64,
}

fn columns(layers: &Layers, sizes: &[Size]) -> Vec<Column> {
    let count = layers.layer.iter().max().map_or(0, |last| last + 1);
    let mut columns = vec![Column::default(); count];
    for (vertex, size) in sizes.iter().enumerate() {
        if let Some(column) = columns.get_mut(layers.layer_of(vertex)) {
            column.width = column.width.max(size.width);
        }
    }
    let mut x = 0.0;
    for column in &mut columns {
        column.x = x;
        x += column.width + LAYER_GAP;
    }
    columns
}

/// Where the middle of each vertex should be, from top to bottom.
fn wanted_middles(layers: &Layers, heights: &[f64]) -> Vec<f64> {
    if layers.steps.is_empty() {
        return vec![0.0; heights.len()];
    }
    sugiyama(layers, heights).unwrap_or_else(|| vec![0.0; heights.len()])
}

/// The library lays out from top to bottom: its `x` is our `y`, and a vertex' width there its height here. Layers
/// are given, as no edge passes one. It runs on a stack of its own, and should it fail there, `None` is the answer.
fn sugiyama(layers: &Layers, heights: &[f64]) -> Option<Vec<f64>> {
    let vertices: Vec<_> = heights
        .iter()
        .zip(0_u32..)
        .map(|(height, id)| (id, (*height, 1.0)))
        .collect();
    let steps = layers.steps.iter();
    let steps = steps.map(|(from, to)| Some((u32::try_from(*from).ok()?, u32::try_from(*to).ok()?)));
    let steps: Vec<_> = steps.collect::<Option<_>>()?;
    let configuration = Config {
        vertex_spacing: GAP,
        ranking_type: RankingType::Up,
        c_minimization: CrossingMinimization::Barycenter,
        transpose: vertices.len() <= MOST_TO_SWAP,
        ..Config::default()
    };
    let task = move || from_vertices_and_edges(&vertices, &steps, &configuration);
    let parts = thread::Builder::new()
        .stack_size(STACK_BYTES)
        .spawn(task)
        .ok()?
        .join()
        .ok()?;
    let mut middles = vec![0.0; heights.len()];
    for (vertex, (middle, _)) in parts.into_iter().flat_map(|(vertices, _, _)| vertices) {
        *middles.get_mut(vertex)? = if middle.is_finite() { middle } else { 0.0 };
    }
    Some(middles)
}

/// Moves vertices of a layer down where they would touch, and the whole to begin at 0.
fn apart(layers: &Layers, heights: &[f64], wanted: &[f64]) -> Vec<f64> {
    let height = |vertex: usize| heights.get(vertex).copied().unwrap_or_default();
    let wish = |vertex: usize| wanted.get(vertex).copied().unwrap_or_default();
    let mut order: Vec<usize> = (0..heights.len()).collect();
    order.sort_by(|a, b| {
        let by_layer = layers.layer_of(*a).cmp(&layers.layer_of(*b));
        by_layer.then(wish(*a).total_cmp(&wish(*b))).then(a.cmp(b))
    });
    let mut middles = vec![0.0; heights.len()];
    let mut above: Option<(usize, f64)> = None;
    for vertex in order {
        let free = above.filter(|(layer, _)| *layer == layers.layer_of(vertex));
        let top = wish(vertex) - height(vertex) / 2.0;
        let top = free.map_or(top, |(_, bottom)| top.max(bottom + GAP));
        if let Some(middle) = middles.get_mut(vertex) {
            *middle = top + height(vertex) / 2.0;
        }
        above = Some((layers.layer_of(vertex), top + height(vertex)));
    }
    from_zero(&mut middles, heights);
    middles
}

fn from_zero(middles: &mut [f64], heights: &[f64]) {
    let tops = middles.iter().zip(heights);
    let top = tops
        .map(|(middle, height)| middle - height / 2.0)
        .fold(f64::INFINITY, f64::min);
    for middle in middles {
        *middle = ((*middle - top) * 10.0).round() / 10.0;
    }
}

fn lowest(middles: &[f64], heights: &[f64]) -> f64 {
    let bottoms = middles.iter().zip(heights);
    bottoms
        .map(|(middle, height)| middle + height / 2.0)
        .fold(0.0, f64::max)
}
