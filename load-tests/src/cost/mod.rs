//! What receiving a span costs: the server, or any other receiver, beside receivers that do next to nothing.

mod measure;
mod options;
mod report;
mod table;

pub use measure::cost;
pub use options::CostOptions;
pub use report::{CostReport, Ratios, SubjectCost};
