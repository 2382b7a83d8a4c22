//! How an aggregator collects: in slices, between which it hands on what is written and handles the messages that came.

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::prelude::*;

use super::outlet::Outlet;
use super::{Aggregator, CollectSeries};
use crate::aggregator::Collection;
use crate::batches::{Collected, LANES};
use crate::time::PipelineTime;

/// A collection that is taken in slices.
#[derive(Debug)]
pub(super) struct RunningCollection {
    collection: Collection,
    /// How long its slices took so far.
    busy: Duration,
}

/// About so many samples of a collection or of a page are written in one go, before messages that came meanwhile: 1 or 2 ms.
pub(super) const SLICE: usize = 5_000;

/// So many chunks are handed on together while their collection goes on: about one of each lane, so that requests are full.
const HANDED_ON_TOGETHER: usize = LANES;

/// Reminds an aggregator of the collection that it has not finished.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
struct GoOnCollecting;

impl Aggregator {
    /// Collects in one go.
    pub(super) fn collect(&mut self, now: PipelineTime) {
        self.begin_collection(now);
        self.go_on(usize::MAX);
    }

    /// Begins a collection. One that is not over when the next is due is brought to its end first.
    fn begin_collection(&mut self, now: PipelineTime) {
        self.go_on(usize::MAX);
        let begun = Instant::now();
        if self.is_collected() {
            self.collected = after(self.collected, now.unix_milliseconds());
            self.collection = Some(RunningCollection {
                collection: self.registry.begin_collection(self.collected),
                busy: Duration::ZERO,
            });
        } else {
            self.registry.evict(now.unix_milliseconds());
            self.conclude(now.unix_milliseconds(), begun.elapsed());
        }
    }

    /// Goes on with the collection that runs, until about so many samples are written, and tells whether it still runs.
    pub(super) fn go_on(&mut self, samples: usize) -> bool {
        let begun = Instant::now();
        let Some(mut running) = self.collection.take() else {
            return false;
        };
        let is_over = self.registry.collect_slice(&mut running.collection, samples);
        if is_over {
            let now = running.collection.unix_milliseconds();
            self.hand_on(running.collection.finish());
            self.conclude(now, running.busy + begun.elapsed());
        } else {
            self.hand_on_early(&mut running.collection);
            running.busy += begun.elapsed();
            self.collection = Some(running);
        }
        !is_over
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

    /// Takes a slice of the collection that runs, and comes back to it after the messages that wait meanwhile.
    #[expect(
        clippy::disallowed_methods,
        reason = "a control message, of which there is one at a time"
    )]
    fn go_on_in_slices(&mut self, context: &mut Context<Self>) {
        if self.go_on(SLICE) && !self.is_reminded {
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
        let _handling = self.meter.message();
        self.catch_up();
        let now = self.at(now);
        self.begin_collection(now);
        self.go_on_in_slices(context);
    }
}

impl Handler<GoOnCollecting> for Aggregator {
    type Result = ();

    fn handle(&mut self, _: GoOnCollecting, context: &mut Self::Context) {
        let _handling = self.meter.chore();
        self.is_reminded = false;
        self.catch_up();
        self.go_on_in_slices(context);
    }
}

/// The time of a collection at `now`: always after `before`, which a tick that waited behind new settings may not be.
/// Two milliseconds, because the zeros of series that are born again stand between.
pub(super) fn after(before: i64, now: i64) -> i64 {
    const WAITED: i64 = 60_000;
    let is_late = now <= before.saturating_add(1) && now > before.saturating_sub(WAITED);
    if is_late { before + 2 } else { now }
}
