//! An actix-web server behind our own look at what connections speak, and our own handshakes.
//!
//! Those of actix neither renew certificates nor count failures, and log a line for each connection that speaks no HTTP.

use std::fmt::Debug;
use std::future::ready;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use actix_http::error::DispatchError;
use actix_http::{HttpService, Protocol, Request, Response};
use actix_server::GracefulShutdownSignal;
use actix_service::{
    IntoServiceFactory, Service, ServiceFactory, ServiceFactoryExt as _, apply_fn_factory, fn_service,
    map_config,
};
use actix_web::body::MessageBody;
use actix_web::dev::{AppConfig, Extensions, RequestHead, Server};
use actix_web::{Error, HttpResponse};
use tokio::net::TcpStream;
use tokio_util::either::Either;

use crate::protocols::{FIRST_BYTES_TIMEOUT, ProtocolCheck, SecureStream};
use crate::stalls::{StallGuard, StallLimits, Turn};
use crate::tls::TlsAcceptor;

/// A client that takes nothing of its answer for so long is cut off; Prometheus gives up after a third of it.
const TAKING_TIMEOUT: Duration = Duration::from_secs(30);

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

/// What becomes of a connection before it is served.
#[derive(Clone, Debug)]
pub struct Greeting {
    /// Turns away what speaks another protocol.
    pub check: ProtocolCheck,
    /// Shakes hands; `None` means plain text.
    pub tls: Option<TlsAcceptor>,
}

/// What is done beside the answering of requests.
#[derive(Clone, Copy, Debug)]
pub struct Hooks<C, E> {
    /// Sees each connection that can be served.
    pub on_connect: C,
    /// The answer to a request whose client sends its body only when it is told to (`Expect: 100-continue`), when it is not
    /// to; actix tells it before it looks at the request.
    pub on_expect: E,
}

/// Sees a connection.
type OnConnect = fn(&mut Extensions);

/// Answers a request whose body is not to come.
type OnExpect = fn(&RequestHead) -> Option<HttpResponse>;

/// Nothing is.
pub const NO_HOOKS: Hooks<OnConnect, OnExpect> = Hooks {
    on_connect: |_| (),
    on_expect: |_| None,
};

/// Serves what `app` makes to whom `greeting` lets in.
///
/// # Errors
/// When the listener cannot be used.
pub fn serve<F, I, S, B, C, E>(
    greeting: Greeting,
    listener: TcpListener,
    options: HttpOptions,
    app: F,
    hooks: Hooks<C, E>,
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
    C: Fn(&mut Extensions) + Clone + Send + Sync + 'static,
    E: Fn(&RequestHead) -> Option<HttpResponse> + Clone + Send + 'static,
{
    let builder = Server::build()
        .workers(options.workers)
        .max_concurrent_connections(options.max_connections)
        .shutdown_timeout(options.shutdown_seconds)
        .disable_signals();
    let stopping = builder.graceful_shutdown_signal();
    let limits = options.stall_limits();
    let builder = builder.listen("http", listener, move || {
        let (stopping, hooks) = (stopping.clone(), hooks.clone());
        let (greeting, greeting_ends) = (greeting.clone(), stopping.clone());
        let app = app()
            .into_factory()
            .map_err(|error| error.into().error_response());
        let app = apply_fn_factory(app, handle);
        let http = HttpService::build()
            .graceful_shutdown_signal(move || {
                let stopping = stopping.clone();
                async move { stopping.notified().await }
            })
            .keep_alive(options.keep_alive)
            .client_disconnect_timeout(options.disconnect_timeout)
            .expect(fn_service(move |request: Request| {
                ready((hooks.on_expect)(request.head()).map_or(Ok(request), Err))
            }))
            .on_connect_ext(move |stream: &Stream, extensions| {
                extensions.insert(stream.turn());
                (hooks.on_connect)(extensions);
            })
            .finish(map_config(app, |()| AppConfig::default()));
        let greet = move |stream| greet(greeting.clone(), greeting_ends.clone(), limits, stream);
        fn_service(greet).and_then(http)
    })?;
    Ok(builder.run())
}

/// A connection as it is served.
type Stream = StallGuard<Either<TcpStream, SecureStream>>;

/// A connection, what it speaks, and who made it.
type Accepted = (Stream, Protocol, Option<SocketAddr>);

async fn greet(
    greeting: Greeting,
    stopping: GracefulShutdownSignal,
    limits: StallLimits,
    stream: TcpStream,
) -> Result<Accepted, DispatchError> {
    let peer = stream.peer_addr().ok();
    let stream = tokio::select! {
        greeted = greeting.stream(stream) => greeted?,
        () = stopping.notified() => None,
    };
    let stream = stream.ok_or_else(turned_away)?;
    Ok((StallGuard::new(stream, limits), Protocol::Http1, peer))
}

/// Has `service` answer `request`, whose client is not waited for meanwhile.
fn handle<S: Service<Request>>(
    request: Request,
    service: &S,
) -> impl Future<Output = Result<S::Response, S::Error>> + use<S> {
    let handled = request.conn_data::<Turn>().map(Turn::begin);
    let answer = service.call(request);
    async move {
        let answer = answer.await;
        drop(handled);
        answer
    }
}

impl HttpOptions {
    fn stall_limits(&self) -> StallLimits {
        StallLimits {
            taking: TAKING_TIMEOUT,
            head: FIRST_BYTES_TIMEOUT,
            idle: self.keep_alive,
        }
    }
}

impl Greeting {
    async fn stream(&self, stream: TcpStream) -> io::Result<Option<Either<TcpStream, SecureStream>>> {
        let Some(stream) = self.check.of(stream).await else {
            return Ok(None);
        };
        match &self.tls {
            None => Ok(Some(Either::Left(stream))),
            Some(tls) => Ok(self.check.secure(tls, stream).await?.map(Either::Right)),
        }
    }
}

/// Nobody reads it; the connection was answered and closed.
fn turned_away() -> DispatchError {
    DispatchError::Io(io::ErrorKind::InvalidData.into())
}
