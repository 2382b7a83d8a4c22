//! The span log: requests as they came, in order, each durable before it is answered.
//!
//! A log belongs to one shard. Many requests are appended and made durable by one sync (group commit); what a position
//! says is never given out twice for requests that were answered. Segments that no epoch needs any more are removed.

mod error;
mod log;
mod open;
mod record;
mod replay;
#[cfg(test)]
mod tests;

pub use error::{LostRecords, SpanLogError};
pub use log::{SpanLog, SpanLogLimits};
pub use record::{LoggedRequest, Request};
pub use replay::Replay;
