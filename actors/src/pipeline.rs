//! Starts the pipeline's actors, lets requests in, and stops the actors in order.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix::prelude::*;
use actix_rt::{Arbiter, ArbiterHandle};
use spangraph_config::{ActorSettings, AdmissionSettings, TenantId};

use crate::activity::{ActorMeters, ActorName, Role};
use crate::admission::{Accepted, ExportRequest, Gate, Refusal, Room, TraceSink, overloaded};
use crate::ingest::{Ingest, IngestSpans};
use crate::matcher::Matcher;
use crate::metrics::PipelineMetrics;
use crate::supervision::{ArbiterRing, Lifelines, Mailbox, Slot};
use crate::tenants::{NamedTenants, Sender, SettingsSource, TenantFactory, Tenants};
use crate::time::Clock;
use crate::timer::{Timer, TimerParts};
use crate::writer::{TlsClients, WriterMetrics};

mod drain;
mod reconfigure;
mod view;

pub use drain::{DrainDeadlines, DrainReport};
pub use reconfigure::Reconfigurer;
pub use view::PipelineView;

pub use crate::metrics::PipelineTotals;

/// What a pipeline is built from.
pub struct PipelineParts {
    /// How many actors, and how long their mailboxes.
    pub actors: ActorSettings,
    /// The bounds of the gate.
    pub admission: AdmissionSettings,
    /// The settings of any tenant.
    pub settings: SettingsSource,
    /// The tenants that the operator named.
    pub named: NamedTenants,
    /// What requests and ticks are stamped by.
    pub clock: Clock,
    /// The pipeline's metrics.
    pub metrics: PipelineMetrics,
    /// The writers' metrics.
    pub writer_metrics: WriterMetrics,
    /// What was made of the TLS settings of endpoints.
    pub tls_clients: TlsClients,
    /// Who hears of actors that die.
    pub lifelines: Lifelines,
}

/// The running pipeline.
pub struct Pipeline {
    clock: Clock,
    gate: Arc<Gate>,
    tenants: Arc<Tenants>,
    ingest: Arc<[Mailbox<Ingest>]>,
    matchers: Arc<[Mailbox<Matcher>]>,
    timer: Addr<Timer>,
    actors: ActorMeters,
    writers: WriterMetrics,
    arbiters: Vec<NamedArbiter>,
    next: Arc<AtomicUsize>,
}

/// The thread of some actors.
#[derive(Debug)]
pub struct NamedArbiter {
    /// Whose it is.
    pub name: String,
    /// The arbiter.
    pub arbiter: Arbiter,
}

/// The way into a running pipeline; cheap to clone.
#[derive(Clone)]
pub struct Intake {
    clock: Clock,
    gate: Arc<Gate>,
    tenants: Arc<Tenants>,
    ingest: Arc<[Mailbox<Ingest>]>,
    next: Arc<AtomicUsize>,
}

impl Pipeline {
    /// Starts all actors; to be called within an actix system.
    #[must_use]
    pub fn start(parts: PipelineParts) -> Self {
        let mut arbiters = Arbiters::default();
        let tenants = Arc::new(Tenants::new(tenant_factory(&parts, &mut arbiters)));
        let matchers = start_matchers(&parts, &tenants, &mut arbiters);
        let ingest = start_ingest(&parts, &matchers, &mut arbiters);
        let timer = Timer::new(TimerParts {
            ingest: Arc::clone(&ingest),
            matchers: Arc::clone(&matchers),
            tenants: Arc::clone(&tenants),
            clock: parts.clock.clone(),
            steps: parts.metrics.clock_steps.clone(),
            missed: parts.metrics.missed_ticks.clone(),
            meter: parts.metrics.actors.meter(ActorName::new(Role::Timer, 0), 0),
            lifeline: parts.lifelines.attach("timer"),
        });
        let timer = Timer::start_in_arbiter(&arbiters.start("timer"), |_| timer);
        Self {
            clock: parts.clock,
            gate: Gate::new(parts.admission),
            tenants,
            ingest,
            matchers,
            timer,
            actors: parts.metrics.actors,
            writers: parts.writer_metrics,
            arbiters: arbiters.started,
            next: Arc::default(),
        }
    }

    /// The way in.
    #[must_use]
    pub fn intake(&self) -> Intake {
        Intake {
            clock: self.clock.clone(),
            gate: Arc::clone(&self.gate),
            tenants: Arc::clone(&self.tenants),
            ingest: Arc::clone(&self.ingest),
            next: Arc::clone(&self.next),
        }
    }

    /// What can be asked from outside.
    #[must_use]
    pub fn view(&self) -> PipelineView {
        PipelineView::new(self)
    }

    /// The threads of the actors, to be stopped and joined once the pipeline was drained, outside of any future.
    #[must_use]
    pub fn into_arbiters(self) -> Vec<NamedArbiter> {
        self.arbiters
    }
}

impl Intake {
    /// A place in the mailbox of the next ingest actor that has one.
    fn reserve(&self) -> Option<(&Mailbox<Ingest>, Slot)> {
        let turn = self.next.fetch_add(1, Ordering::Relaxed) % self.ingest.len().max(1);
        let (before, from) = self.ingest.split_at_checked(turn)?;
        from.iter()
            .chain(before)
            .find_map(|mailbox| Some((mailbox, mailbox.reserve()?)))
    }
}

impl TraceSink for Intake {
    type Charge = Sender;

    fn charge(&self, tenant: &TenantId, bytes: usize) -> Result<Sender, Refusal> {
        self.tenants.announced(tenant, bytes, self.clock.now())
    }

    fn recharge(&self, charge: Sender, bytes: usize) -> Result<Sender, Refusal> {
        self.tenants.arrived(charge, bytes, self.clock.now())
    }

    fn most_bytes(&self, charge: &Sender) -> usize {
        charge.most_bytes()
    }

    fn exceeded(&self, charge: Sender) -> Refusal {
        charge.exceeded()
    }

    fn admit(&self) -> Result<Room, Refusal> {
        self.gate.open_request()
    }

    async fn export(&self, request: ExportRequest, room: Room, charge: Sender) -> Result<Accepted, Refusal> {
        let submission = room.submit().await?;
        let (mailbox, slot) = self
            .reserve()
            .ok_or_else(|| overloaded("spangraph.ingest.mailbox"))?;
        let received = self.clock.now();
        let sender = self.tenants.arrived(charge, request.spans.len(), received)?;
        let message = IngestSpans {
            sender,
            request,
            submission,
            received,
        };
        mailbox.ask(slot, message).await.map_err(|_| Refusal::Broken)?
    }
}

/// The threads started so far.
#[derive(Default)]
struct Arbiters {
    started: Vec<NamedArbiter>,
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

fn tenant_factory(parts: &PipelineParts, arbiters: &mut Arbiters) -> TenantFactory {
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
        max_tenants: parts.admission.max_tenants,
    }
}

fn start_matchers(
    parts: &PipelineParts,
    tenants: &Arc<Tenants>,
    arbiters: &mut Arbiters,
) -> Arc<[Mailbox<Matcher>]> {
    let capacity = parts.actors.matcher_mailbox;
    let start = |index| {
        let meter = parts
            .metrics
            .actors
            .meter(ActorName::new(Role::Matcher, index), capacity);
        let matcher = Matcher::new(
            Arc::clone(tenants),
            Arc::clone(&meter),
            parts.lifelines.attach(format!("matcher {index}")),
        );
        let address = Matcher::start_in_arbiter(&arbiters.start(format!("matcher {index}")), |_| matcher);
        Mailbox::new(address, meter)
    };
    (0..parts.actors.matcher_shards.max(1)).map(start).collect()
}

fn start_ingest(
    parts: &PipelineParts,
    matchers: &Arc<[Mailbox<Matcher>]>,
    arbiters: &mut Arbiters,
) -> Arc<[Mailbox<Ingest>]> {
    let capacity = parts.actors.ingest_mailbox;
    let start = |index| {
        let lifeline = parts.lifelines.attach(format!("ingest {index}"));
        let meter = parts
            .metrics
            .actors
            .meter(ActorName::new(Role::Ingest, index), capacity);
        let ingest = Ingest::new(Arc::clone(matchers), Arc::clone(&meter), lifeline);
        let address = Ingest::start_in_arbiter(&arbiters.start(format!("ingest {index}")), |_| ingest);
        Mailbox::new(address, meter)
    };
    (0..parts.actors.ingest_actors.max(1)).map(start).collect()
}

#[cfg(test)]
mod tests;
