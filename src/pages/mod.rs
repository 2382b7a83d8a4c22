//! What the server shows of itself over HTTP: readiness, own metrics, status, and the series to scrape.

mod generated;
mod health;
mod own_metrics;
mod readiness;
mod status;

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Instant;

use actix_web::dev::Server;
use actix_web::{App, HttpResponse, HttpServer, web};
use anyhow::Context as _;
use prometheus_client::registry::Registry;
use spangraph_actors::pipeline::PipelineView;

pub use readiness::Readiness;

/// What the pages show; shared by their threads.
pub struct PagesContent {
    /// The pipeline, to be asked.
    pub pipeline: PipelineView,
    /// Own metrics.
    pub metrics: Registry,
    /// Whether the server takes spans, and if not why.
    pub readiness: Arc<Readiness>,
    /// When the server started.
    pub started: Instant,
    /// Tenants come from `X-Scope-OrgID`.
    pub multitenancy_enabled: bool,
}

/// Listens on `address` and makes the server of the pages, which is to be spawned.
///
/// # Errors
/// When the address cannot be listened on.
pub fn bind(address: SocketAddr, content: PagesContent) -> anyhow::Result<(Server, SocketAddr)> {
    let listener = TcpListener::bind(address)
        .with_context(|| format!("cannot listen on {address} for pages (server.http_listen_port)"))?;
    let bound = listener.local_addr()?;
    let content = web::Data::new(content);
    let server = HttpServer::new(move || App::new().app_data(content.clone()).configure(routes))
        .workers(1)
        .disable_signals()
        .shutdown_timeout(1)
        .listen(listener)?
        .run();
    Ok((server, bound))
}

fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/", web::get().to(index))
        .route("/ready", web::get().to(health::ready))
        .route("/healthz", web::get().to(health::healthy))
        .route("/metrics", web::get().to(own_metrics::show))
        .route("/metrics/generated", web::get().to(generated::show))
        .route("/status", web::get().to(status::show));
}

async fn index() -> HttpResponse {
    HttpResponse::Ok().content_type(PLAIN_TEXT).body(concat!(
        "spangraph ",
        env!("CARGO_PKG_VERSION"),
        "\n\n",
        "/ready              whether it takes spans, and if not why\n",
        "/healthz            whether the process answers\n",
        "/status             what goes on inside\n",
        "/metrics            its own metrics\n",
        "/metrics/generated  the service graph's series, to scrape\n",
    ))
}

const PLAIN_TEXT: &str = "text/plain; charset=utf-8";
