//! What pages are made of, shared by their threads.

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use prometheus_client::registry::Registry;
use spangraph_actors::pipeline::PipelineView;
use spangraph_config::{Config, ServerSettings, TenantId};
use spangraph_serving::open_listeners::Listening;

use crate::graph::GraphContent;
use crate::held_texts::HeldTexts;
use crate::latest::{Latest, LatestByKey};
use crate::loading::{LiveConfig, ReloadHandle};
use crate::{Readiness, actors, generated, hosts, outputs, overview, pairing, sampling, scrapes};

/// What the pages show; shared by their threads.
pub struct PagesContent {
    /// The pipeline, to be asked.
    pub pipeline: PipelineView,
    /// Own metrics.
    pub metrics: Registry,
    /// Whether the server takes spans, and if not why.
    pub readiness: Arc<Readiness>,
    /// What was read in the last two minutes.
    pub history: Arc<sampling::History>,
    /// Who scrapes the generated series.
    pub scrapes: scrapes::Scrapes,
    /// The large answers that readers have not taken yet.
    pub texts: HeldTexts,
    /// The last reports, shared by all who ask.
    pub reports: Reports,
    /// The configuration in force.
    pub live: Arc<LiveConfig>,
    /// What loads it again.
    pub reload: ReloadHandle,
    /// Names under which the server is reached.
    pub own_names: hosts::OwnNames,
    /// Which build this is, in a few lines that begin with the version.
    pub build: &'static str,
    /// When the server started.
    pub started: Instant,
    /// The settings of the process, which it was started with.
    pub settings: ServerSettings,
    /// Tenants come from `X-Scope-OrgID`.
    pub multitenancy_enabled: bool,
    /// The listeners; known once all listen.
    pub listening: Arc<OnceLock<Listening>>,
    /// What requests for the graph share.
    pub graph: GraphContent,
}

/// The last report of each topic.
#[derive(Debug, Default)]
pub struct Reports {
    pub(crate) overview: Latest<overview::OverviewReport>,
    pub(crate) actors: Latest<actors::report::ActorsReport>,
    pub(crate) outputs: Latest<outputs::report::OutputsReport>,
    pub(crate) pairing: LatestByKey<TenantId, pairing::report::PairingReport>,
    pub(crate) generated: generated::LatestTexts,
}

impl PagesContent {
    /// The configuration in force now.
    #[must_use]
    pub fn config(&self) -> Arc<Config> {
        self.live.config()
    }
}
