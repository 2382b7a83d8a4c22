//! Marks of halves that a filter policy dropped, so that their counterpart is dropped too.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use super::budget::Budget;
use crate::batches::{CallKey, Side};
use crate::time::{PipelineTime, TimeShift};

/// The marks of one tenant in one shard; each lives for `wait`, never extended, or until it dropped one half (SPEC §2;
/// that a second half is not dropped is what Tempo does).
///
/// A mark that did its work keeps its room until its time is over: so the bound holds for the queue too.
#[derive(Debug)]
pub struct Markers {
    marks: HashMap<(CallKey, Side), PipelineTime, RandomState>,
    by_age: VecDeque<(PipelineTime, CallKey, Side)>,
    wait: Duration,
    budget: Arc<Budget>,
}

impl Markers {
    /// No marks; `budget` bounds those of all shards together.
    #[must_use]
    pub fn new(wait: Duration, budget: Arc<Budget>) -> Self {
        Self {
            marks: HashMap::default(),
            by_age: VecDeque::new(),
            wait,
            budget,
        }
    }

    /// From now on marks live for `wait`, those that are there already too.
    pub fn set_wait(&mut self, wait: Duration) {
        self.wait = wait;
    }

    /// Moves the times at which marks were left.
    pub fn shift(&mut self, by: TimeShift) {
        self.marks.values_mut().for_each(|left| *left += by);
        self.by_age.iter_mut().for_each(|(left, ..)| *left += by);
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_age.is_empty()
    }

    /// Remembers that the half on `side` of `key` was dropped; forgotten at once when there is no room.
    pub fn leave(&mut self, key: CallKey, side: Side, now: PipelineTime) {
        if self.marks.contains_key(&(key, side)) || !self.budget.take() {
            return;
        }
        self.marks.insert((key, side), now);
        self.by_age.push_back((now, key, side));
    }

    /// Takes the mark of the half on `side` of `key`; whether it was dropped within the last `wait`.
    pub fn take(&mut self, key: CallKey, side: Side) -> bool {
        !self.marks.is_empty() && self.marks.remove(&(key, side)).is_some()
    }

    /// Forgets the marks whose time is over.
    pub fn expire(&mut self, now: PipelineTime) {
        while let Some((left, key, side)) = self.by_age.front().copied() {
            if left + self.wait > now {
                return;
            }
            self.by_age.pop_front();
            // A mark that was taken may have been left anew since.
            if self.marks.get(&(key, side)).is_some_and(|last| *last <= left) {
                self.marks.remove(&(key, side));
            }
            self.budget.give_back();
        }
        if self.marks.capacity() > 1024 && self.marks.is_empty() {
            self.marks.shrink_to_fit();
            self.by_age.shrink_to_fit();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: PipelineTime = PipelineTime::from_unix_milliseconds(1_700_000_000_000);

    const KEY: CallKey = CallKey {
        trace_id: [1; 16],
        span_id: [2; 8],
    };
    const OTHER: CallKey = CallKey {
        trace_id: [1; 16],
        span_id: [3; 8],
    };

    #[test]
    fn a_mark_is_of_one_side_and_ends_with_its_wait() {
        let start = START;
        let budget = Arc::new(Budget::new(10));
        let mut markers = Markers::new(Duration::from_secs(2), Arc::clone(&budget));
        markers.leave(KEY, Side::Client, start);
        markers.leave(KEY, Side::Client, start + Duration::from_secs(1));
        markers.leave(OTHER, Side::Client, start);
        assert!(!markers.take(KEY, Side::Server));
        markers.expire(start + Duration::from_millis(1_999));
        assert!(markers.take(KEY, Side::Client));
        markers.expire(start + Duration::from_secs(2));
        assert!(!markers.take(OTHER, Side::Client));
        assert_eq!((budget.taken(), markers.is_empty()), (0, true));
    }

    #[test]
    fn a_mark_is_taken_once_and_one_that_is_left_anew_lives_its_own_wait() {
        let start = START;
        let budget = Arc::new(Budget::new(2));
        let mut markers = Markers::new(Duration::from_secs(2), Arc::clone(&budget));
        markers.leave(KEY, Side::Client, start);
        assert!(markers.take(KEY, Side::Client) && !markers.take(KEY, Side::Client));
        markers.leave(KEY, Side::Client, start + Duration::from_secs(1));
        assert_eq!(budget.taken(), 2, "what was taken keeps its room");
        markers.expire(start + Duration::from_secs(2));
        assert_eq!(budget.taken(), 1);
        assert!(markers.take(KEY, Side::Client));
        markers.expire(start + Duration::from_secs(3));
        assert_eq!((budget.taken(), markers.is_empty()), (0, true));
    }

    #[test]
    fn past_the_bound_no_mark_is_left() {
        let mut markers = Markers::new(Duration::from_secs(2), Arc::new(Budget::new(1)));
        markers.leave(KEY, Side::Client, START);
        markers.leave(KEY, Side::Server, START);
        assert!(!markers.take(KEY, Side::Server) && markers.take(KEY, Side::Client));
    }
}
