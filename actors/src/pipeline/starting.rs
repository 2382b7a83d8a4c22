//! Starts the actors of a pipeline, from its tail to its head.

use std::sync::Arc;

use actix::prelude::*;
use actix_rt::{Arbiter, ArbiterHandle};

use super::epochs::EpochParts;
use super::exposing::DurableScrapes;
use super::restoring::{Durable, NotRestored};
use super::scrape_cuts::ScrapeCuts;
use super::{NamedArbiter, Pipeline, PipelineParts};
use crate::activity::{ActorName, Role};
use crate::admission::Gate;
use crate::durability::{SpanLogHandle, StateHandle};
use crate::ingest::{Ingest, Ingestion};
use crate::matcher::Matcher;
use crate::supervision::{ArbiterRing, Mailbox};
use crate::tenants::{TenantFactory, Tenants};
use crate::timer::{Timer, TimerParts};

impl Pipeline {
    /// Starts all actors, with what an earlier process left; to be called within an actix system.
    ///
    /// # Errors
    /// When what was left cannot be gone on with.
    pub fn start(mut parts: PipelineParts) -> Result<Self, NotRestored> {
        let mut arbiters = Arbiters::default();
        let mut durable = start_durable(&mut parts)?;
        let (log, backlog) = durable.as_mut().map(Durable::take_log).unwrap_or_default();
        let tenants = start_tenants(&parts, durable.as_ref(), &mut arbiters);
        let gate = Gate::new(parts.admission);
        let matchers = start_matchers(&parts, &tenants, &gate, durable.as_mut(), &mut arbiters)?;
        let (ingestion, ingest) = start_ingest(&parts, &matchers, log.clone(), &mut arbiters);
        let actors = Started {
            matchers: &matchers,
            tenants: &tenants,
        };
        let timer = start_timer(&parts, actors, durable.is_none(), &mut arbiters);
        let scrapes = ScrapeCuts::default();
        let graphs = Arc::new(durable.as_mut().map(Durable::take_graphs).unwrap_or_default());
        let epochs = EpochParts {
            log: log.clone(),
            graphs: Arc::clone(&graphs),
            ..epoch_parts(&parts, actors, &gate, &scrapes)
        };
        let epochs = durable.map(|durable| durable.make_epochs(epochs));
        Ok(Self {
            clock: parts.clock,
            gate,
            tenants,
            ingestion,
            ingest,
            matchers,
            timer,
            actors: parts.metrics.actors,
            writers: parts.writer_metrics,
            arbiters: arbiters.started,
            next: Arc::default(),
            scrapes: epochs.is_some().then(|| DurableScrapes::new(scrapes)),
            durability: epochs.is_some().then_some(parts.metrics.durability),
            epochs,
            log,
            backlog,
            graphs,
            walked_on_arrival: parts.metrics.walked_on_arrival,
        })
    }
}

/// The threads started so far.
#[derive(Default)]
pub(super) struct Arbiters {
    pub(super) started: Vec<NamedArbiter>,
}

impl Arbiters {
    fn start(&mut self, name: impl Into<String>) -> ArbiterHandle {
        let arbiter = Arbiter::new();
        let handle = arbiter.handle();
        let name = name.into();
        self.started.push(NamedArbiter { name, arbiter });
        handle
    }
}

fn start_durable(parts: &mut PipelineParts) -> Result<Option<Durable>, NotRestored> {
    let durable = parts.durable.take();
    durable.map(|durable| Durable::start(durable, parts)).transpose()
}

fn tenant_factory(
    parts: &PipelineParts,
    state: Option<StateHandle>,
    arbiters: &mut Arbiters,
) -> TenantFactory {
    TenantFactory {
        settings: Arc::clone(&parts.settings),
        named: Arc::clone(&parts.named),
        clock: parts.clock.clone(),
        metrics: parts.metrics.clone(),
        writer_metrics: parts.writer_metrics.clone(),
        lifelines: parts.lifelines.clone(),
        aggregator_arbiters: ArbiterRing::start(parts.actors.matcher_shards, || {
            arbiters.start("aggregators")
        }),
        writer_arbiters: ArbiterRing::start(parts.actors.writer_threads, || arbiters.start("writers")),
        tls_clients: parts.tls_clients.clone(),
        aggregator_mailbox: parts.actors.aggregator_mailbox,
        matcher_shards: parts.actors.matcher_shards.max(1),
        max_tenants: parts.admission.max_tenants,
        state,
    }
}

fn start_tenants(parts: &PipelineParts, durable: Option<&Durable>, arbiters: &mut Arbiters) -> Arc<Tenants> {
    let state = durable.map(|durable| durable.state.clone());
    Arc::new(Tenants::new(tenant_factory(parts, state, arbiters)))
}

fn start_matchers(
    parts: &PipelineParts,
    tenants: &Arc<Tenants>,
    gate: &Arc<Gate>,
    durable: Option<&mut Durable>,
    arbiters: &mut Arbiters,
) -> Result<Arc<[Mailbox<Matcher>]>, NotRestored> {
    let capacity = parts.actors.matcher_mailbox;
    let shards = parts.actors.matcher_shards.max(1);
    let restored = durable.map(|durable| durable.restore(tenants, shards));
    let mut restored = restored.transpose()?.unwrap_or_default();
    let now = parts.clock.now().time;
    let start = |index: usize| {
        let meter = parts
            .metrics
            .actors
            .meter(ActorName::new(Role::Matcher, index), capacity);
        let restored = restored.get_mut(index).map(std::mem::take).unwrap_or_default();
        let matcher = Matcher::new(
            u16::try_from(index).unwrap_or(u16::MAX),
            Arc::clone(tenants),
            Arc::clone(gate),
            Arc::clone(&meter),
            parts.lifelines.attach(format!("matcher {index}")),
        )
        .with_restored(restored, now);
        let address = Matcher::start_in_arbiter(&arbiters.start(format!("matcher {index}")), |_| matcher);
        Mailbox::new(address, meter)
    };
    Ok((0..shards).map(start).collect())
}

fn start_ingest(
    parts: &PipelineParts,
    matchers: &Arc<[Mailbox<Matcher>]>,
    log: Option<SpanLogHandle>,
    arbiters: &mut Arbiters,
) -> (Ingestion, Arc<[Mailbox<Ingest>]>) {
    let ingestion = Ingestion::new(Arc::clone(matchers), log);
    let capacity = parts.actors.ingest_mailbox;
    let start = |index| {
        let lifeline = parts.lifelines.attach(format!("ingest {index}"));
        let meter = parts
            .metrics
            .actors
            .meter(ActorName::new(Role::Ingest, index), capacity);
        let ingest = Ingest::new(ingestion.clone(), Arc::clone(&meter), lifeline);
        let address = Ingest::start_in_arbiter(&arbiters.start(format!("ingest {index}")), |_| ingest);
        Mailbox::new(address, meter)
    };
    let ingest = (0..parts.actors.ingest_actors.max(1)).map(start).collect();
    (ingestion, ingest)
}

/// What epochs are made with, without a log and without what pages know of graphs.
fn epoch_parts(
    parts: &PipelineParts,
    actors: Started<'_>,
    gate: &Arc<Gate>,
    scrapes: &ScrapeCuts,
) -> EpochParts {
    EpochParts {
        gate: Arc::clone(gate),
        tenants: Arc::clone(actors.tenants),
        matchers: Arc::clone(actors.matchers),
        clock: parts.clock.clone(),
        metrics: parts.metrics.durability.clone(),
        log: None,
        scrapes: scrapes.clone(),
        graphs: Arc::default(),
    }
}

/// Whom the timer tells.
#[derive(Clone, Copy)]
struct Started<'a> {
    matchers: &'a Arc<[Mailbox<Matcher>]>,
    tenants: &'a Arc<Tenants>,
}

fn start_timer(
    parts: &PipelineParts,
    actors: Started<'_>,
    collects: bool,
    arbiters: &mut Arbiters,
) -> Addr<Timer> {
    let timer = Timer::new(TimerParts {
        matchers: Arc::clone(actors.matchers),
        tenants: Arc::clone(actors.tenants),
        clock: parts.clock.clone(),
        steps: parts.metrics.clock_steps.clone(),
        missed: parts.metrics.missed_ticks.clone(),
        collects,
        meter: parts.metrics.actors.meter(ActorName::new(Role::Timer, 0), 0),
        lifeline: parts.lifelines.attach("timer"),
    });
    Timer::start_in_arbiter(&arbiters.start("timer"), |_| timer)
}
