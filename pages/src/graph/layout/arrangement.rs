//! Where boxes stand, and what the edges between them pass.

use std::collections::BTreeMap;

use super::geometry::{Point, Size};

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

impl Arrangement {
    /// The upper left corner of a box.
    #[must_use]
    pub fn place(&self, index: usize) -> Point {
        self.corners.get(index).copied().unwrap_or_default()
    }

    /// Takes a part in, at `corner`; `nodes` are the indices that its boxes have here.
    pub fn take_in(&mut self, nodes: &[usize], part: Self, corner: Point) {
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
