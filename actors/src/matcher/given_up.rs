//! Remembers for a while the calls that were given up, to tell halves that come late.

use std::collections::VecDeque;
use std::time::Duration;

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use crate::batches::{CallKey, Side};
use crate::time::{PipelineTime, TimeShift};

/// The most calls that are remembered; past it the oldest is forgotten. About 100 bytes each.
const MOST: usize = 16_384;

/// The calls of one tenant in one shard that were given up within the last `wait`.
///
/// It only tells; what becomes of a late half does not depend on it.
#[derive(Debug)]
pub struct GivenUp {
    calls: HashMap<CallKey, Missing, RandomState>,
    by_age: VecDeque<(PipelineTime, CallKey)>,
    wait: Duration,
}

/// What a call that was given up lacked.
#[derive(Clone, Copy, Debug)]
struct Missing {
    side: Side,
    since: PipelineTime,
}

impl GivenUp {
    /// Remembers nothing yet, and later each call for `wait`.
    #[must_use]
    pub fn new(wait: Duration) -> Self {
        Self {
            calls: HashMap::default(),
            by_age: VecDeque::new(),
            wait,
        }
    }

    /// From now on each call is remembered for `wait`, those that are there already too.
    pub fn set_wait(&mut self, wait: Duration) {
        self.wait = wait;
    }

    /// Remembers that the call `key` was given up at `since` for want of a half on `side`.
    ///
    /// The caller of a root has no half that could come, so roots are not worth remembering.
    pub fn remember(&mut self, key: CallKey, side: Side, since: PipelineTime) {
        if key.is_root() {
            return;
        }
        if self.by_age.len() >= MOST {
            self.forget_oldest();
        }
        self.calls.insert(key, Missing { side, since });
        self.by_age.push_back((since, key));
    }

    /// Moves the times at which calls were given up.
    pub fn shift(&mut self, by: TimeShift) {
        self.calls.values_mut().for_each(|missing| missing.since += by);
        self.by_age.iter_mut().for_each(|(since, _)| *since += by);
    }

    /// Whether no call was given up lately.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }

    /// How late the half on `side` of `key` is that comes at `now`; `None` when its call was not given up lately, or
    /// not for want of it.
    #[must_use]
    pub fn lateness(&self, key: CallKey, side: Side, now: PipelineTime) -> Option<Duration> {
        let missing = self.calls.get(&key).filter(|missing| missing.side == side)?;
        Some(now.since(missing.since))
    }

    /// Forgets the calls that were given up longer ago than `wait`.
    pub fn expire(&mut self, now: PipelineTime) {
        while self
            .by_age
            .front()
            .is_some_and(|(since, _)| *since + self.wait <= now)
        {
            self.forget_oldest();
        }
        if self.calls.is_empty() && self.calls.capacity() > 1_024 {
            self.calls.shrink_to_fit();
            self.by_age.shrink_to_fit();
        }
    }

    /// A call that was given up again since then stays.
    fn forget_oldest(&mut self) {
        let Some((since, key)) = self.by_age.pop_front() else {
            return;
        };
        if self.calls.get(&key).is_some_and(|missing| missing.since == since) {
            self.calls.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: PipelineTime = PipelineTime::from_unix_milliseconds(1_700_000_000_000);

    const WAIT: Duration = Duration::from_secs(2);

    fn key(span: u64) -> CallKey {
        CallKey {
            trace_id: [1; 16],
            span_id: span.to_be_bytes(),
        }
    }

    #[test]
    fn a_half_is_late_when_its_call_was_given_up_for_want_of_it() {
        let (mut given_up, start) = (GivenUp::new(WAIT), START);
        given_up.remember(key(1), Side::Server, start);
        let later = start + Duration::from_millis(300);
        assert_eq!(
            given_up.lateness(key(1), Side::Server, later),
            Some(Duration::from_millis(300))
        );
        assert_eq!(given_up.lateness(key(1), Side::Client, later), None);
        assert_eq!(given_up.lateness(key(2), Side::Server, later), None);
    }

    #[test]
    fn a_call_is_forgotten_a_wait_after_it_was_last_given_up() {
        let (mut given_up, start) = (GivenUp::new(WAIT), START);
        given_up.remember(key(1), Side::Server, start);
        given_up.remember(key(1), Side::Client, start + Duration::from_secs(1));
        given_up.expire(start + WAIT);
        let now = start + WAIT;
        assert!(given_up.lateness(key(1), Side::Client, now).is_some());
        given_up.expire(now + Duration::from_secs(1));
        assert!(given_up.calls.is_empty() && given_up.by_age.is_empty());
    }

    #[test]
    fn the_memory_has_a_bound_and_roots_take_none_of_it() {
        let (mut given_up, now) = (GivenUp::new(WAIT), START);
        given_up.remember(key(0), Side::Client, now);
        assert!(given_up.by_age.is_empty());
        for span in 1..=MOST as u64 + 10 {
            given_up.remember(key(span), Side::Client, now);
        }
        assert_eq!((given_up.calls.len(), given_up.by_age.len()), (MOST, MOST));
        assert!(given_up.lateness(key(10), Side::Client, now).is_none());
        assert!(given_up.lateness(key(11), Side::Client, now).is_some());
    }
}
