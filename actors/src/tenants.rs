//! The tenants that have sent spans, each with its settings, budgets, metrics and actors.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix::prelude::*;
use actix_rt::ArbiterHandle;
use dashmap::DashMap;
use spangraph_config::{RemoteWriteEndpoint, TenantId, TenantSettings};

use crate::activity::{ActorName, Role};
use crate::aggregator::{Aggregator, AggregatorParts};
use crate::lifeline::Lifelines;
use crate::mailbox::Mailbox;
use crate::matcher::PairingBudgets;
use crate::metrics::{PipelineMetrics, TenantMetrics};
use crate::writer::{self, Writer, WriterBlueprint, WriterMetrics, WriterParameters, WriterParts};

/// One tenant: nothing of it is reachable from another.
#[derive(Debug)]
pub struct Tenant {
    /// Its id.
    pub id: TenantId,
    /// Its effective settings.
    pub settings: Arc<TenantSettings>,
    /// The handles of its metrics.
    pub metrics: TenantMetrics,
    /// The bounds that its matcher shards share.
    pub budgets: PairingBudgets,
    /// The actor that owns its series.
    pub aggregator: Mailbox<Aggregator>,
    /// Its endpoints' actors.
    pub writers: Vec<Mailbox<Writer>>,
}

/// Where the settings of a tenant come from.
pub type SettingsSource = Arc<dyn Fn(&TenantId) -> TenantSettings + Send + Sync>;

/// What is needed to start a tenant.
pub struct TenantFactory {
    /// The settings of any tenant.
    pub settings: SettingsSource,
    /// The pipeline's metrics.
    pub metrics: PipelineMetrics,
    /// The writers' metrics.
    pub writer_metrics: WriterMetrics,
    /// Who hears of actors that die.
    pub lifelines: Lifelines,
    /// The arbiters over which aggregators are spread, at least one.
    pub aggregator_arbiters: Vec<ArbiterHandle>,
    /// The arbiter of the writers.
    pub writer_arbiter: ArbiterHandle,
    /// Batches that wait in an aggregator's mailbox.
    pub aggregator_mailbox: usize,
}

/// All tenants, started when they are first seen.
pub struct Tenants {
    known: DashMap<TenantId, Arc<Tenant>>,
    factory: TenantFactory,
    started: AtomicUsize,
}

impl Tenants {
    /// No tenants yet.
    #[must_use]
    pub fn new(factory: TenantFactory) -> Self {
        Self {
            known: DashMap::new(),
            factory,
            started: AtomicUsize::new(0),
        }
    }

    /// The tenant with `id`, started when it was not there.
    #[must_use]
    pub fn get_or_start(&self, id: &TenantId) -> Arc<Tenant> {
        if let Some(tenant) = self.get(id) {
            return tenant;
        }
        Arc::clone(&self.known.entry(id.clone()).or_insert_with(|| self.start(id)))
    }

    /// The tenant with `id`, when it has sent spans.
    #[must_use]
    pub fn get(&self, id: &TenantId) -> Option<Arc<Tenant>> {
        self.known.get(id).map(|tenant| Arc::clone(&tenant))
    }

    /// All tenants, by id.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<Tenant>> {
        let mut tenants: Vec<_> = self.known.iter().map(|tenant| Arc::clone(&tenant)).collect();
        tenants.sort_by(|left, right| left.id.cmp(&right.id));
        tenants
    }

    fn start(&self, id: &TenantId) -> Arc<Tenant> {
        let settings = Arc::new((self.factory.settings)(id));
        let metrics = self.factory.metrics.tenant(id);
        let writers = self.start_writers(id, &settings);
        let aggregator = self.start_aggregator(id, &settings, &metrics, writers.clone());
        let budgets = PairingBudgets::new(&settings.service_graphs);
        tracing::info!(tenant = %id, endpoints = settings.remote_write.len(), "tenant started");
        Arc::new(Tenant {
            id: id.clone(),
            settings,
            metrics,
            budgets,
            aggregator,
            writers,
        })
    }

    fn start_writers(&self, id: &TenantId, settings: &TenantSettings) -> Vec<Mailbox<Writer>> {
        let start = |endpoint: &RemoteWriteEndpoint| {
            let lifeline = self
                .factory
                .lifelines
                .attach(format!("writer {id} {}", endpoint.name));
            let parameters = writer_parameters(id, settings, endpoint, &self.factory.writer_metrics);
            match WriterBlueprint::new(parameters) {
                Ok(blueprint) => {
                    let name = ActorName::new(Role::Writer, format_args!("{id}/{}", endpoint.name));
                    let meter = self.factory.metrics.actors.meter(name, writer::MAILBOX);
                    let parts = WriterParts {
                        meter: Arc::clone(&meter),
                        lifeline,
                    };
                    let address = blueprint.start(&self.factory.writer_arbiter, parts);
                    Some(Mailbox::new(address, meter))
                }
                Err(error) => {
                    tracing::error!(tenant = %id, endpoint = endpoint.name, %error, "endpoint cannot be used");
                    None
                }
            }
        };
        settings.remote_write.iter().filter_map(start).collect()
    }

    fn start_aggregator(
        &self,
        id: &TenantId,
        settings: &Arc<TenantSettings>,
        metrics: &TenantMetrics,
        writers: Vec<Mailbox<Writer>>,
    ) -> Mailbox<Aggregator> {
        let name = ActorName::new(Role::Aggregator, id);
        let meter = self
            .factory
            .metrics
            .actors
            .meter(name, self.factory.aggregator_mailbox);
        let lifeline = self.factory.lifelines.attach(format!("aggregator {id}"));
        let parts = AggregatorParts {
            metrics: metrics.clone(),
            writers,
            meter: Arc::clone(&meter),
            lifeline,
        };
        let aggregator = Aggregator::new(id, settings, parts);
        let address = Aggregator::start_in_arbiter(self.next_arbiter(), |_| aggregator);
        Mailbox::new(address, meter)
    }

    fn next_arbiter(&self) -> &ArbiterHandle {
        let arbiters = &self.factory.aggregator_arbiters;
        let turn = self.started.fetch_add(1, Ordering::Relaxed);
        arbiters
            .get(turn % arbiters.len().max(1))
            .unwrap_or(&self.factory.writer_arbiter)
    }
}

/// What the writer of `tenant` to `endpoint` needs to know.
#[must_use]
pub fn writer_parameters(
    tenant: &TenantId,
    settings: &TenantSettings,
    endpoint: &RemoteWriteEndpoint,
    metrics: &WriterMetrics,
) -> WriterParameters {
    WriterParameters {
        tenant: tenant.clone(),
        endpoint: endpoint.clone(),
        tenant_headers: settings.remote_write_headers.clone(),
        add_org_id: settings.remote_write_add_org_id_header,
        metrics: metrics.clone(),
    }
}
