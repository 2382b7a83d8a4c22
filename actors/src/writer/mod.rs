//! Sends the collected samples of one tenant to one remote-write 1.0 endpoint, each series in order.

mod answer;
mod authentication;
mod chance;
mod change;
mod client;
mod counts;
mod delivery;
mod destination;
mod drain;
mod echoed_secrets;
mod feed;
mod feeding;
mod halves;
mod headers;
mod http_headers;
mod known_bad;
pub mod lanes;
pub mod limits;
mod lines;
mod messages;
mod metrics;
mod never;
mod pause;
mod pieces;
mod plain_histograms;
pub mod queues;
mod redirects;
mod refusal;
mod refusal_log;
mod relabel;
pub mod request;
pub mod retry;
mod seed_delivery;
mod seeds;
mod suspicion;
mod telling;
mod tls;
mod tls_clients;
mod transport;
mod turn;
mod waiting;

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use actix::{Actor, Addr, Context, Handler, SpawnHandle};
use actix_rt::ArbiterHandle;
use hashbrown::HashMap;
use spangraph_config::{RemoteWriteEndpoint, Secret, TenantId};
use tokio::sync::oneshot;

use crate::activity::ActorMeter;
use crate::durability::StateHandle;
use crate::supervision::{Lifeline, Queued, set_capacity};

pub use authentication::AuthenticationError;
pub use change::ChangeEndpoint;
pub use client::InvalidEndpoint;
pub use counts::Counts;
pub use destination::Destination;
pub use feeding::LookForMore;
pub use headers::InvalidHeader;
pub use messages::{Describe, Drain, Drained, Enqueue, LastError, NoteLost, WriterDescription};
pub use metrics::{DeliveryTotals, DropReason, WriterMetrics};
pub use refusal_log::LineLimit;
pub use suspicion::{Next, Retries};
pub use tls::{TlsError, client_config};
pub use tls_clients::TlsClients;

use client::{Endpoint, EndpointClient};
use feeding::Feeding;
use limits::QueueLimits;
use lines::Lines;
use metrics::EndpointMetrics;
use pause::EndpointPause;
use queues::Queues;
use relabel::Relabeler;
use request::{Request, RequestId};
use turn::Turn;

/// Parts of collections that wait in a writer's mailbox; the writer never waits itself.
pub const MAILBOX: usize = 64;

/// What a writer needs to know.
#[derive(Clone, Debug)]
pub struct WriterParameters {
    /// Whose samples it writes.
    pub tenant: TenantId,
    /// Where it writes them to.
    pub endpoint: RemoteWriteEndpoint,
    /// The tenant's headers, over the endpoint's own.
    pub tenant_headers: BTreeMap<String, Secret>,
    /// Whether `X-Scope-OrgID` goes along; it never does for the single tenant (SPEC §8).
    pub add_org_id: bool,
    /// Where it counts.
    pub metrics: WriterMetrics,
    /// Where it finds the material of its TLS settings.
    pub tls_clients: TlsClients,
    /// Where its queue lies on the disk; `None` when that is in memory only.
    pub state: Option<StateHandle>,
}

/// Checked parameters: the last step that can fail; can be sent to the Arbiter that the writer will live on.
pub struct WriterBlueprint {
    parameters: WriterParameters,
    endpoint: Endpoint,
}

/// Queues, sends and retries; requests run beside the mailbox, which an endpoint can never hold up.
///
/// Bounds: those of the queues (see [`Queues`]), and in each `max_shards` requests under way.
pub struct Writer {
    tenant: TenantId,
    endpoint: RemoteWriteEndpoint,
    prepared: Option<Endpoint>,
    client: Option<Rc<EndpointClient>>,
    relabeler: Option<Relabeler>,
    queue: Queues,
    feeding: Option<Feeding>,
    tasks: HashMap<RequestId, SpawnHandle>,
    metrics: EndpointMetrics,
    lines: Lines,
    retried: u64,
    last_sent: Option<SystemTime>,
    last_error: Option<LastError>,
    pause: EndpointPause,
    /// Goes on when the pause is over.
    wake: Option<SpawnHandle>,
    phase: Phase,
    turn: Turn,
    /// Writers that wait until this one has closed.
    successors: Vec<oneshot::Sender<()>>,
    drains: Vec<oneshot::Sender<Drained>>,
    /// The ends of drains that are waited for; one that is left would keep a writer that nobody has any more.
    deadlines: Vec<SpawnHandle>,
    meter: Arc<ActorMeter>,
    lifeline: Lifeline,
}

/// What ties a writer to those who watch it.
#[derive(Debug)]
pub struct WriterParts {
    /// Measures what it does.
    pub meter: Arc<ActorMeter>,
    /// Tells of its death.
    pub lifeline: Lifeline,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Open,
    Draining,
    Closed,
}

impl WriterBlueprint {
    /// Checks `parameters`. No file is read: certificates are when the first request needs them.
    ///
    /// # Errors
    /// When the URL, a header or the name of the TLS settings cannot be used.
    pub fn new(parameters: WriterParameters) -> Result<Self, InvalidEndpoint> {
        let endpoint = Endpoint::new(&parameters)?;
        Ok(Self { parameters, endpoint })
    }

    /// Starts the writer on `arbiter`.
    #[must_use]
    pub fn start(self, arbiter: &ArbiterHandle, parts: WriterParts) -> Addr<Writer> {
        self.start_after(arbiter, parts, Vec::new())
    }

    /// Starts the writer on `arbiter`; it sends nothing until those `before` have closed.
    #[must_use]
    pub fn start_after(
        self,
        arbiter: &ArbiterHandle,
        parts: WriterParts,
        before: Vec<Addr<Writer>>,
    ) -> Addr<Writer> {
        Writer::start_in_arbiter(arbiter, |_| Writer::new(self, parts).after(before))
    }
}

impl Writer {
    /// A writer after `blueprint`, which connects when it is started.
    #[must_use]
    pub fn new(blueprint: WriterBlueprint, parts: WriterParts) -> Self {
        let WriterParameters {
            tenant,
            endpoint,
            metrics,
            state,
            ..
        } = blueprint.parameters;
        let limits = QueueLimits::of_samples(&endpoint);
        let metrics = EndpointMetrics::new(metrics, tenant.to_string(), endpoint.name.clone());
        metrics.capacity(limits.samples);
        Self {
            relabeler: Relabeler::new(&endpoint.write_relabel_rules),
            queue: Queues::new(limits, endpoint.send_native_histograms),
            feeding: state.map(|state| Feeding::new(state, tenant.as_str(), &endpoint.name)),
            tenant,
            endpoint,
            prepared: Some(blueprint.endpoint),
            client: None,
            tasks: HashMap::new(),
            metrics,
            lines: Lines::default(),
            retried: 0,
            last_sent: None,
            last_error: None,
            pause: EndpointPause::default(),
            wake: None,
            phase: Phase::Open,
            turn: Turn::HasCome,
            successors: Vec::new(),
            drains: Vec::new(),
            deadlines: Vec::new(),
            meter: parts.meter,
            lifeline: parts.lifeline,
        }
    }
}

impl Actor for Writer {
    type Context = Context<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        set_capacity(context, &self.meter);
        self.client = self.prepared.take().map(|endpoint| Rc::new(endpoint.client()));
        self.await_turn(context);
        self.be_fed(context);
    }
}

impl Handler<Queued<Enqueue>> for Writer {
    type Result = ();

    fn handle(&mut self, queued: Queued<Enqueue>, context: &mut Self::Context) {
        let (enqueue, _handling) = queued.open();
        self.handle(enqueue, context);
    }
}

impl Handler<Enqueue> for Writer {
    type Result = ();

    fn handle(&mut self, Enqueue(collected): Enqueue, context: &mut Self::Context) {
        let relabelled = self.relabeler.as_mut().map(|rules| rules.apply(&collected));
        let enqueued = match &relabelled {
            Some(relabelled) => self.queue.enqueue(&relabelled.collected),
            None => self.queue.enqueue(&collected),
        };
        if let Some(relabelled) = relabelled {
            self.note_relabelled(&relabelled.dropped);
        }
        self.metrics.skipped(enqueued.skipped_histograms);
        self.note_dropped(enqueued.dropped, DropReason::QueueFull);
        if self.phase == Phase::Closed {
            let dropped = self.queue.abandon();
            self.note_dropped(dropped, DropReason::Shutdown);
        }
        self.pump(context);
    }
}

impl Handler<NoteLost> for Writer {
    type Result = ();

    fn handle(&mut self, NoteLost(counts): NoteLost, _: &mut Self::Context) {
        let lost = self.queue.lose(counts);
        self.note_dropped(lost, DropReason::WriterBusy);
    }
}

impl Writer {
    /// Starts all requests that may be under way now, and answers drains when nothing is left.
    fn pump(&mut self, context: &mut Context<Self>) {
        let dropped = self.queue.drop_too_old(unix_milliseconds(SystemTime::now()));
        self.note_dropped(dropped, DropReason::TooOld);
        while let Some(request) = self.next_request() {
            self.deliver(request, context);
        }
        let mut left = self.queue.queued();
        left += self.queue.under_way();
        self.metrics.queue(left, self.lag());
        self.be_fed(context);
        let is_empty = self.queue.requests() == 0 && self.is_fed();
        if self.phase != Phase::Open && is_empty && self.has_turn() {
            self.close(Drained::default(), context);
        }
    }

    /// The next request, unless the endpoint wants to be left alone or others come first.
    fn next_request(&mut self) -> Option<Request> {
        let is_paused = !self.pause.left(Instant::now()).is_zero();
        if is_paused || !self.has_turn() {
            return None;
        }
        self.queue.take()
    }
}

fn unix_milliseconds(time: SystemTime) -> i64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
pub(crate) mod tests;
