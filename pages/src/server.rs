//! The HTTP server of the pages.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::middleware::{Condition, DefaultHeaders, from_fn};
use actix_web::{App, web};
use spangraph_config::{ListenEndpoint, ServerSettings};
use spangraph_serving::authentication::Authenticator;
use spangraph_serving::http_server::{self, Greeting, HttpOptions, NO_HOOKS};
use spangraph_serving::listener::Listener;
use spangraph_serving::listening::{self, ListenError};
use spangraph_serving::protocols::{ProtocolCheck, ProtocolMismatches};
use spangraph_serving::tls::{TlsAcceptor, TlsError, TlsMetrics};

use crate::content::PagesContent;
use crate::resource::resource;
use crate::{
    actors, assets, authentication, cardinality, configuration, generated, graph, health, held_texts, hosts,
    not_found, openapi, outputs, overview, own_metrics, pairing, reload, status_text, tenants,
};

/// Who may look at the pages.
pub struct PagesAccess {
    /// Asks for credentials; `None` asks nobody.
    pub authenticator: Option<Authenticator>,
    /// What handshakes count.
    pub tls_metrics: TlsMetrics,
    /// What is counted of connections that speak another protocol.
    pub mismatches: ProtocolMismatches,
}

/// Why pages are not served.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The certificates cannot be used.
    #[error("pages cannot use their certificates (server.http_tls_config)")]
    Tls(#[from] TlsError),
    /// The address is in use, not ours, or not allowed, or its name does not resolve.
    #[error("cannot listen on {endpoint} for pages (server.http_listen_address and http_listen_port)")]
    Listen {
        /// Where they were to listen, as configured.
        endpoint: ListenEndpoint,
        /// Why they do not.
        source: ListenError,
    },
    /// The listener cannot be served.
    #[error("pages cannot be served")]
    Serve(#[from] io::Error),
}

/// Listens where `settings` say. Who comes waits until somebody is [served](bind).
///
/// # Errors
/// When the address cannot be listened on.
pub fn listen(settings: &ServerSettings) -> Result<TcpListener, StartError> {
    let endpoint = &settings.pages_endpoint;
    listening::listen(endpoint).map_err(|source| StartError::Listen {
        endpoint: endpoint.clone(),
        source,
    })
}

/// Makes the server of the pages, which is to be spawned, on `listener`.
///
/// Must be called within a Tokio runtime.
///
/// # Errors
/// When the listener cannot be served, or the certificates cannot be used.
pub fn bind(
    settings: &ServerSettings,
    listener: TcpListener,
    access: PagesAccess,
    content: PagesContent,
) -> Result<(Server, SocketAddr), StartError> {
    let tls = tls_of(settings, &access.tls_metrics)?;
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
            .wrap(from_fn(held_texts::slice_large))
            .wrap(protective_headers())
            .configure(routes)
            .default_service(web::to(not_found::show))
    };
    access
        .mismatches
        .add_listener(Listener::Pages, bound, tls.is_some());
    let tls_metrics = tls.is_some().then_some(access.tls_metrics);
    let check = ProtocolCheck::new(Listener::Pages, access.mismatches, tls_metrics);
    let server = http_server::serve(Greeting { check, tls }, listener, HTTP_OPTIONS, app, NO_HOOKS)?;
    Ok((server, bound))
}

/// Shakes hands as `settings` say; none when it is plain text.
pub(crate) fn tls_of(
    settings: &ServerSettings,
    metrics: &TlsMetrics,
) -> Result<Option<TlsAcceptor>, StartError> {
    let start = |tls| TlsAcceptor::start(tls, Listener::Pages, metrics);
    Ok(settings.pages_tls.as_ref().map(start).transpose()?)
}

/// Few look at pages at one time; the rest is as actix has it.
pub(crate) const HTTP_OPTIONS: HttpOptions = HttpOptions {
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

/// No other origin, no inline script or style, no framing; nothing is kept that may be old or secret.
pub(crate) fn protective_headers() -> DefaultHeaders {
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
