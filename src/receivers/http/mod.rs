//! The OTLP/HTTP receiver: `POST /v1/traces` on actix-web.

mod cors;
mod export;
mod media_type;
mod paths;
mod reply;
mod stopping;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use actix_web::dev::{Extensions, RequestHead, ServerHandle};
use actix_web::middleware::{Condition, from_fn};
use actix_web::{App, web};
use spangraph_actors::admission::TraceSink;
use spangraph_config::HttpReceiverSettings;
use tokio::task::JoinHandle;

use super::StartError;
use super::intake::Intake;
use cors::CorsPolicy;
use export::TracesEndpoint;
use spangraph_serving::http_server::{self, Greeting, Hooks, HttpOptions};
use spangraph_serving::listener::Listener;
use spangraph_serving::listening;
use spangraph_serving::protocols::ProtocolCheck;
use spangraph_serving::receiver_metrics::{ReceiverMetrics, Transport};
use spangraph_serving::tls::TlsAcceptor;
use stopping::Stopping;

/// Longer than the 90 s after which Go's client drops idle connections, so that ours never close under a request.
const KEEP_ALIVE: Duration = Duration::from_secs(120);

/// How long a refused sender may go on sending before its connection is cut, so that it sees the answer.
const LINGER: Duration = Duration::from_secs(5);

/// How long actix waits for requests under way by itself; [`HttpReceiver::stop`] sets the real deadline.
const LONGEST_STOP_SECONDS: u64 = 24 * 60 * 60;

/// A running OTLP/HTTP receiver; dropping it ends it at once, under way or not.
#[derive(Debug)]
pub struct HttpReceiver {
    local_address: SocketAddr,
    stopping: Stopping,
    handle: ServerHandle,
    server: JoinHandle<io::Result<()>>,
}

impl HttpReceiver {
    /// Listens at the settings' endpoint and serves with `workers` threads (at least 1, at most one a connection).
    ///
    /// Must be called within an actix system or a Tokio runtime. The connections that the settings allow are
    /// shared out evenly; what does not divide is left over.
    ///
    /// # Errors
    /// When the endpoint cannot be listened on, or the certificates cannot be used.
    pub fn start<S: TraceSink>(
        settings: &HttpReceiverSettings,
        intake: Intake<S>,
        workers: usize,
    ) -> Result<Self, StartError> {
        let listener = listening::listen(&settings.endpoint).map_err(|source| StartError::Listen {
            transport: Transport::Http,
            endpoint: settings.endpoint.clone(),
            source,
        })?;
        let start_tls = |tls| TlsAcceptor::start(tls, Listener::Http, intake.metrics().tls());
        let tls = settings.tls.as_ref().map(start_tls).transpose();
        let tls = tls.map_err(|source| StartError::Tls {
            transport: Transport::Http,
            source,
        })?;
        Self::serve(listener, tls, settings, intake, workers).map_err(|source| StartError::Serve {
            transport: Transport::Http,
            source,
        })
    }

    /// Where it listens; tells the port when the settings left it to the system.
    #[must_use]
    pub fn local_address(&self) -> SocketAddr {
        self.local_address
    }

    /// Refuses further requests with 503, on open connections and on new ones, until [`Self::stop`]; requests under way go
    /// on for at most `deadline`.
    ///
    /// Answers whether all of them were done by then.
    pub async fn settle(&self, deadline: Duration) -> bool {
        self.stopping.settle(deadline).await
    }

    /// Takes no further connections, ends idle ones, lets requests under way go on for at most `deadline`, and ends all
    /// threads.
    ///
    /// Answers whether all requests were done by then.
    pub async fn stop(mut self, deadline: Duration) -> bool {
        self.stopping.refuse();
        // Sent by the call itself; the server's own end tells when it is done.
        let _done = self.handle.stop(true);
        tokio::time::timeout(deadline, &mut self.server).await.is_ok()
    }

    fn serve<S: TraceSink>(
        listener: TcpListener,
        tls: Option<TlsAcceptor>,
        settings: &HttpReceiverSettings,
        intake: Intake<S>,
        workers: usize,
    ) -> io::Result<Self> {
        let workers = workers.clamp(1, settings.max_connections.max(1));
        let metrics = intake.metrics().clone();
        let connections = metrics.clone();
        let stopping = Stopping::default();
        let endpoint = web::Data::new(TracesEndpoint::new(settings, intake, stopping.clone()));
        let unread = endpoint.clone();
        let cors = settings.cors.as_ref().map(CorsPolicy::new).map(web::Data::new);
        let app = move || {
            let traces = web::resource(paths::TRACES_PATH)
                .route(web::post().to(export::export::<S>))
                .default_service(web::to(export::method_not_allowed::<S>));
            App::new()
                .app_data(endpoint.clone())
                .configure(|config| {
                    if let Some(cors) = &cors {
                        config.app_data(cors.clone());
                    }
                })
                .wrap(Condition::new(cors.is_some(), from_fn(cors::apply)))
                .service(traces)
                .default_service(web::to(export::elsewhere::<S>))
        };
        let hooks = Hooks {
            on_connect: move |extensions: &mut Extensions| {
                extensions.insert(connections.count_connection(Transport::Http));
            },
            on_expect: move |head: &RequestHead| unread.refuse_unread(head),
        };
        let local_address = listener.local_addr()?;
        let check = protocol_check(&metrics, local_address, tls.is_some());
        let options = options(settings, workers);
        let server = http_server::serve(Greeting { check, tls }, listener, options, app, hooks)?;
        let handle = server.handle();
        Ok(Self {
            local_address,
            stopping,
            handle,
            server: tokio::spawn(server),
        })
    }
}

fn options(settings: &HttpReceiverSettings, workers: usize) -> HttpOptions {
    HttpOptions {
        workers,
        max_connections: (settings.max_connections / workers).max(1),
        keep_alive: KEEP_ALIVE,
        disconnect_timeout: LINGER,
        shutdown_seconds: LONGEST_STOP_SECONDS,
    }
}

/// Looks for senders of other protocols at `address`, and counts them.
fn protocol_check(metrics: &ReceiverMetrics, address: SocketAddr, has_tls: bool) -> ProtocolCheck {
    let mismatches = metrics.mismatches();
    mismatches.add_listener(Listener::Http, address, has_tls);
    let tls_metrics = has_tls.then(|| metrics.tls().clone());
    ProtocolCheck::new(Listener::Http, mismatches.clone(), tls_metrics)
}

impl Drop for HttpReceiver {
    fn drop(&mut self) {
        // A dropped server closes its listener and all connections.
        self.server.abort();
    }
}

#[cfg(test)]
mod tests;
