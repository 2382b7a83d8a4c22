//! Group commit: when a log is synced, and which requests may be answered then.

use std::collections::VecDeque;
use std::time::Duration;

/// When a log is synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyncPolicy {
    /// Before anything is answered: one sync for all that came meanwhile.
    Always,
    /// This long after the first request that is not synced. A request is answered when it is written, so a machine that
    /// stops loses what came within that time.
    Interval(Duration),
}

/// The requests that were appended and not answered, each with a ticket, and when the next sync is due. Times are since any
/// moment, the same for all.
#[derive(Debug)]
pub struct Committer<T> {
    policy: SyncPolicy,
    /// Positions rise.
    waiting: VecDeque<(u64, T)>,
    due: Option<Duration>,
}

impl<T> Committer<T> {
    /// Nothing waits yet.
    #[must_use]
    pub fn new(policy: SyncPolicy) -> Self {
        Self {
            policy,
            waiting: VecDeque::new(),
            due: None,
        }
    }

    /// A request was appended at `position`, after all others that wait.
    pub fn appended(&mut self, position: u64, ticket: T, now: Duration) {
        let after = match self.policy {
            SyncPolicy::Always => Duration::ZERO,
            SyncPolicy::Interval(interval) => interval,
        };
        self.due.get_or_insert(now.saturating_add(after));
        self.waiting.push_back((position, ticket));
    }

    /// When the log is to be synced; none while all is.
    #[must_use]
    pub fn due(&self) -> Option<Duration> {
        self.due
    }

    /// Whether requests may be answered once they are written.
    #[must_use]
    pub fn answers_unsynced(&self) -> bool {
        matches!(self.policy, SyncPolicy::Interval(_))
    }

    /// All that was appended is synced, or refused.
    pub fn synced(&mut self) {
        self.due = None;
    }

    /// Takes the requests before the position `durable`, which may be answered.
    pub fn take_before(&mut self, durable: u64) -> Vec<(u64, T)> {
        let count = self.waiting.partition_point(|(position, _)| *position < durable);
        self.waiting.drain(..count).collect()
    }

    /// Takes all requests that wait.
    pub fn take_all(&mut self) -> Vec<(u64, T)> {
        self.waiting.drain(..).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn always_is_due_at_once_and_answers_all_that_the_sync_covers() {
        let mut committer = Committer::new(SyncPolicy::Always);
        assert_eq!(committer.due(), None);
        for (position, ticket) in (4..).zip(["a", "b", "c"]) {
            committer.appended(position, ticket, SECOND);
        }
        assert_eq!(committer.due(), Some(SECOND));
        assert!(!committer.answers_unsynced());
        committer.synced();
        assert_eq!(committer.take_before(6), [(4, "a"), (5, "b")]);
        assert_eq!((committer.due(), committer.take_all()), (None, vec![(6, "c")]));
    }

    #[test]
    fn an_interval_runs_from_the_first_request_that_is_not_synced() {
        let mut committer = Committer::new(SyncPolicy::Interval(SECOND));
        committer.appended(0, (), SECOND);
        committer.appended(1, (), SECOND * 3 / 2);
        assert_eq!(committer.due(), Some(SECOND * 2));
        assert!(committer.answers_unsynced());
        assert_eq!(committer.take_before(2).len(), 2);
        assert_eq!(committer.due(), Some(SECOND * 2), "answered, and not synced");
        committer.synced();
        committer.appended(2, (), SECOND * 5);
        assert_eq!(committer.due(), Some(SECOND * 6));
    }
}
