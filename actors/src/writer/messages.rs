//! What a writer can be told and asked.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use actix::Message;
use spangraph_config::TenantId;

use super::counts::Counts;
use crate::batches::Collected;

/// Queue one collection; several writers can share it.
#[derive(Clone, Debug, Message)]
#[rtype(result = "()")]
pub struct Enqueue(pub Arc<Collected>);

/// Count what was lost before it could be queued here.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct NoteLost(pub Counts);

/// Go on sending until everything is sent or `deadline` has come, then take nothing more.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "Drained")]
pub struct Drain {
    /// When requests under way are given up and the rest is dropped.
    pub deadline: Instant,
}

/// The answer to [`Drain`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Drained {
    /// What was left and is now dropped; requests that were given up may still have arrived.
    pub unsent: Counts,
}

/// Tell how it goes.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "WriterDescription")]
pub struct Describe;

/// How a writer was doing when it was asked; counts are since its start.
#[derive(Clone, Debug, PartialEq)]
pub struct WriterDescription {
    /// Whose samples it writes.
    pub tenant: TenantId,
    /// The endpoint's name.
    pub endpoint: String,
    /// What waits, without what is under way.
    pub queued: Counts,
    /// What the requests under way carry.
    pub under_way: Counts,
    /// How many requests are under way, those that wait for their next attempt included.
    pub requests: usize,
    /// Above how many samples the oldest are dropped.
    pub capacity: u64,
    /// The age of the oldest sample that was not sent yet; zero when there is none.
    pub lag: Duration,
    /// Taken by the endpoint.
    pub sent: Counts,
    /// Refused by the endpoint for good; refused seeds are no loss of values.
    pub failed: Counts,
    /// Dropped before they were sent.
    pub dropped: Counts,
    /// Samples that were to be sent again, each time.
    pub retried: u64,
    /// When the endpoint last took a request.
    pub last_sent: Option<SystemTime>,
    /// The last failure, which may be long over.
    pub last_error: Option<LastError>,
    /// How much longer nothing is sent because the endpoint asked for a pause; zero when it did not.
    pub paused: Duration,
}

/// A failure worth showing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastError {
    /// When it was.
    pub at: SystemTime,
    /// What it was.
    pub message: String,
}
