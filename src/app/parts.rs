//! The parts of a running server, started so that nothing comes in before everything behind it stands.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use actix_rt::task::JoinHandle;
use actix_web::dev::ServerHandle;
use anyhow::Context as _;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;
use spangraph_actors::lifeline::Lifelines;
use spangraph_actors::metrics::PipelineMetrics;
use spangraph_actors::pipeline::{Intake, Pipeline, PipelineParts, PipelineView};
use spangraph_actors::writer::WriterMetrics;
use spangraph_config::ServerSettings;
use spangraph_pages::held_texts::HeldTexts;
use spangraph_pages::hosts::OwnNames;
use spangraph_pages::loading::{LiveConfig, ReloadHandle};
use spangraph_pages::sampling::{self, Sampling};
use spangraph_pages::scrapes::Scrapes;
use spangraph_pages::{PagesAccess, PagesContent, Readiness, Reports};
use spangraph_serving::authentication::Authenticator;
use spangraph_serving::open_listeners::{ListenAddresses, Listening, open_listeners, warn_of_open};
use spangraph_serving::receiver_metrics::ReceiverMetrics;

use super::announcement::{Addresses, Secure};
use super::watch::Watched;
use crate::build_info;
use crate::configuration::{Loaded, ReloadMetrics, Reloader, ReloaderParts};
use crate::receivers::grpc::IsReady;
use crate::receivers::{GrpcReceiver, HttpReceiver, default_threads};

/// Everything that runs.
pub struct Parts {
    pub(super) pipeline: Pipeline,
    pub(super) grpc: Option<GrpcReceiver>,
    pub(super) http: Option<HttpReceiver>,
    pub(super) pages: ServerHandle,
    pub(super) readiness: Arc<Readiness>,
    pub(super) sampling: Option<Sampling>,
    pub(super) reloader: JoinHandle<()>,
    reload: ReloadHandle,
    live: Arc<LiveConfig>,
    addresses: Addresses,
    multitenancy_enabled: bool,
    demo_may_send: bool,
}

/// The metrics of all parts.
#[derive(Default)]
struct Metrics {
    pipeline: PipelineMetrics,
    writers: WriterMetrics,
    receivers: ReceiverMetrics,
    reloads: ReloadMetrics,
    scrapes: Scrapes,
}

impl Parts {
    /// Starts the pipeline, then the pages, then the receivers.
    ///
    /// # Errors
    /// When an address cannot be listened on.
    pub fn start(loaded: Loaded, file: Option<PathBuf>, lifelines: Lifelines) -> anyhow::Result<Self> {
        let settings = loaded.config.server();
        let live = Arc::new(LiveConfig::new(loaded.config.clone()));
        let metrics = Metrics::default();
        let pipeline = start_pipeline(&loaded, Arc::clone(&live), &metrics, lifelines);
        let (reloader, reload) = Reloader::new(
            loaded,
            ReloaderParts {
                file,
                live: Arc::clone(&live),
                reconfigurer: pipeline.reconfigurer(),
                metrics: metrics.reloads.clone(),
            },
        );
        let reloader = actix_rt::spawn(reloader.run());
        let readiness = Arc::new(Readiness::default());
        let (history, sampling) = sampling::start(sampling::Sources {
            pipeline: pipeline.view(),
            receivers: metrics.receivers.clone(),
        });
        let listening = Arc::new(OnceLock::new());
        let content = PagesContent {
            history,
            pipeline: pipeline.view(),
            metrics: metrics.registry(),
            readiness: Arc::clone(&readiness),
            scrapes: metrics.scrapes.clone(),
            texts: HeldTexts::default(),
            reports: Reports::default(),
            live: Arc::clone(&live),
            reload: reload.clone(),
            own_names: OwnNames::of(&settings.pages_endpoint.host),
            build: &build_info::LONG_VERSION,
            started: Instant::now(),
            settings: settings.clone(),
            multitenancy_enabled: settings.multitenancy_enabled,
            listening: Arc::clone(&listening),
            graph: Default::default(),
        };
        let (pages, pages_address) =
            spangraph_pages::bind(&settings, pages_access(&settings, &metrics)?, content)?;
        let pages_handle = pages.handle();
        actix_rt::spawn(pages);
        let intake = crate::receivers::Intake::new(
            pipeline.intake(),
            settings.multitenancy_enabled,
            metrics.receivers.clone(),
        )
        .asking(senders(&settings, &metrics)?);
        let grpc = start_grpc(&settings, &intake, is_ready(&readiness, pipeline.view()))?;
        let http = start_http(&settings, &intake)?;
        let listen = ListenAddresses {
            grpc: grpc.as_ref().map(GrpcReceiver::local_address),
            http: http.as_ref().map(HttpReceiver::local_address),
            pages: pages_address,
        };
        let addresses = Addresses {
            listen,
            secure: Secure::of(&settings),
        };
        let known = listening.get_or_init(|| Listening {
            addresses: listen,
            open: open_listeners(&settings, &listen),
        });
        warn_of_open(&known.open);
        readiness.set_ready();
        let multitenancy_enabled = settings.multitenancy_enabled;
        Ok(Self {
            pipeline,
            grpc,
            http,
            pages: pages_handle,
            readiness,
            sampling: Some(sampling),
            reloader,
            reload,
            live,
            addresses,
            multitenancy_enabled,
            demo_may_send: settings.authentication.receivers.is_empty(),
        })
    }

    /// Where it listens.
    pub fn addresses(&self) -> Addresses {
        self.addresses
    }

    /// Where the demo sends to: it speaks plain text and has no credentials.
    pub fn demo_address(&self) -> Option<SocketAddr> {
        let is_open = self.demo_may_send && !self.addresses.secure.grpc;
        self.addresses.listen.grpc.filter(|_| is_open)
    }

    /// What is to be seen of it as it stops.
    pub fn watched(&self) -> Watched {
        Watched {
            live: Arc::clone(&self.live),
            pipeline: self.pipeline.view(),
        }
    }

    /// What loads the configuration again.
    pub fn reload_handle(&self) -> ReloadHandle {
        self.reload.clone()
    }

    /// The tenant that the demo sends as, when it needs one.
    pub fn demo_tenant(&self) -> Option<String> {
        self.multitenancy_enabled.then(|| "demo".to_owned())
    }
}

impl Metrics {
    fn registry(&self) -> Registry {
        let mut registry = Registry::default();
        let own = registry.sub_registry_with_prefix("spangraph");
        own.register(
            "build",
            "The version, commit and date of this build",
            Info::new([
                ("version", build_info::VERSION),
                ("revision", build_info::COMMIT),
                ("build_date", build_info::BUILD_DATE),
            ]),
        );
        self.pipeline.register(own);
        self.writers.register(&mut registry);
        self.receivers.register(&mut registry);
        self.scrapes.register(&mut registry);
        self.reloads.register(&mut registry);
        registry
    }
}

fn start_pipeline(
    loaded: &Loaded,
    live: Arc<LiveConfig>,
    metrics: &Metrics,
    lifelines: Lifelines,
) -> Pipeline {
    let settings = loaded.config.server();
    Pipeline::start(PipelineParts {
        actors: settings.actors,
        admission: settings.admission,
        settings: Arc::new(move |tenant| live.config().tenant(tenant)),
        metrics: metrics.pipeline.clone(),
        writer_metrics: metrics.writers.clone(),
        tls_clients: loaded.tls_clients.clone(),
        lifelines,
    })
}

fn senders(settings: &ServerSettings, metrics: &Metrics) -> anyhow::Result<Option<Authenticator>> {
    let accepted = &settings.authentication.receivers;
    let started = Authenticator::start(accepted, metrics.receivers.authentication());
    started.context("spangraph.authentication.receivers")
}

fn pages_access(settings: &ServerSettings, metrics: &Metrics) -> anyhow::Result<PagesAccess> {
    let accepted = &settings.authentication.pages;
    let started = Authenticator::start(accepted, metrics.receivers.authentication());
    Ok(PagesAccess {
        authenticator: started.context("spangraph.authentication.pages")?,
        tls_metrics: metrics.receivers.tls().clone(),
        mismatches: metrics.receivers.mismatches().clone(),
    })
}

type PipelineIntake = crate::receivers::Intake<Intake>;

/// The same as `/ready` says.
fn is_ready(readiness: &Arc<Readiness>, pipeline: PipelineView) -> IsReady {
    let readiness = Arc::clone(readiness);
    Arc::new(move || readiness.obstacle().is_none() && pipeline.stuck_actors().is_empty())
}

fn start_grpc(
    settings: &ServerSettings,
    intake: &PipelineIntake,
    is_ready: IsReady,
) -> anyhow::Result<Option<GrpcReceiver>> {
    let start = |grpc| GrpcReceiver::start(grpc, intake.clone(), default_threads(), is_ready);
    Ok(settings.grpc.as_ref().map(start).transpose()?)
}

fn start_http(settings: &ServerSettings, intake: &PipelineIntake) -> anyhow::Result<Option<HttpReceiver>> {
    let start = |http| HttpReceiver::start(http, intake.clone(), default_threads());
    Ok(settings.http.as_ref().map(start).transpose()?)
}
