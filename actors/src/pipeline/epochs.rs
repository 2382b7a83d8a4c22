//! Makes epochs: a cut through the whole pipeline at a time, kept on the disk with what was collected at it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_rt::time::timeout;
use spangraph_storage::epochs::SourcePart;
use tokio::sync::Mutex;

use super::cuts::Cuts;
use super::freezing::{Freezing, FrozenTenants, Moment};
use super::scrape_cuts::{DurableSeries, ScrapeCuts};
use crate::admission::Gate;
use crate::durability::{
    DurabilityMetrics, Kept, NoCut, PipelineCut, SpanLogHandle, StateHandle, source_part,
};
use crate::graph_history::GraphHistories;
use crate::matcher::Matcher;
use crate::supervision::Mailbox;
use crate::tenants::{Tenant, Tenants};
use crate::time::{Clock, PipelineTime, Stamp, Timeline};
use crate::writer::LookForMore;

/// How exactly cuts come.
const TICK: Duration = Duration::from_millis(100);

/// How long requests may wait at the door until those before them are applied.
const PATIENCE: Duration = Duration::from_millis(50);

/// The same when those before them are being written to the disk: those at the door would wait for it too.
const LOG_PATIENCE: Duration = Duration::from_millis(500);

/// What an epoch is made of.
pub(super) struct Epochs {
    gate: Arc<Gate>,
    tenants: Arc<Tenants>,
    freezing: Freezing,
    clock: Clock,
    state: StateHandle,
    metrics: DurabilityMetrics,
    log: Option<SpanLogHandle>,
    cuts: Cuts,
    scrapes: ScrapeCuts,
    timeline: Timeline,
    /// An image was taken that did not become durable.
    is_whole: bool,
    /// The last epoch was made.
    is_over: bool,
}

impl Epochs {
    pub(super) fn new(parts: EpochParts, state: StateHandle, longest: Duration) -> Self {
        let EpochParts {
            gate,
            tenants,
            matchers,
            clock,
            metrics,
            log,
            scrapes,
            graphs,
        } = parts;
        let cuts = Cuts::new(clock.now().time, longest);
        Self {
            gate,
            freezing: Freezing::new(Arc::clone(&tenants), matchers, graphs),
            tenants,
            clock,
            state,
            metrics,
            log,
            cuts,
            scrapes,
            timeline: Timeline::default(),
            is_whole: false,
            is_over: false,
        }
    }

    /// Makes `epochs` as they are due or scrapes wait for them, until the last one was made.
    pub(super) async fn run(epochs: Arc<Mutex<Self>>) {
        let scrapes = epochs.lock().await.scrapes.clone();
        loop {
            let _ = timeout(TICK, scrapes.called()).await;
            let mut epochs = epochs.lock().await;
            if epochs.is_over {
                return;
            }
            if !epochs.clock.is_replaying() {
                epochs.make_when_due().await;
            }
        }
    }

    /// When the next cut is due.
    pub(super) fn next_cut(&self) -> PipelineTime {
        let tenants = self.tenants.all();
        self.cuts.next(tenants.iter().map(|tenant| interval_of(tenant)))
    }

    /// No cut is made before `time`: what was due goes with the next one.
    pub(super) fn pass_over(&mut self, time: PipelineTime) {
        self.cuts.made(time);
    }

    /// Makes an epoch when scrapes wait for one; when it cannot be made, they go on waiting.
    pub(super) async fn make_when_scraped(&mut self) {
        if self.scrapes.want_one(Instant::now())
            && let Err(error) = self.make(false).await
        {
            self.metrics.note_missed(error);
        }
    }

    /// Makes an epoch now.
    pub(super) async fn make_now(&mut self) -> Result<(), NoCut> {
        self.make(false).await
    }

    /// Makes the last epoch, in which all tenants are collected.
    pub(super) async fn make_last(&mut self) -> Result<(), NoCut> {
        self.is_over = true;
        let made = self.make(true).await;
        self.scrapes.close();
        made
    }

    /// Ends the state's thread, with what was acknowledged on the disk.
    pub(super) async fn finish(&mut self) -> bool {
        self.is_over = true;
        self.scrapes.close();
        matches!(self.state.finish().await, Ok(Ok(())))
    }

    pub(super) async fn make_when_due(&mut self) {
        let now = self.follow(self.clock.now());
        let tenants = self.tenants.all();
        let intervals = tenants.iter().map(|tenant| interval_of(tenant));
        let is_log_long = self.log.as_ref().is_some_and(SpanLogHandle::tell);
        let is_due = is_log_long || self.cuts.is_any_due(now, intervals);
        let is_wanted = is_due || self.scrapes.want_one(Instant::now());
        if is_wanted && let Err(error) = self.make(false).await {
            self.metrics.note_missed(error);
        }
    }

    async fn make(&mut self, is_last: bool) -> Result<(), NoCut> {
        let Frozen { cut, series, stamp } = self.cut(is_last).await.inspect_err(|error| {
            self.scrapes.note_missed(*error, Instant::now());
        })?;
        let begun = Instant::now();
        match self.state.keep(cut).await {
            Ok(Ok(kept)) => {
                self.free_log(&kept);
                self.is_whole = false;
                let made = self.follow(stamp);
                self.cuts.made(made);
                self.metrics.note_kept(&kept, begun.elapsed());
                self.scrapes.hand_out(series, begun, Instant::now());
                self.tell_writers();
                Ok(())
            }
            Ok(Err(error)) => {
                self.is_whole = true;
                let made = self.follow(stamp);
                self.cuts.made(made);
                self.metrics.note_failed(&error);
                self.scrapes.fail(&error.to_string(), begun, Instant::now());
                Err(NoCut::NotKept)
            }
            Err(_) => Err(NoCut::StateGone),
        }
    }

    /// The state of all actors at one time, between requests.
    async fn cut(&mut self, is_last: bool) -> Result<Frozen, NoCut> {
        self.freezing.await_late().await?;
        let closed = Instant::now();
        let latch = self.gate.close_latch();
        let patience = if self.log.is_some() {
            LOG_PATIENCE
        } else {
            PATIENCE
        };
        if timeout(patience, latch.settled()).await.is_err() {
            drop(latch);
            self.metrics.note_pause(closed.elapsed());
            return Err(NoCut::Unsettled);
        }
        let stamp = self.clock.now();
        let now = self.follow(stamp);
        let moment = Moment {
            stamp,
            now,
            cuts: self.cuts,
            is_last,
        };
        let frozen = self.freezing.freeze(moment).await;
        let positions = self.positions();
        drop(latch);
        self.metrics.note_pause(closed.elapsed());
        self.is_whole |= frozen.is_err();
        let FrozenTenants { cuts, series } = frozen?;
        let cut = PipelineCut {
            unix_milliseconds: now.unix_milliseconds(),
            positions,
            tenants: cuts,
            missed: self.freezing.take_missed(),
            is_whole: self.is_whole,
        };
        Ok(Frozen { cut, series, stamp })
    }

    /// Up to where the log is applied, while no request is in flight.
    fn positions(&self) -> BTreeMap<SourcePart, u64> {
        let log = self.log.iter();
        log.map(|log| (source_part(), log.position())).collect()
    }

    /// What an epoch has is not needed in the log.
    fn free_log(&self, kept: &Kept) {
        let position = kept.committed.epoch.positions.get(&source_part());
        if let (Some(log), Some(position)) = (&self.log, position) {
            log.free_before(*position);
        }
    }

    /// A writer whose mailbox is full hears of the next epoch.
    fn tell_writers(&self) {
        for tenant in self.tenants.all() {
            for writer in &tenant.writers {
                let _ = writer.control().try_send(LookForMore);
            }
        }
    }

    /// The time of `stamp`; the cuts follow when the clock was shifted.
    fn follow(&mut self, stamp: Stamp) -> PipelineTime {
        let followed = self.timeline.follow(stamp);
        if let Some(shift) = followed.shift {
            self.cuts.shift(shift);
        }
        followed.now
    }
}

/// What epochs are made with.
pub(super) struct EpochParts {
    pub(super) gate: Arc<Gate>,
    pub(super) tenants: Arc<Tenants>,
    pub(super) matchers: Arc<[Mailbox<Matcher>]>,
    pub(super) clock: Clock,
    pub(super) metrics: DurabilityMetrics,
    pub(super) log: Option<SpanLogHandle>,
    pub(super) scrapes: ScrapeCuts,
    pub(super) graphs: Arc<GraphHistories>,
}

/// All actors' state at one time.
struct Frozen {
    /// What is to be kept.
    cut: PipelineCut,
    /// The series of it, for those who scrape.
    series: DurableSeries,
    /// When it is.
    stamp: Stamp,
}

pub(super) fn interval_of(tenant: &Tenant) -> Duration {
    tenant.profile.settings.registry.collection_interval
}
