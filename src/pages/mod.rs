//! What the server shows of itself over HTTP: pages for people, JSON and plain text for programs.

pub mod actors;
mod assets;
mod authentication;
pub mod cardinality;
pub mod chart;
pub mod configuration;
pub mod frame;
mod generated;
mod graph;
mod health;
pub mod hosts;
pub mod latest;
pub mod links;
mod not_found;
pub mod numbers;
mod openapi;
pub mod outputs;
pub mod overview;
mod own_metrics;
pub mod pairing;
pub mod problem;
mod readiness;
mod reload;
pub mod sampling;
pub mod scrapes;
pub mod severity;
pub mod status_text;
pub mod tenant_choice;
pub mod tenants;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use actix_web::dev::{Handler, Server};
use actix_web::middleware::{Condition, DefaultHeaders, from_fn};
use actix_web::{App, FromRequest, Resource, Responder, guard, web};
use anyhow::Context as _;
use prometheus_client::registry::Registry;
use spangraph_actors::pipeline::PipelineView;
use spangraph_config::{Config, ServerSettings, TenantId};

use crate::authentication::Authenticator;
use crate::configuration::{LiveConfig, ReloadHandle};
use crate::http_server::{self, Greeting, HttpOptions};
use crate::listener::{Listener, Listening};
use crate::listening;
use crate::protocols::{ProtocolCheck, ProtocolMismatches};
use crate::tls::{TlsAcceptor, TlsMetrics};
use graph::GraphContent;
use latest::{Latest, LatestByKey};
pub use readiness::Readiness;

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
    /// The last reports, shared by all who ask.
    pub reports: Reports,
    /// The configuration in force.
    pub live: Arc<LiveConfig>,
    /// What loads it again.
    pub reload: ReloadHandle,
    /// Names under which the server is reached.
    pub own_names: hosts::OwnNames,
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

/// Who may look at the pages.
pub struct PagesAccess {
    /// Asks for credentials; `None` asks nobody.
    pub authenticator: Option<Authenticator>,
    /// What handshakes count.
    pub tls_metrics: TlsMetrics,
    /// What is counted of connections that speak another protocol.
    pub mismatches: ProtocolMismatches,
}

impl PagesContent {
    /// The configuration in force now.
    #[must_use]
    pub fn config(&self) -> Arc<Config> {
        self.live.config()
    }
}

/// The last report of each topic.
#[derive(Debug, Default)]
pub struct Reports {
    overview: Latest<overview::OverviewReport>,
    actors: Latest<actors::report::ActorsReport>,
    outputs: Latest<outputs::report::OutputsReport>,
    pairing: LatestByKey<TenantId, pairing::report::PairingReport>,
    generated: generated::LatestTexts,
}

/// Listens where `settings` say and makes the server of the pages, which is to be spawned.
///
/// Must be called within a Tokio runtime.
///
/// # Errors
/// When the address cannot be listened on, or the certificates cannot be used.
pub fn bind(
    settings: &ServerSettings,
    access: PagesAccess,
    content: PagesContent,
) -> anyhow::Result<(Server, SocketAddr)> {
    let endpoint = &settings.pages_endpoint;
    let start_tls = |tls| TlsAcceptor::start(tls, Listener::Pages, &access.tls_metrics);
    let tls = settings.pages_tls.as_ref().map(start_tls).transpose();
    let tls = tls.context("pages cannot use their certificates (server.http_tls_config)")?;
    let listener = listening::listen(endpoint).with_context(|| {
        format!("cannot listen on {endpoint} for pages (server.http_listen_address and http_listen_port)")
    })?;
    let bound = listener.local_addr()?;
    let content = web::Data::new(content);
    actix_rt::spawn(graph::keep_sampling(Arc::downgrade(
        &content.clone().into_inner(),
    )));
    let authenticator = access.authenticator.map(web::Data::new);
    let app = move || {
        App::new()
            .app_data(content.clone())
            .configure(|config| {
                if let Some(authenticator) = &authenticator {
                    config.app_data(authenticator.clone());
                }
            })
            .wrap(Condition::new(
                authenticator.is_some(),
                from_fn(authentication::authenticate),
            ))
            .wrap(from_fn(hosts::check))
            .wrap(protective_headers())
            .configure(routes)
            .default_service(web::to(not_found::show))
    };
    access
        .mismatches
        .add_listener(Listener::Pages, bound, tls.is_some());
    let tls_metrics = tls.is_some().then_some(access.tls_metrics);
    let check = ProtocolCheck::new(Listener::Pages, access.mismatches, tls_metrics);
    let server = http_server::serve(Greeting { check, tls }, listener, HTTP_OPTIONS, app, |_| ())?;
    Ok((server, bound))
}

/// Few look at pages at one time; the rest is as actix has it.
const HTTP_OPTIONS: HttpOptions = HttpOptions {
    workers: 1,
    max_connections: 25_000,
    keep_alive: Duration::from_secs(5),
    disconnect_timeout: Duration::from_secs(1),
    shutdown_seconds: 1,
};

fn routes(config: &mut web::ServiceConfig) {
    config
        .service(resource("/ready", health::ready))
        .service(resource("/healthz", health::healthy))
        .service(resource("/metrics", own_metrics::show))
        .service(resource("/metrics/generated", generated::show))
        .service(resource("/api/v1/openapi.json", openapi::show))
        .service(resource("/assets/{version}/{name}", assets::show))
        .configure(overview::routes)
        .configure(graph::routes)
        .configure(actors::routes)
        .configure(cardinality::routes)
        .configure(outputs::routes)
        .configure(configuration::routes)
        .configure(reload::routes)
        .configure(pairing::routes)
        .configure(tenants::routes)
        .configure(status_text::routes);
}

/// What `handler` shows under `path` by GET and HEAD; other methods are refused, so that nothing acts unasked.
pub fn resource<F, Arguments>(path: &str, handler: F) -> Resource
where
    F: Handler<Arguments>,
    Arguments: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    PATHS
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .insert(path.to_owned());
    let reads = guard::Any(guard::Get()).or(guard::Head());
    web::resource(path)
        .route(web::route().guard(reads).to(handler))
        .default_service(web::to(not_found::other_method))
}

/// Every path of the pages; actix does not tell its own.
static PATHS: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Every path that is served by [`resource`], in order.
fn paths() -> Vec<String> {
    let paths = PATHS.lock().unwrap_or_else(PoisonError::into_inner);
    paths.iter().cloned().collect()
}

/// No other origin, no inline script or style, no framing; nothing is kept that may be old or secret.
fn protective_headers() -> DefaultHeaders {
    DefaultHeaders::new()
        .add((
            "Content-Security-Policy",
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
             base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
        ))
        .add(("X-Content-Type-Options", "nosniff"))
        .add(("Referrer-Policy", "no-referrer"))
        .add(("X-Frame-Options", "DENY"))
        .add(("Cross-Origin-Resource-Policy", "same-origin"))
        .add(("Cache-Control", "no-store"))
}

const PLAIN_TEXT: &str = "text/plain; charset=utf-8";
