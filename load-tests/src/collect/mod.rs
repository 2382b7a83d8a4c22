//! What collecting many series costs the server, and whether ingestion notices it.

mod arrivals;
mod measure;
mod options;
mod report;
mod windows;

pub use measure::collect;
pub use options::CollectOptions;
pub use report::CollectReport;
