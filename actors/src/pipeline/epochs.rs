//! Makes epochs: a cut through the whole pipeline at a time, kept on the disk with what was collected at it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_rt::time::timeout;
use futures_util::future::join_all;
use spangraph_storage::epochs::SourcePart;
use tokio::sync::Mutex;

use super::cuts::Cuts;
use super::scrape_cuts::{DurableSeries, ScrapeCuts};
use crate::admission::Gate;
use crate::aggregator::{FreezeSeries, FrozenSeries, RegistryImage};
use crate::batches::Collected;
use crate::durability::{
    DurabilityMetrics, Kept, NoCut, PipelineCut, SpanLogHandle, StateHandle, StateImage, TenantCut,
    source_part,
};
use crate::matcher::{FreezePairings, FrozenPairings, Matcher};
use crate::supervision::{Mailbox, deliver};
use crate::tenants::{Tenant, Tenants};
use crate::time::{Clock, PipelineTime, Stamp, Timeline};
use crate::writer::LookForMore;

/// How exactly cuts come.
const TICK: Duration = Duration::from_millis(100);

/// How long requests may wait at the door until those before them are applied.
const PATIENCE: Duration = Duration::from_millis(50);

/// The same when those before them are being written to the disk: those at the door would wait for it too.
const LOG_PATIENCE: Duration = Duration::from_millis(500);

/// How long the actors may take to freeze once nothing is in flight: they have only ticks and questions to handle.
const FREEZING: Duration = Duration::from_secs(1);

/// What an epoch is made of.
pub(super) struct Epochs {
    gate: Arc<Gate>,
    tenants: Arc<Tenants>,
    matchers: Arc<[Mailbox<Matcher>]>,
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
        } = parts;
        let cuts = Cuts::new(clock.now().time, longest);
        Self {
            gate,
            tenants,
            matchers,
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
        let cut = timeout(FREEZING, self.freeze(stamp, now, is_last)).await;
        drop(latch);
        self.metrics.note_pause(closed.elapsed());
        let cut = cut.unwrap_or(Err(NoCut::NoAnswer));
        self.is_whole |= cut.is_err();
        cut
    }

    /// Matchers first, so that what they hand on is in the aggregators' mailboxes before these are asked.
    async fn freeze(&self, stamp: Stamp, now: PipelineTime, is_last: bool) -> Result<Frozen, NoCut> {
        let pending = self.freeze_pairings(stamp).await?;
        let tenants = self.tenants.all();
        let frozen = tenants.iter().map(|tenant| {
            let is_due = is_last || self.cuts.is_due(now, interval_of(tenant));
            let freeze = FreezeSeries { now: stamp, is_due };
            deliver(tenant.handles.aggregator.control(), freeze)
        });
        let mut cuts = Vec::with_capacity(tenants.len());
        let mut series = Vec::with_capacity(tenants.len());
        for (tenant, frozen) in tenants.iter().zip(join_all(frozen).await) {
            let FrozenSeries { image, collected } = frozen.map_err(|_| NoCut::NoAnswer)?;
            let image = Arc::new(image);
            series.push((tenant.profile.id.clone(), Arc::clone(&image)));
            cuts.push(tenant_cut(tenant, image, collected));
        }
        for (tenant, image) in pending.into_iter().flat_map(|FrozenPairings(images)| images) {
            // They stand by id, as tenants do.
            let place = cuts.binary_search_by(|cut| cut.id.cmp(&tenant));
            if let Some(cut) = place.ok().and_then(|place| cuts.get_mut(place)) {
                cut.pending.push(Box::new(image) as Box<dyn StateImage>);
            }
        }
        let cut = PipelineCut {
            unix_milliseconds: now.unix_milliseconds(),
            positions: self.positions(),
            tenants: cuts,
            is_whole: self.is_whole,
        };
        let series = DurableSeries { tenants: series };
        Ok(Frozen { cut, series, stamp })
    }

    async fn freeze_pairings(&self, now: Stamp) -> Result<Vec<FrozenPairings>, NoCut> {
        let matchers = self.matchers.iter();
        let frozen = matchers.map(|matcher| deliver(matcher.control(), FreezePairings { now }));
        let frozen = join_all(frozen).await.into_iter();
        frozen
            .map(|answer| answer.map_err(|_| NoCut::NoAnswer)?.ok_or(NoCut::EdgesWait))
            .collect()
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

fn interval_of(tenant: &Tenant) -> Duration {
    tenant.profile.settings.registry.collection_interval
}

fn tenant_cut(tenant: &Tenant, image: Arc<RegistryImage>, collected: Vec<Arc<Collected>>) -> TenantCut {
    TenantCut {
        id: tenant.profile.id.clone(),
        endpoints: tenant.endpoint_names(),
        collected,
        series: Box::new(image),
        pending: Vec::new(),
    }
}
