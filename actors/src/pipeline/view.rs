//! What can be asked of a running pipeline from outside.

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_rt::time::timeout;
use spangraph_config::{TenantId, TenantSettings};

use super::exposing::DurableScrapes;
use super::{Pipeline, PipelineTotals};
use crate::activity::{ActorDescription, ActorMeters, StuckActor};
use crate::admission::{Gate, GateLevel};
use crate::aggregator::{
    CardinalityDescription, DescribeCardinality, DescribeGraph, DescribeService, GraphDescription,
    SpanSetDescription,
};
use crate::durability::{
    DurabilityMetrics, EpochsDescription, SpanLogDescription, SpanLogHandle, SpanLogMetrics,
};
use crate::graph_history::{GraphHistories, Window};
use crate::matcher::{DescribePairing, Matcher, PairingDescription, ShardPairingDescription, SlackCounts};
use crate::supervision::Mailbox;
use crate::tenants::{Tenant, Tenants};
use crate::time::Clock;
use crate::writer::{Describe, WriterDescription, WriterMetrics};

/// How long an actor is waited for; a page must not hang because one does.
const PATIENCE: Duration = Duration::from_secs(5);

/// Asks a running pipeline; cheap to clone.
#[derive(Clone)]
pub struct PipelineView {
    clock: Clock,
    gate: Arc<Gate>,
    pub(super) tenants: Arc<Tenants>,
    matchers: Arc<[Mailbox<Matcher>]>,
    actors: ActorMeters,
    writers: WriterMetrics,
    /// With durable state.
    durability: Option<DurabilityMetrics>,
    /// With a span log.
    span_log: Option<SpanLogMetrics>,
    /// With durable state.
    pub(super) scrapes: Option<DurableScrapes>,
    graphs: Arc<GraphHistories>,
}

impl PipelineView {
    pub(super) fn new(pipeline: &Pipeline) -> Self {
        Self {
            clock: pipeline.clock.clone(),
            gate: Arc::clone(&pipeline.gate),
            tenants: Arc::clone(&pipeline.tenants),
            matchers: Arc::clone(&pipeline.matchers),
            actors: pipeline.actors.clone(),
            writers: pipeline.writers.clone(),
            durability: pipeline.durability.clone(),
            span_log: pipeline.log.as_ref().map(SpanLogHandle::metrics).cloned(),
            scrapes: pipeline.scrapes.clone(),
            graphs: Arc::clone(&pipeline.graphs),
        }
    }

    /// The service graph that the series of `tenant` tell of now, and that of up to a minute before, which may be an earlier
    /// process's; `None` when its aggregator does not answer.
    pub async fn graph_window(&self, tenant: &TenantId) -> Option<Window> {
        let description = self.graph(tenant).await?;
        self.graphs.record(tenant, description)
    }

    /// Forgets what was told of graphs more than a minute ago.
    pub fn forget_old_graphs(&self) {
        self.graphs.forget_old(self.clock.now().time.unix_milliseconds());
    }

    async fn graph(&self, tenant: &TenantId) -> Option<GraphDescription> {
        let now = self.clock.now();
        let Some(tenant) = self.tenants.get(tenant) else {
            return Some(GraphDescription {
                taken_unix_milliseconds: now.time.unix_milliseconds(),
                ..GraphDescription::default()
            });
        };
        let asked = tenant.handles.aggregator.control().send(DescribeGraph { now });
        timeout(PATIENCE, asked).await.ok()?.ok()
    }

    /// What the series of `tenant` come from; `None` when its aggregator does not answer.
    ///
    /// The aggregator does nothing else meanwhile, so ask rarely.
    pub async fn cardinality(&self, tenant: &TenantId) -> Option<CardinalityDescription> {
        let now = self.clock.now();
        let Some(tenant) = self.tenants.get(tenant) else {
            return Some(CardinalityDescription {
                taken_unix_milliseconds: now.time.unix_milliseconds(),
                ..CardinalityDescription::default()
            });
        };
        let asked = tenant
            .handles
            .aggregator
            .control()
            .send(DescribeCardinality { now });
        timeout(PATIENCE, asked).await.ok()?.ok()
    }

    /// The spans of one service of `tenant`; `None` when its aggregator does not answer.
    pub async fn service_spans(&self, tenant: &TenantId, service: &str) -> Option<Vec<SpanSetDescription>> {
        let Some(tenant) = self.tenants.get(tenant) else {
            return Some(Vec::new());
        };
        let service = service.to_owned();
        let asked = tenant
            .handles
            .aggregator
            .control()
            .send(DescribeService { service });
        timeout(PATIENCE, asked).await.ok()?.ok()
    }

    /// How epochs go; none without durable state.
    #[must_use]
    pub fn epochs(&self) -> Option<EpochsDescription> {
        self.durability.as_ref().map(DurabilityMetrics::describe)
    }

    /// How the span log is; none without one.
    #[must_use]
    pub fn span_log(&self) -> Option<SpanLogDescription> {
        self.span_log.as_ref().map(SpanLogMetrics::describe)
    }

    /// How full the gate is.
    #[must_use]
    pub fn gate(&self) -> (GateLevel, spangraph_config::AdmissionSettings) {
        (self.gate.level(), self.gate.settings())
    }

    /// The tenants that have sent spans, by id.
    #[must_use]
    pub fn tenants(&self) -> Vec<Arc<Tenant>> {
        self.tenants.all()
    }

    /// The tenant with `id`, when it has sent spans.
    #[must_use]
    pub fn tenant(&self, id: &TenantId) -> Option<Arc<Tenant>> {
        self.tenants.get(id)
    }

    /// What every actor has done since its start, by role and then by name; no actor is asked.
    #[must_use]
    pub fn actors(&self) -> Vec<ActorDescription> {
        self.actors.describe_all()
    }

    /// The actors that do not come to the end of a message, the longest first; no actor is asked.
    #[must_use]
    pub fn stuck_actors(&self) -> Vec<StuckActor> {
        self.actors.stuck(Instant::now())
    }

    /// What all tenants have together; no actor is asked.
    #[must_use]
    pub fn totals(&self) -> PipelineTotals {
        let mut totals = PipelineTotals {
            delivery: self.writers.totals(),
            strangers_limited: self.tenants.strangers_limited(),
            ..self.tenants.departed()
        };
        self.tenants
            .all()
            .iter()
            .for_each(|tenant| tenant.add_to(&mut totals));
        totals
    }

    /// How the writers of `tenant` are doing; those that do not answer are left out.
    pub async fn writers(&self, tenant: &Tenant) -> Vec<WriterDescription> {
        let asked = tenant
            .writers
            .iter()
            .map(|writer| timeout(PATIENCE, writer.control().send(Describe)));
        let answers = futures_util::future::join_all(asked).await;
        answers
            .into_iter()
            .filter_map(|answer| answer.ok()?.ok())
            .collect()
    }

    /// How the halves of `tenant` find each other, of a tenant that is not known nothing; `None` when a matcher does
    /// not answer.
    pub async fn pairing(&self, tenant: &TenantId) -> Option<PairingDescription> {
        let Some(tenant) = self.tenants.get(tenant) else {
            return Some(PairingDescription::empty(&TenantSettings::default()));
        };
        let shards = self.describe_pairing(&tenant.profile.id).await?;
        let spans = SlackCounts::of(&tenant.handles.metrics);
        Some(PairingDescription::merged(
            &tenant.profile.settings,
            spans,
            shards,
        ))
    }

    async fn describe_pairing(&self, tenant: &TenantId) -> Option<Vec<ShardPairingDescription>> {
        let question = DescribePairing {
            tenant: tenant.clone(),
            now: self.clock.now(),
        };
        let ask = |matcher: &Mailbox<Matcher>| timeout(PATIENCE, matcher.control().send(question.clone()));
        let answers = futures_util::future::join_all(self.matchers.iter().map(ask)).await;
        let answers = answers.into_iter().map(|answer| answer.ok()?.ok());
        let shards: Option<Vec<_>> = answers.collect();
        Some(shards?.into_iter().flatten().collect())
    }
}
