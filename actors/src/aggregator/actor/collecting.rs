//! How an aggregator collects: in slices, between which it hands on what is written and handles the messages that came.

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::prelude::*;

use super::outlet::Outlet;
use super::{Aggregator, CollectSeries};
use crate::activity::Turn;
use crate::aggregator::Collection;
use crate::batches::{Collected, LANES};
use crate::time::PipelineTime;

/// A collection that is taken in slices.
#[derive(Debug)]
pub(super) struct RunningCollection {
    /// None once all is written, and only what nobody needs any more is to be forgotten.
    collection: Option<Collection>,
    /// Its time, in milliseconds since the Unix epoch.
    now: i64,
    /// How long its slices took so far.
    busy: Duration,
    /// Whether it counts as a collection.
    is_counted: bool,
}

impl RunningCollection {
    /// One that begins.
    fn new(collection: Collection) -> Self {
        Self {
            now: collection.unix_milliseconds(),
            collection: Some(collection),
            busy: Duration::ZERO,
            is_counted: true,
        }
    }

    /// One of nothing but ends.
    pub(super) fn of_ends(ending: Collection) -> Self {
        Self {
            is_counted: false,
            ..Self::new(ending)
        }
    }

    /// One whose effects were over at a cut, which took so long.
    pub(super) fn of_cut(now_unix_milliseconds: i64, busy: Duration) -> Self {
        Self {
            collection: None,
            now: now_unix_milliseconds,
            busy,
            is_counted: true,
        }
    }
}

/// About so many samples of a collection or of a page are written in one go, before messages that came meanwhile: 1 or 2 ms.
pub(super) const SLICE: usize = 5_000;

/// So many chunks are handed on together while their collection goes on: about one of each lane, so that requests are full.
const HANDED_ON_TOGETHER: usize = LANES;

/// Reminds an aggregator of what it has not finished.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
struct GoOnCollecting;

impl Aggregator {
    /// Collects in one go.
    pub(super) fn collect(&mut self, now: PipelineTime) {
        self.begin_collection(now);
        self.finish_collection();
    }

    /// Brings the collection that runs to its end.
    pub(super) fn finish_collection(&mut self) {
        while self.go_on(usize::MAX) {}
    }

    /// Begins a collection. One that is not over when the next is due is brought to its end first.
    pub(super) fn begin_collection(&mut self, now: PipelineTime) {
        self.finish_collection();
        let now = now.unix_milliseconds();
        let collection = if self.is_collected() {
            self.collected = after(self.collected, now);
            self.registry.begin_collection(self.collected)
        } else {
            self.registry.begin_eviction(now)
        };
        self.running = Some(RunningCollection::new(collection));
    }

    /// Goes on with the collection that runs, until about so many samples are written, and tells whether it still runs.
    pub(super) fn go_on(&mut self, samples: usize) -> bool {
        let begun = Instant::now();
        let Some(mut running) = self.running.take() else {
            return false;
        };
        let is_over = match running.collection.take() {
            Some(collection) => {
                running.collection = self.collect_slice(collection, samples);
                running.collection.is_none() && self.registry.forget_slice(0)
            }
            None => self.registry.forget_slice(samples),
        };
        running.busy += begun.elapsed();
        if !is_over {
            self.running = Some(running);
        } else if running.is_counted {
            self.conclude(running.now, running.busy);
        }
        !is_over
    }

    /// Whether the collection that runs removes series now.
    pub(super) fn is_removing(&self) -> bool {
        let running = self.running.as_ref();
        let collection = running.and_then(|running| running.collection.as_ref());
        collection.is_some_and(Collection::is_removing)
    }

    /// Takes a slice of `collection`; what is left of it.
    fn collect_slice(&mut self, mut collection: Collection, samples: usize) -> Option<Collection> {
        if !self.registry.collect_slice(&mut collection, samples) {
            self.hand_on_early(&mut collection);
            return Some(collection);
        }
        if self.is_collected() {
            self.hand_on(collection.finish());
        }
        None
    }

    /// Hands on what is written so far, so that it is sent while the rest is written, and less of it waits at the end.
    ///
    /// Half of a writer's mailbox stays free for the end of the collection.
    fn hand_on_early(&mut self, collection: &mut Collection) {
        let has_room = self.outlets.iter().all(Outlet::has_much_room);
        if has_room && let Some(written) = collection.take_written(HANDED_ON_TOGETHER) {
            self.hand_on(written);
        }
    }

    /// Takes a slice of what is not over yet: settings that are taken on, or a collection.
    fn take_slice(&mut self) {
        if self.is_changing() {
            let _handling = self.meter.chore().of(Turn::Reconfigure);
            return self.go_on_changing(SLICE);
        }
        let _handling = self.meter.chore().of(Turn::Collect);
        self.catch_up();
        if self.running.is_none()
            && let Some(due) = self.due.take()
        {
            self.begin_collection(due);
        }
        self.go_on(SLICE);
    }

    /// Comes back to what is not over yet after the messages that wait.
    fn come_back(&mut self, context: &mut Context<Self>) {
        let is_over = self.running.is_none() && self.due.is_none() && self.waiting.is_empty();
        if !is_over || self.is_changing() {
            self.remind(context);
        }
    }

    /// Has the aggregator come back after the messages that wait.
    #[expect(
        clippy::disallowed_methods,
        reason = "a control message, of which there is one at a time"
    )]
    pub(super) fn remind(&mut self, context: &mut Context<Self>) {
        if !self.is_reminded {
            self.is_reminded = true;
            context.address().do_send(GoOnCollecting);
        }
    }

    pub(super) fn conclude(&mut self, now_unix_milliseconds: i64, took: Duration) {
        self.metrics.collections.inc();
        self.metrics.collect_seconds.observe(took.as_secs_f64());
        self.publish();
        self.publish_labels();
        self.warnings.log(&self.tenant, now_unix_milliseconds);
    }

    /// Whether anybody wants the series.
    pub(super) fn is_collected(&self) -> bool {
        !self.settings.disable_collection && !self.outlets.is_empty()
    }

    pub(super) fn hand_on(&mut self, collected: Collected) {
        let collected = Arc::new(collected);
        if let Some(waiting) = &mut self.until_epoch {
            return waiting.push(collected);
        }
        for outlet in &mut self.outlets {
            outlet.hand_on(Arc::clone(&collected), &self.tenant);
        }
    }

    /// Hands on what waits for room, as far as there is some. With every message, as an aggregator has no clock.
    pub(super) fn catch_up(&mut self) {
        self.outlets.iter_mut().for_each(Outlet::catch_up);
    }
}

impl Handler<CollectSeries> for Aggregator {
    type Result = ();

    fn handle(&mut self, CollectSeries { now }: CollectSeries, context: &mut Self::Context) {
        let _handling = self.meter.message().of(Turn::Collect);
        self.catch_up();
        let now = self.at(now);
        if self.is_changing() || self.running.is_some() {
            self.due = Some(now);
        } else {
            self.begin_collection(now);
            self.go_on(SLICE);
        }
        self.come_back(context);
    }
}

impl Handler<GoOnCollecting> for Aggregator {
    type Result = ();

    fn handle(&mut self, _: GoOnCollecting, context: &mut Self::Context) {
        self.is_reminded = false;
        if !self.handle_waiting() || self.running.is_some() {
            self.take_slice();
        }
        self.come_back(context);
    }
}

/// The time of a collection at `now`: always after `before`, which a tick that waited behind new settings may not be.
/// Two milliseconds, because the zeros of series that are born again stand between.
pub(super) fn after(before: i64, now: i64) -> i64 {
    const WAITED: i64 = 60_000;
    let is_late = now <= before.saturating_add(1) && now > before.saturating_sub(WAITED);
    if is_late { before + 2 } else { now }
}
