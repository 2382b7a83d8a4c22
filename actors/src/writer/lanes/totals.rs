//! What became of everything that a queue was given.

use std::ops::AddAssign;

use crate::writer::counts::Counts;

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The endpoint took it.
    Sent,
    /// The endpoint refused it for good, or failed at it too often.
    Failed,
    /// It was dropped here.
    Dropped,
}

/// What became of everything that was ever enqueued: `enqueued` = all others + what is queued and under way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Taken into the queue.
    pub enqueued: Counts,
    /// Taken by the endpoint.
    pub sent: Counts,
    /// Refused by the endpoint for good.
    pub failed: Counts,
    /// Dropped here: no room, too old, or left at the end.
    pub dropped: Counts,
}

impl Totals {
    pub(super) fn add(&mut self, counts: Counts, ending: Ending) {
        match ending {
            Ending::Sent => self.sent += counts,
            Ending::Failed => self.failed += counts,
            Ending::Dropped => self.dropped += counts,
        }
    }
}

impl AddAssign for Totals {
    fn add_assign(&mut self, other: Self) {
        self.enqueued += other.enqueued;
        self.sent += other.sent;
        self.failed += other.failed;
        self.dropped += other.dropped;
    }
}
