//! The OTLP/gRPC receiver: `TraceService/Export` on a thread pool of its own.
//!
//! tonic serves the connections. `Export` reads its messages itself, as tonic's codec decodes under other rules than
//! ours: windows of any size, `OUT_OF_RANGE` for large messages, `INTERNAL` for corrupt ones, all on the thread that
//! serves others.

mod connection;
mod connections;
mod health;
mod health_streams;
pub mod message;
mod service;

use std::io;
use std::net::SocketAddr;
use std::thread::JoinHandle;
use std::time::Duration;

use spangraph_actors::admission::TraceSink;
use spangraph_config::{GrpcReceiverSettings, ListenEndpoint};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tonic::service::Routes;

use super::StartError;
use super::intake::Intake;
use connections::Connections;
use health::HealthWatch;
pub use health::IsReady;
use health_streams::BoundedHealth;
use message::MessageLimits;
use service::TraceService;
use spangraph_serving::listener::Listener;
use spangraph_serving::listening;
use spangraph_serving::receiver_metrics::Transport;
use spangraph_serving::tls::TlsAcceptor;

/// How long a message may take to arrive; a sender that needs longer holds memory and a stream for nothing.
const MESSAGE_TIMEOUT: Duration = Duration::from_secs(60);

/// How long threads may take to end once nothing is left to serve.
const THREADS_END: Duration = Duration::from_secs(1);

/// A running OTLP/gRPC receiver; dropping it ends it at once, under way or not.
#[derive(Debug)]
pub struct GrpcReceiver {
    local_address: SocketAddr,
    stop: Stop,
    thread: Option<JoinHandle<()>>,
}

/// An endpoint that is listened on.
struct Bound {
    listener: TcpListener,
    local_address: SocketAddr,
    tls: Option<TlsAcceptor>,
}

/// The signals between a receiver's handle and its threads.
#[derive(Clone, Debug, Default)]
struct Stop {
    /// No new connections, no new requests.
    accepting: CancellationToken,
    /// No requests at all.
    serving: CancellationToken,
    /// The threads have ended.
    ended: CancellationToken,
    /// The accept loop and every connection.
    open: TaskTracker,
}

impl GrpcReceiver {
    /// Listens at the settings' endpoint and serves with `threads` threads (at least 1); its health service says
    /// `SERVING` while `is_ready`.
    ///
    /// # Errors
    /// When the endpoint cannot be listened on, or the threads cannot be started.
    pub fn start<S: TraceSink>(
        settings: &GrpcReceiverSettings,
        intake: Intake<S>,
        threads: usize,
        is_ready: IsReady,
    ) -> Result<Self, StartError> {
        let runtime = build_runtime(threads).map_err(no_threads)?;
        let bound = match bind(&runtime, settings, &intake) {
            Ok(bound) => bound,
            Err(error) => {
                // A runtime must not be dropped where others are served; nothing runs on this one yet.
                runtime.shutdown_background();
                return Err(error);
            }
        };
        let local_address = bound.local_address;
        let stop = Stop::default();
        let accepting = stop
            .open
            .track_future(accept(bound, settings, intake, is_ready, &stop));
        let signals = stop.clone();
        let thread = std::thread::Builder::new()
            .name("grpc-receiver".to_owned())
            .spawn(move || run(runtime, accepting, &signals))
            .map_err(no_threads)?;
        Ok(Self {
            local_address,
            stop,
            thread: Some(thread),
        })
    }

    /// Where it listens; tells the port when the settings left it to the system.
    #[must_use]
    pub fn local_address(&self) -> SocketAddr {
        self.local_address
    }

    /// Takes no further connections or requests; open connections are told, and requests under way go on.
    pub fn stop_accepting(&self) {
        self.stop.accepting.cancel();
        self.stop.open.close();
    }

    /// Stops accepting, lets requests under way go on for at most `deadline`, and ends all threads.
    ///
    /// Answers whether all requests were done by then.
    pub async fn stop(mut self, deadline: Duration) -> bool {
        self.stop_accepting();
        let in_time = tokio::time::timeout(deadline, self.stop.open.wait())
            .await
            .is_ok();
        self.stop.serving.cancel();
        self.stop.ended.cancelled().await;
        if let Some(thread) = self.thread.take() {
            // It has said that it ended, so this does not wait.
            return thread.join().is_ok() && in_time;
        }
        in_time
    }
}

impl Drop for GrpcReceiver {
    fn drop(&mut self) {
        self.stop_accepting();
        self.stop.serving.cancel();
    }
}

/// Connections and requests until `stop`, with a health service that says `SERVING` while `is_ready`.
fn accept<S: TraceSink>(
    bound: Bound,
    settings: &GrpcReceiverSettings,
    intake: Intake<S>,
    is_ready: IsReady,
    stop: &Stop,
) -> impl Future<Output = ()> + use<S> {
    let limits = MessageLimits {
        max_bytes: settings.max_message_bytes,
        timeout: MESSAGE_TIMEOUT,
    };
    let metrics = intake.metrics().clone();
    let (mut health, health_service) = HealthWatch::new(is_ready);
    let export = TraceService::new(intake, limits, stop.accepting.clone());
    let routes = routes(export)
        .add_service(BoundedHealth::new(health_service))
        .prepare();
    let connections = Connections::new(settings, bound.tls, routes, metrics, stop);
    let stopping = stop.accepting.clone();
    async move {
        health.look().await;
        tokio::spawn(health.run(stopping));
        connections.accept_from(bound.listener).await;
    }
}

fn run(runtime: Runtime, accepting: impl Future<Output = ()>, stop: &Stop) {
    let _ended = stop.ended.clone().drop_guard();
    runtime.block_on(stop.serving.run_until_cancelled(async {
        accepting.await;
        stop.open.wait().await;
    }));
    runtime.shutdown_timeout(THREADS_END);
}

fn build_runtime(threads: usize) -> io::Result<Runtime> {
    let mut builder = Builder::new_multi_thread();
    builder
        .worker_threads(threads.max(1))
        .thread_name("grpc-receiver")
        .enable_all()
        .build()
}

fn bind<S: TraceSink>(
    runtime: &Runtime,
    settings: &GrpcReceiverSettings,
    intake: &Intake<S>,
) -> Result<Bound, StartError> {
    let (listener, local_address) = listen(runtime, &settings.endpoint)?;
    let tls = start_tls(runtime, settings, intake)?;
    let mismatches = intake.metrics().mismatches();
    mismatches.add_listener(Listener::Grpc, local_address, tls.is_some());
    Ok(Bound {
        listener,
        local_address,
        tls,
    })
}

fn listen(runtime: &Runtime, endpoint: &ListenEndpoint) -> Result<(TcpListener, SocketAddr), StartError> {
    let listener = listening::listen(endpoint).map_err(|source| StartError::Listen {
        transport: Transport::Grpc,
        endpoint: endpoint.clone(),
        source,
    })?;
    let _context = runtime.enter();
    let address = listener.local_addr();
    let served = address.and_then(|address| Ok((TcpListener::from_std(listener)?, address)));
    served.map_err(|source| StartError::Serve {
        transport: Transport::Grpc,
        source,
    })
}

/// `export` under its own name, and for all paths that no service has.
fn routes<S: TraceSink>(export: TraceService<S>) -> Routes {
    let mut routes = Routes::new(export.clone());
    let router = routes.axum_router_mut();
    *router = std::mem::take(router).fallback_service(export);
    routes
}

/// Certificates are looked at on the receiver's own threads, for as long as it runs.
fn start_tls<S: TraceSink>(
    runtime: &Runtime,
    settings: &GrpcReceiverSettings,
    intake: &Intake<S>,
) -> Result<Option<TlsAcceptor>, StartError> {
    let _context = runtime.enter();
    let start = |tls| TlsAcceptor::start(tls, Listener::Grpc, intake.metrics().tls());
    let started = settings.tls.as_ref().map(start).transpose();
    started.map_err(|source| StartError::Tls {
        transport: Transport::Grpc,
        source,
    })
}

fn no_threads(source: io::Error) -> StartError {
    StartError::Threads {
        transport: Transport::Grpc,
        source,
    }
}

#[cfg(test)]
mod tests;
