//! Where the dimensions of the two halves stand in the row of their edge.

use std::ops::Range;

use spangraph_config::ServiceGraphsSettings;

use crate::batches::{EdgeKind, Side};

/// The places of dimensions in a row: with prefixes those of the client and then the server's, else both share them.
#[derive(Clone, Copy, Debug)]
pub struct RowLayout {
    dimensions: usize,
    prefixed: bool,
}

impl RowLayout {
    /// The one that `settings` ask for.
    pub fn of(settings: &ServiceGraphsSettings) -> Self {
        Self {
            dimensions: settings.dimensions.len(),
            prefixed: settings.enable_client_server_prefix,
        }
    }

    /// How many dimensions a half has.
    #[inline]
    pub fn half_width(self) -> usize {
        self.dimensions
    }

    /// How many dimensions the row of an edge has.
    pub fn width(self) -> usize {
        width_of(self.dimensions, self.prefixed)
    }

    /// Where those of a half of `kind` stand.
    #[inline]
    pub fn of_half(self, kind: EdgeKind) -> Range<usize> {
        match kind.side() {
            Side::Server if self.prefixed => self.dimensions..2 * self.dimensions,
            _ => 0..self.dimensions,
        }
    }
}

/// How many dimensions the row of an edge has, with or without prefixes.
pub fn width_of(dimensions: usize, prefixed: bool) -> usize {
    let sides = if prefixed { 2 } else { 1 };
    sides * dimensions
}
