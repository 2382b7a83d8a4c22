//! The bounded queue of one endpoint: lanes that are each sent in order, and requests taken from their fronts.
//!
//! A series always travels in the same lane, and a lane has at most one request under way, so the samples of
//! a series cannot overtake each other, whatever is retried.

mod barriers;
mod dropping;
mod suspects;
mod taking;
mod totals;
pub(super) mod under_way;

use std::collections::VecDeque;

use super::counts::Counts;
use super::known_bad::KnownBad;
use super::limits::QueueLimits;
use super::request::{Request, RequestId};
use super::suspicion::Suspicion;
use super::waiting::Waiting;
use crate::batches::{Chunk, Collected, LANES};
use barriers::Barriers;
use suspects::Held;
pub use totals::{Ending, Totals};
use under_way::UnderWay;

/// The queue; pure: times are given, and nothing is sent here.
#[derive(Debug)]
pub struct LaneQueue {
    limits: QueueLimits,
    lanes: Vec<VecDeque<Waiting>>,
    under_way: Vec<UnderWay>,
    /// Suspected requests that wait for their turn; they are under way too.
    held: Vec<Held>,
    suspicion: Suspicion,
    known_bad: KnownBad,
    queued: Counts,
    totals: Totals,
    collections: u64,
    barriers: Barriers,
    requests: u64,
}

impl LaneQueue {
    /// An empty queue.
    #[must_use]
    pub fn new(limits: QueueLimits) -> Self {
        Self {
            limits,
            lanes: (0..LANES).map(|_| VecDeque::new()).collect(),
            under_way: Vec::new(),
            held: Vec::new(),
            suspicion: Suspicion::default(),
            known_bad: KnownBad::default(),
            queued: Counts::default(),
            totals: Totals::default(),
            collections: 0,
            barriers: Barriers::new(),
            requests: 0,
        }
    }

    /// Appends a collection or the next part of one, and returns what was dropped to make room: whole chunks that
    /// are not under way, of the oldest collection first.
    ///
    /// The collection itself is never dropped: a bound below the number of active series would otherwise cut
    /// off the same series each time. So a queue holds its bound or one collection, whichever is more.
    pub fn enqueue(&mut self, collected: &Collected) -> Counts {
        if !collected.continues {
            self.collections += 1;
            self.known_bad.forget_the_gone(self.collections);
        }
        for chunk in &collected.chunks {
            self.append(chunk);
        }
        self.make_room()
    }

    /// Ends `request`: its lanes are idle again. One that was abandoned before changes nothing.
    pub fn finish(&mut self, request: Request, ending: Ending) {
        let position = self
            .under_way
            .iter()
            .position(|under_way| under_way.id == request.id);
        let Some(under_way) = position.map(|position| self.under_way.swap_remove(position)) else {
            return;
        };
        self.totals.add(under_way.counts, ending);
        self.learn(&request, ending);
    }

    /// Ends a part of the request `id` before the rest: `counts` of it. From then on it holds only `lanes`.
    pub fn settle(&mut self, id: RequestId, counts: Counts, ending: Ending, lanes: u64) {
        let mut under_way = self.under_way.iter_mut();
        if let Some(under_way) = under_way.find(|under_way| under_way.id == id) {
            under_way.counts -= counts;
            under_way.lanes &= lanes;
            self.totals.add(counts, ending);
        }
    }

    /// What waits to be sent, without what is under way.
    #[must_use]
    pub fn queued(&self) -> Counts {
        self.queued
    }

    /// What the requests under way carry.
    #[must_use]
    pub fn under_way(&self) -> Counts {
        let mut counts = Counts::default();
        self.under_way
            .iter()
            .for_each(|under_way| counts += under_way.counts);
        counts
    }

    /// How many requests are under way.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.under_way.len()
    }

    /// What became of everything so far.
    #[must_use]
    pub fn totals(&self) -> Totals {
        self.totals
    }

    /// The bounds.
    #[must_use]
    pub fn limits(&self) -> QueueLimits {
        self.limits
    }

    /// Sets other bounds; a smaller room is made with the next collection.
    pub fn set_limits(&mut self, limits: QueueLimits) {
        self.limits = limits;
    }

    /// When the oldest sample that was not sent yet was collected, in milliseconds since the Unix epoch.
    #[must_use]
    pub fn oldest_unix_milliseconds(&self) -> Option<i64> {
        let waiting = self.lanes.iter().filter_map(VecDeque::front);
        let waiting = waiting.map(Waiting::collected_unix_milliseconds);
        waiting
            .chain(self.under_way.iter().filter_map(|under_way| under_way.oldest))
            .min()
    }

    fn append(&mut self, chunk: &Chunk) {
        if chunk.ends.is_empty() || !self.limits.content.takes(chunk.kind) {
            return;
        }
        let waiting = Waiting::new(chunk.clone(), self.collections);
        self.queued += waiting.counts();
        self.totals.enqueued += waiting.counts();
        if let Some(lane) = self.lanes.get_mut(chunk.lane % LANES) {
            lane.push_back(waiting);
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
