//! Whether the cost of a span grows with what the server holds: services, series, tenants.

mod ends;
mod measure;
mod options;
mod report;

pub use measure::scale;
pub use options::{Axis, ScaleOptions};
pub use report::{AxisCost, EndCost, Reached, ScaleReport};
