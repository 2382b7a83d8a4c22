//! The span log of a pipeline: requests are on the disk before they are applied and answered.

mod handle;
mod metrics;
mod opening;
mod progress;
mod repeats;

pub use handle::SpanLogHandle;
pub use metrics::{SpanLogDescription, SpanLogMetrics};
pub use opening::{FoundLog, LOG_FOLDER, SpanLogOpenError, source_part};
pub use progress::ReplayDescription;
