//! Sends a server twice what it can take, and looks at its memory, its refusals, its counts, and how it recovers.

mod measure;
mod options;
mod report;
mod table;

pub use measure::overload;
pub use options::OverloadOptions;
pub use report::{OverloadReport, Phase};
