//! Marks of halves that a filter policy dropped, so that their counterpart is dropped too.

use std::sync::Arc;
use std::time::Duration;

use super::budget::Budget;
use super::pending_edge::NO_ROW;
use crate::batches::{CallKey, Side};
use crate::tables::{Column, RowIndex};
use crate::time::{PipelineTime, TimeShift};

/// The marks of one tenant in one shard; each lives for `wait`, never extended, or until it dropped one half (SPEC §2;
/// that a second half is not dropped is what Tempo does).
///
/// A mark that did its work keeps its room until its time is over: so the bound holds for the rows too. They are used
/// again; a list through them keeps the order in which they were left.
#[derive(Debug)]
pub struct Markers {
    marks: Column<Mark>,
    free: Vec<u32>,
    /// Finds the marks that did not do their work yet.
    index: RowIndex,
    oldest: u32,
    newest: u32,
    wait: Duration,
    budget: Arc<Budget>,
}

/// The marks of [`Markers`] as they were at one time.
#[derive(Debug)]
pub struct FrozenMarks {
    marks: Column<Mark>,
    oldest: u32,
    count: usize,
}

/// That a half was dropped.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    /// Its call.
    pub key: CallKey,
    /// Its side.
    pub side: Side,
    /// Whether it dropped its counterpart already.
    pub is_taken: bool,
    /// When it was left.
    pub left: PipelineTime,
    /// The row of the mark that was left after it.
    pub(super) newer: u32,
}

impl Mark {
    /// That the half on `side` of `key` was dropped at `left`.
    #[must_use]
    pub fn new(key: CallKey, side: Side, left: PipelineTime) -> Self {
        Self {
            key,
            side,
            is_taken: false,
            left,
            newer: NO_ROW,
        }
    }

    fn sided_key(&self) -> (CallKey, Side) {
        (self.key, self.side)
    }
}

impl Markers {
    /// No marks; `budget` bounds those of all shards together.
    #[must_use]
    pub fn new(wait: Duration, budget: Arc<Budget>) -> Self {
        Self {
            marks: Column::new(1),
            free: Vec::new(),
            index: RowIndex::default(),
            oldest: NO_ROW,
            newest: NO_ROW,
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
        let mut row = self.oldest;
        while let Some(mark) = self.marks.get_mut(row as usize) {
            mark.left += by;
            row = mark.newer;
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.oldest == NO_ROW
    }

    /// Remembers that the half on `side` of `key` was dropped; forgotten at once when there is no room.
    pub fn leave(&mut self, key: CallKey, side: Side, now: PipelineTime) {
        if self.find(key, side).is_none() && self.budget.take() {
            self.append(Mark::new(key, side, now));
        }
    }

    /// Takes the mark of the half on `side` of `key`; whether it was dropped within the last `wait`.
    pub fn take(&mut self, key: CallKey, side: Side) -> bool {
        if self.index.is_empty() {
            return false;
        }
        let Some(row) = self.find(key, side) else {
            return false;
        };
        self.index.remove(self.index.hash((key, side)), row);
        if let Some(mark) = self.marks.get_mut(row as usize) {
            mark.is_taken = true;
        }
        true
    }

    /// Forgets the marks whose time is over.
    pub fn expire(&mut self, now: PipelineTime) {
        while let Some(mark) = self.marks.get(self.oldest as usize).copied() {
            if mark.left + self.wait > now {
                return;
            }
            self.forget_oldest(&mark);
        }
        self.give_memory_back();
    }

    /// The marks that are there now.
    pub fn freeze(&mut self) -> FrozenMarks {
        FrozenMarks {
            marks: self.marks.freeze(),
            oldest: self.oldest,
            count: self.marks.rows() - self.free.len(),
        }
    }

    /// Puts back `marks`, in the order in which they were left, whether there is room for them or not.
    pub fn put_back(&mut self, marks: &[Mark]) {
        self.budget.take_all(marks.len());
        for mark in marks {
            self.append(Mark {
                newer: NO_ROW,
                ..*mark
            });
        }
    }

    fn find(&self, key: CallKey, side: Side) -> Option<u32> {
        let hash = self.index.hash((key, side));
        let is_it = |mark: &Mark| mark.sided_key() == (key, side);
        let marks = &self.marks;
        self.index
            .find(hash, |row| marks.get(row as usize).is_some_and(is_it))
    }

    /// Puts `mark`, which has its room, behind the others.
    fn append(&mut self, mark: Mark) {
        let Some(row) = self.place(mark) else { return };
        match self.marks.get_mut(self.newest as usize) {
            Some(newest) => newest.newer = row,
            None => self.oldest = row,
        }
        self.newest = row;
        if !mark.is_taken {
            let marks = &self.marks;
            let key_of = |row: u32| marks.first(row as usize).sided_key();
            self.index.insert(self.index.hash(mark.sided_key()), row, key_of);
        }
    }

    fn place(&mut self, mark: Mark) -> Option<u32> {
        if let Some(row) = self.free.pop() {
            *self.marks.get_mut(row as usize)? = mark;
            return Some(row);
        }
        let row = u32::try_from(self.marks.rows()).ok();
        let row = row.filter(|row| *row != NO_ROW)?;
        self.marks.push(mark);
        Some(row)
    }

    fn forget_oldest(&mut self, mark: &Mark) {
        if !mark.is_taken {
            self.index.remove(self.index.hash(mark.sided_key()), self.oldest);
        }
        self.free.push(self.oldest);
        self.oldest = mark.newer;
        if self.oldest == NO_ROW {
            self.newest = NO_ROW;
        }
        self.budget.give_back();
    }

    /// After a burst the rows would stay for ever; without marks they can all go.
    fn give_memory_back(&mut self) {
        const WORTH_IT: usize = 1024;
        if self.is_empty() && self.marks.rows() > WORTH_IT {
            *self = Self::new(self.wait, Arc::clone(&self.budget));
        }
    }
}

impl FrozenMarks {
    /// How many there are, those that did their work included.
    pub fn len(&self) -> usize {
        self.count
    }

    /// The marks in the order in which they were left.
    pub fn by_age(&self) -> impl Iterator<Item = &Mark> {
        let at = |row: u32| self.marks.get(row as usize);
        std::iter::successors(at(self.oldest), move |mark| at(mark.newer))
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
