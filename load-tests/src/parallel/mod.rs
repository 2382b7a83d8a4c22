//! What a second core gives: the same work by server and sender together on one core, and on two.

mod ceiling;
mod machine;
mod measure;
mod options;
mod report;

pub use measure::parallel;
pub use options::ParallelOptions;
pub use report::{CoreRun, ParallelReport};
