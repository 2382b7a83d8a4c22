//! Points and sizes, in SVG units.

use serde::Serialize;
use utoipa::ToSchema;

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
