//! The tenants that have sent spans, each with its settings, budgets, metrics and actors.

mod charge;
mod former;
mod handles;
mod idle;
mod places;
mod profile;
mod reconfigure;
mod retirement;
mod sender;
mod succession;
mod writers;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use actix::prelude::*;
use dashmap::{DashMap, Entry};
use spangraph_config::{RemoteWriteEndpoint, TenantId, TenantSettings};

use crate::activity::{ActorName, Role};
use crate::admission::{IngestionGauge, Refusal};
use crate::aggregator::{Aggregator, AggregatorParts, RestoredSeries};
use crate::durability::StateHandle;
use crate::ingest::Extractor;
use crate::matcher::PairingBudgets;
use crate::metrics::{PipelineMetrics, PipelineTotals, TenantMetrics};
use crate::supervision::{ArbiterRing, Lifelines, Mailbox};
use crate::time::Clock;
use crate::writer::{TlsClients, Writer, WriterMetrics};

/// A running tenant, as it is under one generation of its settings: nothing of it is reachable from another.
#[derive(Debug)]
pub struct Tenant {
    /// What travels with its data.
    pub profile: Arc<TenantProfile>,
    /// What leads to its actors and counts.
    pub handles: Arc<TenantHandles>,
    /// Its settings, compiled to walk its requests.
    pub extractor: Extractor,
    /// Its endpoints' actors.
    pub writers: Vec<Mailbox<Writer>>,
    /// What each of the writers was started with, in the same order.
    endpoints: Vec<RemoteWriteEndpoint>,
}

impl Tenant {
    /// The names of the endpoints that it writes to.
    pub(crate) fn endpoint_names(&self) -> Vec<String> {
        self.endpoints
            .iter()
            .map(|endpoint| endpoint.name.clone())
            .collect()
    }

    /// What it has.
    #[must_use]
    pub fn totals(&self) -> PipelineTotals {
        let mut totals = PipelineTotals::default();
        self.add_to(&mut totals);
        totals
    }

    /// Adds what it has to `totals`.
    pub(crate) fn add_to(&self, totals: &mut PipelineTotals) {
        totals.add(&self.handles.metrics, self.handles.budgets.pending.taken());
    }
}

/// Where the settings of a tenant come from.
pub type SettingsSource = Arc<dyn Fn(&TenantId) -> TenantSettings + Send + Sync>;

/// Whether the operator named a tenant, so that it may have metrics before it runs.
pub type NamedTenants = Arc<dyn Fn(&TenantId) -> bool + Send + Sync>;

pub use charge::Charge;
use former::FormerTenants;
pub use handles::TenantHandles;
use idle::LastUse;
use places::Places;
pub use profile::TenantProfile;
pub use reconfigure::{ChangedTenant, ChangedWriter, LeavingWriter};
#[cfg(test)]
pub(crate) use retirement::end_aggregator;
pub(crate) use retirement::{drain_writer, retire};
pub use sender::{Newcomer, Sender};
pub use writers::{SharedByWriters, writer_parameters};

/// What is needed to start a tenant.
pub struct TenantFactory {
    /// The settings of any tenant.
    pub settings: SettingsSource,
    /// The tenants that the operator named.
    pub named: NamedTenants,
    /// When a tenant starts.
    pub clock: Clock,
    /// The pipeline's metrics.
    pub metrics: PipelineMetrics,
    /// The writers' metrics.
    pub writer_metrics: WriterMetrics,
    /// Who hears of actors that die.
    pub lifelines: Lifelines,
    /// The arbiters over which aggregators are spread.
    pub aggregator_arbiters: ArbiterRing,
    /// The arbiters over which writers are spread.
    pub writer_arbiters: ArbiterRing,
    /// What was made of the TLS settings of endpoints.
    pub tls_clients: TlsClients,
    /// Batches that wait in an aggregator's mailbox.
    pub aggregator_mailbox: usize,
    /// Over how many matchers half-edges are split.
    pub matcher_shards: usize,
    /// How many tenants may run at one time.
    pub max_tenants: usize,
    /// The state on the disk; `None` when nothing is durable.
    pub state: Option<StateHandle>,
}

/// All tenants, started when they are first seen.
pub struct Tenants {
    known: DashMap<TenantId, Arc<Tenant>>,
    places: Places,
    factory: TenantFactory,
    generations: AtomicU64,
    /// What the tenants that are gone had counted.
    departed: Mutex<PipelineTotals>,
    /// When the tenants that are gone were removed.
    former: FormerTenants,
    /// Writers that no tenant has any more and that still send what they have.
    leaving: Mutex<Vec<LeavingWriter>>,
}

impl Tenants {
    /// No tenants yet.
    #[must_use]
    pub fn new(factory: TenantFactory) -> Self {
        let began = factory.clock.now().time;
        Self {
            known: DashMap::new(),
            places: Places::new(factory.max_tenants),
            factory,
            generations: AtomicU64::new(0),
            departed: Mutex::default(),
            former: FormerTenants::new(began),
            leaving: Mutex::default(),
        }
    }

    /// The tenant with `id`, started when it was not there.
    ///
    /// # Errors
    /// [`Refusal::TooManyTenants`] when it does not run and no further one may.
    pub fn get_or_start(&self, id: &TenantId) -> Result<Arc<Tenant>, Refusal> {
        if let Some(tenant) = self.get(id) {
            return Ok(tenant);
        }
        match self.known.entry(id.clone()) {
            Entry::Occupied(known) => Ok(Arc::clone(known.get())),
            Entry::Vacant(vacant) => {
                self.places.take()?;
                let settings = self.settings_of(id);
                Ok(Arc::clone(&vacant.insert(self.start(id, settings, None))))
            }
        }
    }

    /// The tenant with `id`, started even past the bound when it was not there: what was let in stays.
    pub(crate) fn get_or_start_past_the_bound(&self, id: &TenantId) -> Arc<Tenant> {
        let start = || {
            self.places.take_past_the_bound();
            self.start(id, self.settings_of(id), None)
        };
        let tenant = self.known.entry(id.clone()).or_insert_with(start);
        Arc::clone(&tenant)
    }

    /// The tenant with `id` and `settings` as an earlier process left it, even past the bound: what was let in stays. One
    /// without series has samples that wait.
    pub fn restore(
        &self,
        id: &TenantId,
        settings: Arc<TenantSettings>,
        restored: Option<RestoredSeries>,
    ) -> Arc<Tenant> {
        self.places.take_past_the_bound();
        let tenant = self.start(id, settings, restored);
        self.known.insert(id.clone(), Arc::clone(&tenant));
        tenant
    }

    /// The settings of the tenant with `id`, whether it runs or not.
    #[must_use]
    pub fn settings_of(&self, id: &TenantId) -> Arc<TenantSettings> {
        Arc::new((self.factory.settings)(id))
    }

    /// The tenant with `id`, when it has sent spans.
    #[must_use]
    pub fn get(&self, id: &TenantId) -> Option<Arc<Tenant>> {
        self.known.get(id).map(|tenant| Arc::clone(&tenant))
    }

    /// What leads to the actors of the tenant that `profile` is of.
    ///
    /// One that was removed meanwhile starts anew, even past the bound: what was let in is applied.
    pub(crate) fn handles_of(&self, profile: &TenantProfile) -> Arc<TenantHandles> {
        if let Some(tenant) = self.get(&profile.id) {
            return Arc::clone(&tenant.handles);
        }
        Arc::clone(&self.get_or_start_past_the_bound(&profile.id).handles)
    }

    /// All tenants, by id.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<Tenant>> {
        let mut tenants: Vec<_> = self.known.iter().map(|tenant| Arc::clone(&tenant)).collect();
        tenants.sort_by(|left, right| left.profile.id.cmp(&right.profile.id));
        tenants
    }

    fn start(
        &self,
        id: &TenantId,
        settings: Arc<TenantSettings>,
        restored: Option<RestoredSeries>,
    ) -> Arc<Tenant> {
        let metrics = self.factory.metrics.tenant(id);
        let generation = self.next_generation();
        // Those of a tenant before it that was idle may still be sending.
        let leaving = self.leaving();
        let start = |endpoint: &RemoteWriteEndpoint| {
            let writer = self.start_writer(id, &settings, endpoint, &leaving)?;
            Some((endpoint.clone(), writer))
        };
        let (endpoints, writers) = settings.remote_write.iter().filter_map(start).unzip();
        let aggregator = self.start_aggregator(
            id,
            &settings,
            AggregatorLinks {
                generation,
                metrics: metrics.clone(),
                writers: Vec::clone(&writers),
                restored,
            },
        );
        let budgets = PairingBudgets::new(&settings.service_graphs);
        tracing::info!(tenant = %id, endpoints = settings.remote_write.len(), "tenant started");
        let extractor = self.extractor(&settings);
        let profile = TenantProfile {
            id: id.clone(),
            generation,
            settings,
        };
        let handles = TenantHandles {
            metrics,
            ingestion: IngestionGauge::default(),
            budgets,
            aggregator,
            used: LastUse::at(self.factory.clock.now()),
        };
        Arc::new(Tenant {
            profile: Arc::new(profile),
            handles: Arc::new(handles),
            extractor,
            writers,
            endpoints,
        })
    }

    /// What walks requests by `settings`.
    fn extractor(&self, settings: &TenantSettings) -> Extractor {
        Extractor::new(settings, self.factory.matcher_shards)
    }

    fn next_generation(&self) -> u64 {
        self.generations.fetch_add(1, Ordering::Relaxed) + 1
    }

    fn start_aggregator(
        &self,
        id: &TenantId,
        settings: &Arc<TenantSettings>,
        links: AggregatorLinks,
    ) -> Mailbox<Aggregator> {
        let name = ActorName::new(Role::Aggregator, id);
        let meter = self
            .factory
            .metrics
            .actors
            .meter(name, self.factory.aggregator_mailbox);
        let lifeline = self.factory.lifelines.attach(format!("aggregator {id}"));
        let parts = AggregatorParts {
            generation: links.generation,
            metrics: links.metrics,
            seeds_from: self.former.seeds_from(id).unix_milliseconds(),
            writers: links.writers,
            restored: links.restored,
            is_durable: self.factory.state.is_some(),
            meter: Arc::clone(&meter),
            lifeline,
        };
        let aggregator = Aggregator::new(id, settings, parts);
        let address = Aggregator::start_in_arbiter(self.factory.aggregator_arbiters.next(), |_| aggregator);
        Mailbox::new(address, meter)
    }
}

/// What ties a new aggregator to its tenant.
struct AggregatorLinks {
    generation: u64,
    metrics: TenantMetrics,
    writers: Vec<Mailbox<Writer>>,
    restored: Option<RestoredSeries>,
}
