//! The bounded queue of one endpoint: lanes that are each sent in order, and requests taken from their fronts.
//!
//! A series always travels in the same lane, and a lane has at most one request under way, so the samples of
//! a series cannot overtake each other, whatever is retried.

mod barriers;
mod suspects;
mod totals;

use std::collections::VecDeque;

use super::counts::Counts;
use super::known_bad::KnownBad;
use super::limits::QueueLimits;
use super::request::{Group, Part, Request, RequestId};
use super::suspicion::{Suspicion, Trial};
use super::waiting::Waiting;
use crate::samples::{Chunk, ChunkKind, Collected, LANES};
use barriers::Barriers;
use suspects::Held;
pub use totals::{Ending, Totals};

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

#[derive(Debug)]
struct UnderWay {
    id: RequestId,
    lanes: u64,
    counts: Counts,
    oldest: Option<i64>,
    /// The request that it was cut from, its own number when it is whole.
    line: u64,
    /// A suspected one that waits, for its turn or through a pause, keeps no place of a request.
    is_resting: bool,
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

    /// The next request, when one may be sent: parts of one [`Group`] from the fronts of idle lanes, of the
    /// oldest collection first. Its lanes are busy until it ends.
    pub fn take(&mut self) -> Option<Request> {
        if self.active() >= self.limits.requests {
            return None;
        }
        if let Some(piece) = self.take_held() {
            return Some(piece);
        }
        let (idle, newest) = (!self.busy_lanes(), self.newest_to_send());
        let is_due = |front: &Waiting| front.collection() <= newest;
        let oldest = self.oldest_front(idle, is_due)?;
        let group = self.front(oldest)?.group();
        let parts = self.fill(idle, |front| front.group() == group && is_due(front));
        let request = self.request(group, parts, Suspicion::whole);
        self.queued -= request.counts();
        self.without_known_bad(request)
    }

    /// A new request, which is under way from now on.
    fn request(
        &mut self,
        group: Group,
        parts: Vec<Part>,
        trial: impl Fn(&Suspicion, u64) -> Trial,
    ) -> Request {
        self.requests += 1;
        let request = Request {
            id: RequestId {
                group,
                number: self.requests,
            },
            parts,
            trial: trial(&self.suspicion, self.requests),
            back_off: None,
        };
        self.under_way.push(UnderWay {
            id: request.id,
            lanes: lanes_of(&request),
            counts: request.counts(),
            oldest: oldest_of(&request),
            line: request.trial.line,
            is_resting: false,
        });
        request
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

    fn make_room(&mut self) -> Counts {
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

    fn fill(&mut self, idle: u64, wanted: impl Fn(&Waiting) -> bool) -> Vec<Part> {
        let (mut parts, mut room) = (Vec::new(), self.limits.samples_per_request);
        while room > 0 {
            let lane = self.oldest_front(idle, &wanted);
            let Some(lane) = lane else { break };
            let Some(part) = self.cut_front(lane, room, parts.is_empty()) else {
                break;
            };
            room = room.saturating_sub(part.count);
            parts.push(part);
        }
        parts
    }

    fn cut_front(&mut self, lane: usize, room: u64, at_least_one: bool) -> Option<Part> {
        let lane = self.lanes.get_mut(lane)?;
        let front = lane.front_mut()?;
        let part = front.cut(room, at_least_one)?;
        if front.is_used_up() {
            lane.pop_front();
        }
        Some(part)
    }

    /// The lane of `among` whose front satisfies `wanted` and is of the oldest collection.
    fn oldest_front(&self, among: u64, wanted: impl Fn(&Waiting) -> bool) -> Option<usize> {
        let lanes = (0..LANES).filter(|lane| among & bit(*lane) != 0);
        let fronts = lanes.filter_map(|lane| Some((lane, self.front(lane)?)));
        let oldest = fronts
            .filter(|(_, front)| wanted(front))
            .min_by_key(|(_, front)| front.collection());
        oldest.map(|(lane, _)| lane)
    }

    fn front(&self, lane: usize) -> Option<&Waiting> {
        self.lanes.get(lane)?.front()
    }

    fn busy_lanes(&self) -> u64 {
        self.under_way
            .iter()
            .fold(0, |lanes, under_way| lanes | under_way.lanes)
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

/// A set of one lane, which is below [`LANES`].
pub(super) fn bit(lane: usize) -> u64 {
    1 << lane
}

fn lanes_of(request: &Request) -> u64 {
    request.parts.iter().fold(0, |lanes, part| lanes | bit(part.lane))
}

fn oldest_of(request: &Request) -> Option<i64> {
    request
        .parts
        .iter()
        .map(|part| part.collected_unix_milliseconds)
        .min()
}

fn keep_or_count(keep: bool, counts: Counts, dropped: &mut Counts) -> bool {
    if !keep {
        *dropped += counts;
    }
    keep
}

const _: () = assert!(LANES <= 64, "a set of lanes is a u64");

#[cfg(test)]
pub(super) mod tests;
