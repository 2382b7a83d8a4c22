//! The two queues of one endpoint: samples with their seeds and exemplars, and native histograms.
//!
//! They share no lane, no place for a request and no room. So an endpoint that fails at every histogram, as a
//! Prometheus does that was not started for them, cannot delay or push out a sample.

use super::counts::Counts;
use super::lanes::{Ending, LaneQueue, Totals};
use super::limits::{Content, QueueLimits};
use super::plain_histograms::without_exemplars;
use super::request::{Group, Request, RequestId};
use super::suspicion::Next;
use crate::batches::{ChunkKind, Collected};

/// The queues; pure, as each of them is.
#[derive(Debug)]
pub struct Queues {
    samples: LaneQueue,
    histograms: Option<LaneQueue>,
    /// One that took histograms before still sends those that it has.
    takes_histograms: bool,
    takes_exemplars: bool,
}

/// What did not stay when a collection was enqueued.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Enqueued {
    /// Older ones that were dropped to make room.
    pub dropped: Counts,
    /// Native histograms passed over because the endpoint takes none.
    pub skipped_histograms: u64,
}

impl Queues {
    /// Empty queues, each with these limits; without `histograms` those are passed over.
    #[must_use]
    pub fn new(limits: QueueLimits, histograms: bool) -> Self {
        let for_histograms = || LaneQueue::new(limits.for_histograms());
        Self {
            samples: LaneQueue::new(limits),
            histograms: histograms.then(for_histograms),
            takes_histograms: histograms,
            takes_exemplars: limits.content == Content::SamplesAndExemplars,
        }
    }

    /// Sets other bounds, and whether histograms that come are taken; all that waits goes on waiting.
    pub fn follow(&mut self, limits: QueueLimits, histograms: bool) {
        let for_histograms = limits.for_histograms();
        self.samples.set_limits(limits);
        match &mut self.histograms {
            Some(queue) => queue.set_limits(for_histograms),
            None => self.histograms = histograms.then(|| LaneQueue::new(for_histograms)),
        }
        self.takes_histograms = histograms;
        self.takes_exemplars = limits.content == Content::SamplesAndExemplars;
    }

    /// Parts what waits from all that comes (see [`LaneQueue::part`]).
    pub fn part(&mut self) {
        self.each_mut(LaneQueue::part);
    }

    /// Appends one collection, as [`LaneQueue::enqueue`] does.
    pub fn enqueue(&mut self, collected: &Collected) -> Enqueued {
        let mut enqueued = Enqueued {
            dropped: self.samples.enqueue(collected),
            skipped_histograms: 0,
        };
        match &mut self.histograms {
            Some(queue) if self.takes_histograms && self.takes_exemplars => {
                enqueued.dropped += queue.enqueue(collected);
            }
            Some(queue) if self.takes_histograms => {
                enqueued.dropped += queue.enqueue(&without_exemplars(collected));
            }
            _ => enqueued.skipped_histograms = histograms_in(collected),
        }
        enqueued
    }

    /// Counts what was lost before it came here, and returns how much of it would have been queued.
    pub fn lose(&mut self, counts: Counts) -> Counts {
        let mut lost = self.samples.lose(counts);
        if let Some(queue) = self.histograms.as_mut().filter(|_| self.takes_histograms) {
            lost += queue.lose(counts);
        }
        lost
    }

    /// Drops waiting samples that are older than the age limit and returns how many.
    pub fn drop_too_old(&mut self, now_unix_milliseconds: i64) -> Counts {
        let mut dropped = Counts::default();
        self.each_mut(|queue| dropped += queue.drop_too_old(now_unix_milliseconds));
        dropped
    }

    /// The next request of either queue, when one may be sent (see [`LaneQueue::take`]).
    pub fn take(&mut self) -> Option<Request> {
        let samples = self.samples.take();
        samples.or_else(|| self.histograms.as_mut()?.take())
    }

    /// Drops the parts of a request under way that are older than the age limit and returns how many samples.
    pub fn drop_too_old_of(&mut self, request: &mut Request, now_unix_milliseconds: i64) -> Counts {
        let queue = self.of(request.group());
        queue.map_or_else(Counts::default, |queue| {
            queue.drop_too_old_of(request, now_unix_milliseconds)
        })
    }

    /// Ends `request` (see [`LaneQueue::finish`]).
    pub fn finish(&mut self, request: Request, ending: Ending) {
        if let Some(queue) = self.of(request.group()) {
            queue.finish(request, ending);
        }
    }

    /// There was no answer to a request of `group`, or one that says nothing of it.
    pub fn troubled(&mut self, group: Group) {
        if let Some(queue) = self.of(group) {
            queue.troubled();
        }
    }

    /// The endpoint failed at `request`: what is to be done with it.
    pub fn failed(&mut self, request: &mut Request) -> Next {
        let queue = self.of(request.group());
        queue.map_or(Next::Again, |queue| queue.failed(request))
    }

    /// The endpoint failed for a cause that is not in `request`: what is to be done with it.
    pub fn failed_by_itself(&mut self, request: &mut Request) -> Next {
        let queue = self.of(request.group());
        queue.map_or(Next::Again, |queue| queue.failed_by_itself(request))
    }

    /// The endpoint will never take something that is in `request`: what is to be done with it.
    pub fn refused(&mut self, request: &Request) -> Next {
        let queue = self.of(request.group());
        queue.map_or(Next::Drop, |queue| queue.refused(request))
    }

    /// Cuts `request` into two (see [`LaneQueue::cut`]); gives it back when there is nothing to cut.
    pub fn cut(&mut self, request: Request) -> Option<Request> {
        match self.of(request.group()) {
            Some(queue) => queue.cut(request),
            None => Some(request),
        }
    }

    /// Lets a request wait for its turn.
    pub fn hold(&mut self, request: Request) {
        if let Some(queue) = self.of(request.group()) {
            queue.hold(request);
        }
    }

    /// A request waits through a pause, and leaves its place to others.
    pub fn rest(&mut self, id: RequestId) {
        if let Some(queue) = self.of(id.group) {
            queue.rest(id);
        }
    }

    /// Remembers that the only series of `request` is bad.
    pub fn convict(&mut self, request: &Request) {
        if let Some(queue) = self.of(request.group()) {
            queue.convict(request);
        }
    }

    /// Ends a part of a request before the rest (see [`LaneQueue::settle`]).
    pub fn settle(&mut self, id: RequestId, counts: Counts, ending: Ending, lanes: u64) {
        if let Some(queue) = self.of(id.group) {
            queue.settle(id, counts, ending, lanes);
        }
    }

    /// Takes out all waiting seeds as refused and returns how many.
    pub fn give_up_seeds(&mut self) -> Counts {
        self.samples.give_up_seeds()
    }

    /// The time before which samples are too old, in milliseconds since the Unix epoch.
    #[must_use]
    pub fn oldest_allowed(&self, now_unix_milliseconds: i64) -> Option<i64> {
        self.samples.oldest_allowed(now_unix_milliseconds)
    }

    /// Drops everything, what is under way too, and returns how much it was.
    pub fn abandon(&mut self) -> Counts {
        let mut left = Counts::default();
        self.each_mut(|queue| left += queue.abandon());
        left
    }

    /// What waits to be sent, without what is under way.
    #[must_use]
    pub fn queued(&self) -> Counts {
        let mut counts = Counts::default();
        self.each().for_each(|queue| counts += queue.queued());
        counts
    }

    /// What the requests under way carry.
    #[must_use]
    pub fn under_way(&self) -> Counts {
        let mut counts = Counts::default();
        self.each().for_each(|queue| counts += queue.under_way());
        counts
    }

    /// How many requests are under way.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.each().map(LaneQueue::requests).sum()
    }

    /// What became of everything so far, but for what was passed over.
    #[must_use]
    pub fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        self.each().for_each(|queue| totals += queue.totals());
        totals
    }

    /// The bounds of each of the queues.
    #[must_use]
    pub fn limits(&self) -> QueueLimits {
        self.samples.limits()
    }

    /// When the oldest sample that was not sent yet was collected, in milliseconds since the Unix epoch.
    #[must_use]
    pub fn oldest_unix_milliseconds(&self) -> Option<i64> {
        self.each().filter_map(LaneQueue::oldest_unix_milliseconds).min()
    }

    fn of(&mut self, group: Group) -> Option<&mut LaneQueue> {
        match group {
            Group::Seeds | Group::Values => Some(&mut self.samples),
            Group::NativeHistograms => self.histograms.as_mut(),
        }
    }

    fn each(&self) -> impl Iterator<Item = &LaneQueue> {
        std::iter::once(&self.samples).chain(&self.histograms)
    }

    fn each_mut(&mut self, act: impl FnMut(&mut LaneQueue)) {
        std::iter::once(&mut self.samples)
            .chain(&mut self.histograms)
            .for_each(act);
    }
}

fn histograms_in(collected: &Collected) -> u64 {
    let chunks = collected.chunks.iter();
    let histograms = chunks.filter(|chunk| chunk.kind == ChunkKind::NativeHistograms);
    histograms
        .flat_map(|chunk| chunk.ends.iter())
        .map(|end| u64::from(end.samples))
        .sum()
}

#[cfg(test)]
mod tests;
