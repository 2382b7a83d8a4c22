//! What stands before anything listens: the configuration, the pipeline and the metrics; and what is started upon it.

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use actix_rt::task::JoinHandle;
use actix_web::dev::ServerHandle;
use anyhow::Context as _;
use spangraph_actors::pipeline::{self, DurableParts, Pipeline, PipelineParts, PipelineView};
use spangraph_actors::supervision::Lifelines;
use spangraph_config::ServerSettings;
use spangraph_pages::held_texts::HeldTexts;
use spangraph_pages::hosts::OwnNames;
use spangraph_pages::loading::{LiveConfig, ReloadHandle};
use spangraph_pages::sampling::{self, History, Sampling};
use spangraph_pages::{PagesAccess, PagesContent, Readiness, Reports};
use spangraph_serving::authentication::Authenticator;
use spangraph_serving::open_listeners::{ListenAddresses, Listening, open_listeners, warn_of_open};

use super::metrics::Metrics;
use super::state;
use crate::build_info;
use crate::configuration::{Loaded, Reloader, ReloaderParts};
use crate::receivers::grpc::IsReady;
use crate::receivers::{GrpcReceiver, HttpReceiver, Intake, default_threads};

/// What hands requests to the pipeline.
type PipelineIntake = Intake<pipeline::Intake>;

/// What runs before anything listens.
pub(super) struct Foundation {
    pub(super) settings: ServerSettings,
    pub(super) live: Arc<LiveConfig>,
    pub(super) pipeline: Pipeline,
    pub(super) reloader: JoinHandle<()>,
    pub(super) reload: ReloadHandle,
    pub(super) readiness: Arc<Readiness>,
    metrics: Metrics,
    listening: Arc<OnceLock<Listening>>,
}

impl Foundation {
    /// Starts the pipeline with what an earlier process `left`, and what loads the configuration of `file` again.
    ///
    /// # Errors
    /// When what was left cannot be gone on with.
    pub(super) fn lay(
        loaded: Loaded,
        file: Option<PathBuf>,
        left: Option<DurableParts>,
        lifelines: Lifelines,
    ) -> anyhow::Result<Self> {
        let settings = loaded.config.server();
        let live = Arc::new(LiveConfig::new(loaded.config.clone()));
        let metrics = Metrics::default();
        let pipeline = start_pipeline(&loaded, Arc::clone(&live), &metrics, (left, lifelines))?;
        let parts = ReloaderParts {
            file,
            live: Arc::clone(&live),
            reconfigurer: pipeline.reconfigurer(),
            metrics: metrics.reloads.clone(),
        };
        let (reloader, reload) = Reloader::new(loaded, parts);
        Ok(Self {
            settings,
            live,
            pipeline,
            reloader: actix_rt::spawn(reloader.run()),
            reload,
            readiness: Arc::default(),
            metrics,
            listening: Arc::default(),
        })
    }

    /// Takes a reading of the pipeline and the receivers every second from now on.
    pub(super) fn start_sampling(&self) -> (Arc<History>, Sampling) {
        sampling::start(sampling::Sources {
            pipeline: self.pipeline.view(),
            receivers: self.metrics.receivers.clone(),
        })
    }

    /// Serves the pages on `listener`, at the address that it answers.
    pub(super) fn start_pages(
        &self,
        listener: TcpListener,
        history: Arc<History>,
    ) -> anyhow::Result<(ServerHandle, SocketAddr)> {
        let (access, content) = (self.pages_access()?, self.pages_content(history));
        let (pages, address) = spangraph_pages::bind(&self.settings, listener, access, content)?;
        let handle = pages.handle();
        actix_rt::spawn(pages);
        Ok((handle, address))
    }

    fn pages_content(&self, history: Arc<History>) -> PagesContent {
        PagesContent {
            history,
            pipeline: self.pipeline.view(),
            metrics: self.metrics.registry(),
            readiness: Arc::clone(&self.readiness),
            scrapes: self.metrics.scrapes.clone(),
            texts: HeldTexts::default(),
            reports: Reports::default(),
            live: Arc::clone(&self.live),
            reload: self.reload.clone(),
            own_names: OwnNames::of(&self.settings.pages_endpoint.host),
            build: &build_info::LONG_VERSION,
            started: Instant::now(),
            settings: self.settings.clone(),
            multitenancy_enabled: self.settings.multitenancy_enabled,
            listening: Arc::clone(&self.listening),
            graph: Default::default(),
        }
    }

    fn pages_access(&self) -> anyhow::Result<PagesAccess> {
        let receivers = &self.metrics.receivers;
        let accepted = &self.settings.authentication.pages;
        let started = Authenticator::start(accepted, receivers.authentication());
        Ok(PagesAccess {
            authenticator: started.context("spangraph.authentication.pages")?,
            tls_metrics: receivers.tls().clone(),
            mismatches: receivers.mismatches().clone(),
        })
    }

    /// What both receivers hand requests to.
    pub(super) fn intake(&self) -> anyhow::Result<PipelineIntake> {
        let receivers = &self.metrics.receivers;
        let accepted = &self.settings.authentication.receivers;
        let senders = Authenticator::start(accepted, receivers.authentication());
        let senders = senders.context("spangraph.authentication.receivers")?;
        let multitenancy_enabled = self.settings.multitenancy_enabled;
        Ok(Intake::new(self.pipeline.intake(), multitenancy_enabled, receivers.clone()).asking(senders))
    }

    pub(super) fn start_grpc(&self, intake: &PipelineIntake) -> anyhow::Result<Option<GrpcReceiver>> {
        let is_ready = is_ready(&self.readiness, self.pipeline.view());
        let start = |grpc| GrpcReceiver::start(grpc, intake.clone(), default_threads(), is_ready);
        Ok(self.settings.grpc.as_ref().map(start).transpose()?)
    }

    pub(super) fn start_http(&self, intake: &PipelineIntake) -> anyhow::Result<Option<HttpReceiver>> {
        let start = |http| HttpReceiver::start(http, intake.clone(), default_threads());
        Ok(self.settings.http.as_ref().map(start).transpose()?)
    }

    /// Lets the pages know what listens, and warns of what lets anybody in.
    pub(super) fn tell_of_listeners(&self, addresses: ListenAddresses) {
        let known = self.listening.get_or_init(|| Listening {
            addresses,
            open: open_listeners(&self.settings, &addresses),
        });
        warn_of_open(&known.open);
    }
}

fn start_pipeline(
    loaded: &Loaded,
    live: Arc<LiveConfig>,
    metrics: &Metrics,
    (durable, lifelines): (Option<DurableParts>, Lifelines),
) -> anyhow::Result<Pipeline> {
    let settings = loaded.config.server();
    let entries = Arc::clone(&live);
    let started = Pipeline::start(PipelineParts {
        actors: settings.actors,
        admission: settings.admission,
        settings: Arc::new(move |tenant| live.config().tenant(tenant)),
        named: Arc::new(move |tenant| entries.config().names(tenant)),
        clock: state::clock(durable.as_ref()),
        metrics: metrics.pipeline.clone(),
        writer_metrics: metrics.writers.clone(),
        tls_clients: loaded.tls_clients.clone(),
        lifelines,
        durable,
    });
    started.context("spangraph.durability.path")
}

/// The same as `/ready` says.
fn is_ready(readiness: &Arc<Readiness>, pipeline: PipelineView) -> IsReady {
    let readiness = Arc::clone(readiness);
    Arc::new(move || readiness.obstacle().is_none() && pipeline.stuck_actors().is_empty())
}
