//! An actix-web server, in plain text or behind our own handshakes.
//!
//! Those of actix neither renew certificates nor count failures.

use std::fmt::Debug;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use actix_http::error::DispatchError;
use actix_http::{HttpService, Protocol, Request, Response};
use actix_service::{
    IntoServiceFactory, Service, ServiceFactory, ServiceFactoryExt as _, fn_service, map_config,
};
use actix_web::body::MessageBody;
use actix_web::dev::{AppConfig, Extensions, Server};
use actix_web::{Error, HttpServer};
use tokio::net::TcpStream;

use crate::tls::TlsAcceptor;

/// How connections are served.
#[derive(Clone, Copy, Debug)]
pub struct HttpOptions {
    /// Threads.
    pub workers: usize,
    /// The most connections of one worker.
    pub max_connections: usize,
    /// How long an idle connection stays open.
    pub keep_alive: Duration,
    /// How long a refused client may go on sending before its connection is cut.
    pub disconnect_timeout: Duration,
    /// How long requests under way may take when the server stops, in seconds.
    pub shutdown_seconds: u64,
}

/// Serves what `app` makes, over TLS to whom `tls` lets in; `on_connect` sees each connection that can be served.
///
/// # Errors
/// When the listener cannot be used.
pub fn serve<F, I, S, B>(
    tls: Option<TlsAcceptor>,
    listener: TcpListener,
    options: HttpOptions,
    app: F,
    on_connect: impl Fn(&mut Extensions) + Clone + Send + Sync + 'static,
) -> io::Result<Server>
where
    F: Fn() -> I + Clone + Send + 'static,
    I: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig> + 'static,
    S::Error: Into<Error> + 'static,
    S::InitError: Debug,
    S::Response: Into<Response<B>> + 'static,
    <S::Service as Service<Request>>::Future: 'static,
    S::Service: 'static,
    B: MessageBody + 'static,
{
    let Some(tls) = tls else {
        let server = HttpServer::new(app)
            .workers(options.workers)
            .max_connections(options.max_connections)
            .keep_alive(options.keep_alive)
            .client_disconnect_timeout(options.disconnect_timeout)
            .tcp_nodelay(true)
            .shutdown_timeout(options.shutdown_seconds)
            .disable_signals()
            .on_connect(move |_, extensions| on_connect(extensions));
        return Ok(server.listen(listener)?.run());
    };
    let builder = Server::build()
        .workers(options.workers)
        .max_concurrent_connections(options.max_connections)
        .shutdown_timeout(options.shutdown_seconds)
        .disable_signals();
    let stopping = builder.graceful_shutdown_signal();
    let builder = builder.listen("tls", listener, move || {
        let (stopping, on_connect) = (stopping.clone(), on_connect.clone());
        let app = app()
            .into_factory()
            .map_err(|error| error.into().error_response());
        let http = HttpService::build()
            .graceful_shutdown_signal(move || {
                let stopping = stopping.clone();
                async move { stopping.notified().await }
            })
            .keep_alive(options.keep_alive)
            .client_disconnect_timeout(options.disconnect_timeout)
            .on_connect_ext(move |_, extensions| on_connect(extensions))
            .finish(map_config(app, |()| AppConfig::default()));
        let tls = tls.clone();
        fn_service(move |stream: TcpStream| shake_hands(tls.clone(), stream)).and_then(http)
    })?;
    Ok(builder.run())
}

type Accepted = (
    tokio_rustls::server::TlsStream<TcpStream>,
    Protocol,
    Option<SocketAddr>,
);

async fn shake_hands(tls: TlsAcceptor, stream: TcpStream) -> Result<Accepted, DispatchError> {
    let _ = stream.set_nodelay(true);
    let peer = stream.peer_addr().ok();
    let stream = tls.accept(stream).await.map_err(DispatchError::Io)?;
    Ok((stream, Protocol::Http1, peer))
}
