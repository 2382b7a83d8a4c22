//! The aggregator actor: owns the series of one tenant.

mod backlog;
mod changing;
mod collecting;
pub mod describing;
mod freezing;
mod outlet;
mod publishing;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use actix::prelude::*;
use spangraph_config::{TenantId, TenantSettings};
use tokio::sync::oneshot;

use self::changing::{Change, Work};
use self::collecting::RunningCollection;
pub use self::freezing::{FreezeSeries, FrozenSeries};
use self::outlet::Outlet;
use super::limits::LimitWarnings;
use super::{Registry, RegistryStats, RestoredSeries};
use crate::activity::{ActorMeter, Turn};
use crate::admission::Submission;
use crate::batches::{Collected, Edges, UpdateSpanMetrics};
use crate::metrics::TenantMetrics;
use crate::supervision::{Lifeline, Mailbox, Queued, rest, set_capacity};
use crate::tenants::{Tenant, TenantProfile};
use crate::time::{PipelineTime, Stamp, Timeline};
use crate::writer::Writer;

/// Owns the series of one tenant; spread over arbiters.
#[derive(Debug)]
pub struct Aggregator {
    tenant: TenantId,
    timeline: Timeline,
    generation: u64,
    /// Of which settings the writers are that it was last told of.
    writers_of: u64,
    settings: Arc<TenantSettings>,
    registry: Registry,
    /// The time of the last samples, in milliseconds since the Unix epoch.
    collected: i64,
    /// The collection that is not over yet, with what is forgotten after it.
    running: Option<RunningCollection>,
    /// The time of the collection that is due once that is over.
    due: Option<PipelineTime>,
    /// New settings that are not yet taken on.
    change: Option<Change>,
    /// What came meanwhile.
    waiting: VecDeque<Work>,
    /// Whether a reminder of it all is in the mailbox: what was brought to its end leaves one behind.
    is_reminded: bool,
    metrics: TenantMetrics,
    counted: RegistryStats,
    label_updates: HashMap<String, u64>,
    /// The limits that were hit since the last warning, which comes at most once a minute.
    warnings: LimitWarnings,
    outlets: Vec<Outlet>,
    /// What was collected and waits for the next epoch; `None` when nothing is durable and it goes out at once.
    until_epoch: Option<Vec<Arc<Collected>>>,
    meter: Arc<ActorMeter>,
    lifeline: Lifeline,
}

/// Edges that a matcher completed.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct CountEdges {
    /// Whose they are, with the settings under which they were made.
    pub tenant: Arc<TenantProfile>,
    /// The edges.
    pub edges: Edges,
    /// Their requests, as the gate counts them until all of them is applied.
    pub submissions: Vec<Arc<Submission>>,
    /// When they were completed.
    pub now: Stamp,
}

/// Asks an aggregator whose tenant is gone, and that has no series, to end.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct EndAggregator;

/// Tells of new settings of the tenant.
#[derive(Clone, Debug, Message)]
#[rtype(result = "()")]
pub struct Reconfigure {
    /// The tenant with its new settings and writers.
    pub tenant: Arc<Tenant>,
    /// When they were found changed.
    pub now: Stamp,
}

/// Asks for all series to be encoded and handed to the writers.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct CollectSeries {
    /// The timer's clock.
    pub now: Stamp,
}

/// Asks for a last collection, after which the aggregator ends.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct DrainAggregator {
    /// The timer's clock.
    pub now: Stamp,
}

impl Aggregator {
    /// An aggregator with no series, which hands what it collects to `writers`.
    #[must_use]
    pub fn new(tenant: &TenantId, settings: &Arc<TenantSettings>, parts: AggregatorParts) -> Self {
        let restored = parts.restored.unwrap_or_else(|| RestoredSeries {
            registry: Registry::new(settings, tenant).with_seeds_from(parts.seeds_from),
            ended: Collected::default(),
        });
        Self {
            tenant: tenant.clone(),
            timeline: Timeline::default(),
            generation: parts.generation,
            writers_of: parts.generation,
            settings: Arc::clone(settings),
            collected: restored.registry.last_collected().unwrap_or(i64::MIN),
            registry: restored.registry,
            running: None,
            due: None,
            change: None,
            waiting: VecDeque::new(),
            is_reminded: false,
            metrics: parts.metrics,
            counted: RegistryStats::default(),
            label_updates: HashMap::new(),
            warnings: LimitWarnings::default(),
            outlets: parts.writers.into_iter().map(Outlet::new).collect(),
            until_epoch: parts.is_durable.then(|| vec![Arc::new(restored.ended)]),
            meter: parts.meter,
            lifeline: parts.lifeline,
        }
    }

    /// The time of `stamp`; before it is used, all that is remembered follows when the clock was shifted.
    fn at(&mut self, stamp: Stamp) -> PipelineTime {
        let followed = self.timeline.follow(stamp);
        if let Some(shift) = followed.shift {
            self.finish_change();
            self.finish_collection();
            self.due = self.due.map(|due| due + shift);
            self.registry.shift(shift);
            self.warnings.shift(shift);
        }
        followed.now
    }

    /// Writers that stay keep what waits for them; those that leave get it now.
    fn lead_to(&mut self, writers: &[Mailbox<Writer>]) {
        let mut before = std::mem::take(&mut self.outlets);
        for writer in writers {
            let known = before.iter().position(|outlet| outlet.leads_to(writer));
            let outlet = match known.map(|known| before.swap_remove(known)) {
                Some(outlet) => outlet.by(writer.clone()),
                None => Outlet::new(writer.clone()),
            };
            self.outlets.push(outlet);
        }
        before.iter_mut().for_each(Outlet::finish);
    }

    /// What is not over yet goes on at once.
    fn rest(&self, context: &mut Context<Self>) {
        if !self.is_reminded {
            rest(self, context, &self.meter);
        }
    }

    /// Hands on all that waits for a writer, as nothing comes after it.
    fn finish(&mut self, context: &mut Context<Self>) {
        self.outlets.iter_mut().for_each(Outlet::finish);
        self.lifeline.finish();
        context.stop();
    }
}

/// What an aggregator is given beside its tenant's settings.
#[derive(Debug)]
pub struct AggregatorParts {
    /// The handles of the tenant's metrics.
    pub metrics: TenantMetrics,
    /// Which of the tenant's settings they are.
    pub generation: u64,
    /// When the tenant's series can begin at the earliest, in milliseconds since the Unix epoch: nothing of them was sent
    /// after that by an aggregator before this one.
    pub seeds_from: i64,
    /// The tenant's endpoints.
    pub writers: Vec<Mailbox<Writer>>,
    /// The series that an earlier process left.
    pub restored: Option<RestoredSeries>,
    /// Whether what is collected waits for an epoch.
    pub is_durable: bool,
    /// Measures what it does.
    pub meter: Arc<ActorMeter>,
    /// Tells of its death.
    pub lifeline: Lifeline,
}

impl Actor for Aggregator {
    type Context = Context<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        set_capacity(context, &self.meter);
    }
}

impl Handler<Queued<CountEdges>> for Aggregator {
    type Result = ();

    fn handle(&mut self, queued: Queued<CountEdges>, context: &mut Self::Context) {
        self.take(Work::Edges(queued), context);
        self.rest(context);
    }
}

impl Handler<Queued<UpdateSpanMetrics>> for Aggregator {
    type Result = ();

    fn handle(&mut self, queued: Queued<UpdateSpanMetrics>, context: &mut Self::Context) {
        self.take(Work::Spans(queued), context);
        self.rest(context);
    }
}

impl Handler<Reconfigure> for Aggregator {
    type Result = ResponseFuture<()>;

    /// Who asks goes on when the settings are taken on: writers that leave have got all that was collected for them by then.
    fn handle(&mut self, message: Reconfigure, context: &mut Self::Context) -> ResponseFuture<()> {
        let _handling = self.meter.message().of(Turn::Reconfigure);
        let (followed, has_followed) = oneshot::channel();
        self.take(Work::Settings(message, followed), context);
        Box::pin(async move { has_followed.await.unwrap_or_default() })
    }
}

impl Handler<DrainAggregator> for Aggregator {
    type Result = ();

    fn handle(&mut self, DrainAggregator { now }: DrainAggregator, context: &mut Self::Context) {
        let _handling = self.meter.message();
        self.finish_waiting();
        let now = self.at(now);
        if self.until_epoch.is_none() {
            self.collect(now);
        }
        self.finish(context);
    }
}

impl Handler<EndAggregator> for Aggregator {
    type Result = ();

    fn handle(&mut self, _: EndAggregator, context: &mut Self::Context) {
        let _handling = self.meter.chore();
        self.finish_waiting();
        self.finish_collection();
        self.finish(context);
    }
}

/// Makes an aggregator busy for so long.
#[cfg(test)]
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct BusyForTest(pub std::time::Duration);

#[cfg(test)]
impl Handler<BusyForTest> for Aggregator {
    type Result = ();

    fn handle(&mut self, BusyForTest(time): BusyForTest, _: &mut Self::Context) {
        let handling = self.meter.message();
        while handling.begun().elapsed() < time {}
    }
}
