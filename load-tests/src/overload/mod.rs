//! Finds what a server can take, sends it twice of that, and looks at its memory, its refusals, its counts, and how it recovers.

mod aftermath;
mod bounded;
mod capacity;
mod goals;
mod measure;
mod options;
mod phase;
mod plan;
mod report;
mod subject;
mod table;

pub use bounded::BoundedMemory;
pub use capacity::Step;
pub use measure::overload;
pub use options::OverloadOptions;
pub use phase::Phase;
pub use report::OverloadReport;
