//! What is dropped: for want of room, as too old, as lost before, or with everything else.

use std::collections::VecDeque;

use super::LaneQueue;
use super::under_way::oldest_of;
use crate::batches::ChunkKind;
use crate::writer::counts::Counts;
use crate::writer::request::{Group, Request};

impl LaneQueue {
    /// Counts as dropped what was lost before it came here, and returns how much of it would have been queued.
    pub fn lose(&mut self, counts: Counts) -> Counts {
        let mut lost = Counts::default();
        for kind in ChunkKind::ALL {
            if self.limits.content.takes(kind) {
                lost += counts.only(kind);
            }
        }
        self.totals.enqueued += lost;
        self.totals.dropped += lost;
        lost
    }

    /// Drops waiting samples that are older than the age limit and returns how many.
    pub fn drop_too_old(&mut self, now_unix_milliseconds: i64) -> Counts {
        let mut dropped = Counts::default();
        if let Some(oldest) = self.oldest_allowed(now_unix_milliseconds) {
            for lane in &mut self.lanes {
                lane.retain(|waiting| {
                    keep_or_count(
                        waiting.collected_unix_milliseconds() >= oldest,
                        waiting.counts(),
                        &mut dropped,
                    )
                });
            }
        }
        self.forget(dropped);
        dropped
    }

    /// Drops the parts of a request under way that are older than the age limit and returns how many samples.
    pub fn drop_too_old_of(&mut self, request: &mut Request, now_unix_milliseconds: i64) -> Counts {
        let mut dropped = Counts::default();
        let Some(allowed) = self.oldest_allowed(now_unix_milliseconds) else {
            return dropped;
        };
        request.parts.retain(|part| {
            keep_or_count(
                part.collected_unix_milliseconds >= allowed,
                part.counts(),
                &mut dropped,
            )
        });
        if let Some(under_way) = self
            .under_way
            .iter_mut()
            .find(|under_way| under_way.id == request.id)
        {
            under_way.counts -= dropped;
            under_way.oldest = oldest_of(request);
            self.totals.dropped += dropped;
        }
        dropped
    }

    /// Takes out all waiting seeds as refused and returns how many, so that what is behind them goes on.
    pub fn give_up_seeds(&mut self) -> Counts {
        let mut given_up = Counts::default();
        for lane in &mut self.lanes {
            lane.retain(|waiting| {
                let keep = waiting.group() != Group::Seeds;
                keep_or_count(keep, waiting.counts(), &mut given_up)
            });
        }
        self.queued -= given_up;
        self.totals.failed += given_up;
        given_up
    }

    /// Drops everything, what is under way too, and returns how much it was.
    pub fn abandon(&mut self) -> Counts {
        let mut left = self.queued;
        self.under_way
            .drain(..)
            .for_each(|under_way| left += under_way.counts);
        self.held.clear();
        self.lanes.iter_mut().for_each(VecDeque::clear);
        self.queued = Counts::default();
        self.totals.dropped += left;
        left
    }

    pub(super) fn make_room(&mut self) -> Counts {
        let (mut dropped, newest) = (Counts::default(), self.collections);
        let mut held = self.queued.total() + self.under_way().total();
        while held > self.limits.samples {
            let lane = self.oldest_front(u64::MAX, |waiting| waiting.collection() < newest);
            let Some(waiting) = lane.and_then(|lane| self.lanes.get_mut(lane)?.pop_front()) else {
                break;
            };
            held -= waiting.counts().total();
            dropped += waiting.counts();
        }
        self.forget(dropped);
        dropped
    }

    /// The time before which samples are too old, in milliseconds since the Unix epoch.
    #[must_use]
    pub fn oldest_allowed(&self, now_unix_milliseconds: i64) -> Option<i64> {
        let age = i64::try_from(self.limits.age?.as_millis()).unwrap_or(i64::MAX);
        Some(now_unix_milliseconds.saturating_sub(age))
    }

    fn forget(&mut self, dropped: Counts) {
        self.queued -= dropped;
        self.totals.dropped += dropped;
    }
}

fn keep_or_count(keep: bool, counts: Counts, dropped: &mut Counts) -> bool {
    if !keep {
        *dropped += counts;
    }
    keep
}
