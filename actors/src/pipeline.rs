//! Starts the pipeline's actors, lets requests in, and stops the actors in order.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use actix::prelude::*;
use actix_rt::Arbiter;
use prometheus_client::metrics::counter::Counter;
use spangraph_config::{ActorSettings, AdmissionSettings, TenantId};
use tokio::sync::{Mutex, oneshot};

use crate::activity::ActorMeters;
use crate::admission::{Accepted, ExportRequest, Gate, Refusal, Room, TraceSink, overloaded};
use crate::durability::{DurabilityMetrics, FoundLog, FoundState, SpanLogHandle};
use crate::graph_history::GraphHistories;
use crate::ingest::{Answer, Ingest, IngestSpans, Ingestion, Submitted};
use crate::matcher::Matcher;
use crate::metrics::PipelineMetrics;
use crate::supervision::{Lifelines, Mailbox, Slot};
use crate::tenants::{NamedTenants, Sender, SettingsSource, Tenants};
use crate::time::Clock;
use crate::timer::Timer;
use crate::writer::{TlsClients, WriterMetrics};

mod cuts;
mod drain;
mod epochs;
mod exposing;
mod freezing;
mod reconfigure;
mod replaying;
mod restoring;
mod scrape_cuts;
mod starting;
mod view;

pub use drain::{DrainDeadlines, DrainReport};
pub use exposing::NotExposed;
pub use reconfigure::Reconfigurer;
pub use replaying::{ReplayReport, Unpack, Unreadable};
pub use restoring::NotRestored;
pub use scrape_cuts::NoDurableCut;
pub use spangraph_storage::span_log::LoggedRequest;
pub use view::PipelineView;

use epochs::Epochs;
use exposing::DurableScrapes;
use replaying::Backlog;

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
    /// The state on the disk, as it was found; `None` when nothing is durable.
    pub durable: Option<DurableParts>,
}

/// What a durable pipeline is built from.
#[derive(Debug)]
pub struct DurableParts {
    /// The state as it was found.
    pub found: FoundState,
    /// The longest time between two epochs.
    pub interval: Duration,
    /// The requests that were logged, and how they are from now on; none when neither.
    pub log: Option<FoundLog>,
    /// How far back samples are made again.
    pub max_backfill: Duration,
}

/// The running pipeline.
pub struct Pipeline {
    clock: Clock,
    gate: Arc<Gate>,
    tenants: Arc<Tenants>,
    ingestion: Ingestion,
    ingest: Arc<[Mailbox<Ingest>]>,
    matchers: Arc<[Mailbox<Matcher>]>,
    timer: Addr<Timer>,
    actors: ActorMeters,
    writers: WriterMetrics,
    arbiters: Vec<NamedArbiter>,
    next: Arc<AtomicUsize>,
    /// With durable state.
    epochs: Option<Arc<Mutex<Epochs>>>,
    durability: Option<DurabilityMetrics>,
    log: Option<SpanLogHandle>,
    /// What an earlier process logged and no epoch has, until it is replayed.
    backlog: Option<Backlog>,
    scrapes: Option<DurableScrapes>,
    graphs: Arc<GraphHistories>,
    walked_on_arrival: Counter,
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
    ingestion: Ingestion,
    ingest: Arc<[Mailbox<Ingest>]>,
    next: Arc<AtomicUsize>,
    logs: bool,
    walked_on_arrival: Counter,
}

impl Pipeline {
    /// The way in.
    #[must_use]
    pub fn intake(&self) -> Intake {
        Intake {
            clock: self.clock.clone(),
            gate: Arc::clone(&self.gate),
            tenants: Arc::clone(&self.tenants),
            ingestion: self.ingestion.clone(),
            ingest: Arc::clone(&self.ingest),
            next: Arc::clone(&self.next),
            logs: self.log.as_ref().is_some_and(SpanLogHandle::is_appending),
            walked_on_arrival: self.walked_on_arrival.clone(),
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

    /// Has a request walked: on this thread, when that takes less than to wake another one and to be woken by it.
    fn hand_over(&self, submitted: Submitted, answer: Answer) -> Result<(), Refusal> {
        if submitted.is_small() {
            self.walked_on_arrival.inc();
            self.ingestion.ingest(submitted, answer);
            return Ok(());
        }
        let (mailbox, slot) = self
            .reserve()
            .ok_or_else(|| overloaded("spangraph.ingest.mailbox"))?;
        mailbox.send(slot, IngestSpans { submitted, answer });
        Ok(())
    }
}

impl TraceSink for Intake {
    type Charge = Sender;

    fn logs(&self) -> bool {
        self.logs
    }

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
        self.gate.admit(0)
    }

    async fn export(&self, request: ExportRequest, room: Room, charge: Sender) -> Result<Accepted, Refusal> {
        let submission = room.submit().await?;
        let received = self.clock.now();
        let sender = self.tenants.arrived(charge, request.spans.len(), received)?;
        let (answer, answered) = oneshot::channel();
        let submitted = Submitted {
            sender,
            request,
            submission,
            received,
            replayed: None,
        };
        self.hand_over(submitted, answer)?;
        answered.await.unwrap_or(Err(Refusal::Broken))
    }
}

#[cfg(test)]
mod tests;
