//! The span log: requests as they came, in order, each durable before it is answered.
//!
//! A server has one log. Many requests are appended and made durable by one sync (group commit); what a position
//! says is never given out twice for requests that were answered. Segments that no epoch needs any more are removed.
//!
//! [`SpanLog`] is the files, [`Committer`] says when they are synced and who is answered, and [`LogThread`] does both on a
//! thread of its own. A request is refused before it is appended, or because its write or sync failed. Then the next segment
//! is begun before the refusal is told, so the request is not replayed. Where that fails too, and the process ends before it
//! succeeds, a refused request may be replayed; it is among the [`RecentDigests`] then, so that it counts once when it is
//! sent again.

mod committer;
mod digest;
mod error;
mod inspect;
mod log;
mod open;
mod record;
mod refusal;
mod replay;
#[cfg(test)]
mod tests;
mod thread;
mod ticket;
mod worker;

pub use committer::{Committer, SyncPolicy};
pub use digest::{RecentDigests, RecentRequests, RequestDigest};
pub use error::{LostRecords, SpanLogError};
pub use inspect::{LogCondition, RemovedLog, inspect, remove};
pub use log::{Lag, SpanLog, SpanLogLimits, Unneeded};
pub use record::{LoggedRequest, Request};
pub use refusal::Refusal;
pub use replay::{Progress, Replay};
pub use thread::{LogThread, LogThreadLimits, QueuedRequest};
pub use ticket::Ticket;
pub use worker::LogStatus;
