//! What the server's memory holds of each half that waits, and of each label set of span metrics.

mod measure;
mod options;
mod report;

pub use measure::memory;
pub use options::MemoryOptions;
pub use report::{Growth, MemoryReport, Standing};
