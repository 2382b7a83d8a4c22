//! Accepts connections, so many at one time, and has tonic serve each of them for as long as it may live.

use std::convert::Infallible;
use std::future::ready;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{self, StreamExt as _};
use spangraph_config::GrpcReceiverSettings;
use spangraph_serving::listener::Listener;
use spangraph_serving::protocols::ProtocolCheck;
use spangraph_serving::receiver_metrics::{ReceiverMetrics, Transport};
use spangraph_serving::tls::TlsAcceptor;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;
use tonic::transport::Server;

use super::Stop;
use super::connection::Connection;

/// What one stream may send ahead of being read: the bandwidth-delay product of a gigabit line at 8 ms.
const STREAM_WINDOW: u32 = 1024 * 1024;

/// What all streams of a connection may send ahead together.
const CONNECTION_WINDOW: u32 = 4 * 1024 * 1024;

/// A connection on which nothing came for so long is asked whether it is still there.
const PING_INTERVAL: Duration = Duration::from_secs(60);

/// A connection that does not answer that for so long is closed.
const PING_TIMEOUT: Duration = Duration::from_secs(20);

/// Pause after a failed accept, such as for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Ages vary by up to a tenth, so that connections made together do not all end together (gRFC A9).
const AGE_SPREAD: f64 = 0.1;

/// Everything that connections share.
///
/// Each connection has a clone of the server to itself. tonic gives all connections of one server the same age, and
/// with a grace it cuts them off without a word before; so it is told of an old connection as of a stop.
#[derive(Clone)]
pub(super) struct Connections {
    server: Server,
    routes: Routes,
    tls: Option<TlsAcceptor>,
    check: ProtocolCheck,
    slots: Arc<Semaphore>,
    max_age: Option<Duration>,
    grace: Duration,
    metrics: ReceiverMetrics,
    stop: Stop,
}

impl Connections {
    /// Connections under `settings`, and `tls` if any, whose requests `routes` answer, until `stop`.
    pub fn new(
        settings: &GrpcReceiverSettings,
        tls: Option<TlsAcceptor>,
        routes: Routes,
        metrics: ReceiverMetrics,
        stop: &Stop,
    ) -> Self {
        let tls_metrics = tls.is_some().then(|| metrics.tls().clone());
        let slots = settings.max_connections.clamp(1, Semaphore::MAX_PERMITS);
        Self {
            server: server(settings.max_concurrent_streams),
            routes,
            tls,
            check: ProtocolCheck::new(Listener::Grpc, metrics.mismatches().clone(), tls_metrics),
            slots: Arc::new(Semaphore::new(slots)),
            max_age: settings.max_connection_age,
            grace: settings.max_connection_age_grace,
            metrics,
            stop: stop.clone(),
        }
    }

    /// Serves whoever connects to `listener` until it is told to stop accepting; the listener closes then.
    pub async fn accept_from(self, listener: TcpListener) {
        let accepting = self.stop.accepting.clone();
        while let Some(Some((stream, slot))) = accepting.run_until_cancelled(self.accept(&listener)).await {
            let connections = self.clone();
            self.stop
                .open
                .spawn(async move { connections.serve(stream, slot).await });
        }
    }

    /// The next connection, once there is a slot for it; until then it waits in the kernel's backlog.
    async fn accept(&self, listener: &TcpListener) -> Option<(TcpStream, OwnedSemaphorePermit)> {
        let slot = Arc::clone(&self.slots).acquire_owned().await.ok()?;
        loop {
            match listener.accept().await {
                Ok((stream, _)) => return Some((stream, slot)),
                Err(error) => {
                    tracing::warn!(%error, transport = %Transport::Grpc, "cannot accept a connection");
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    async fn serve(self, stream: TcpStream, _slot: OwnedSemaphorePermit) {
        let _open = self.metrics.count_connection(Transport::Grpc);
        let accepting = &self.stop.accepting;
        let Some(Some(stream)) = accepting.run_until_cancelled(self.check.of(stream)).await else {
            return;
        };
        let Some(tls) = &self.tls else {
            return self.answer(stream).await;
        };
        let secured = accepting.run_until_cancelled(self.check.secure(tls, stream));
        if let Some(Ok(Some(stream))) = secured.await {
            self.answer(stream).await;
        }
    }

    /// Has the requests that come over `stream` answered, until it ends or grows old.
    async fn answer<T>(&self, stream: T)
    where
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let ended = CancellationToken::new();
        let connection = Connection::new(stream, ended.clone().drop_guard());
        // A stream that ends would have the server stop at once.
        let only = stream::once(ready(Ok::<_, Infallible>(connection))).chain(stream::pending());
        let age = self.max_age.map(spread);
        let server = match age {
            Some(age) => self
                .server
                .clone()
                .max_connection_age(age)
                .max_connection_age_grace(self.grace),
            None => self.server.clone(),
        };
        // The sender is told to go elsewhere, and what is under way is answered.
        let leave = async {
            tokio::select! {
                () = ended.cancelled() => {}
                () = self.stop.accepting.cancelled() => {}
                () = old_age(age) => {}
            }
        };
        let served = server.serve_with_incoming_shutdown(self.routes.clone(), only, leave);
        if let Err(error) = served.await {
            tracing::debug!(%error, transport = %Transport::Grpc, "connection broke off");
        }
    }
}

fn server(max_concurrent_streams: u32) -> Server {
    Server::builder()
        .max_concurrent_streams(max_concurrent_streams)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .http2_keepalive_interval(Some(PING_INTERVAL))
        .http2_keepalive_timeout(Some(PING_TIMEOUT))
}

fn spread(age: Duration) -> Duration {
    age.mul_f64(1.0 + AGE_SPREAD * (2.0 * fastrand::f64() - 1.0))
}

async fn old_age(age: Option<Duration>) {
    match age {
        Some(age) => sleep(age).await,
        None => std::future::pending().await,
    }
}
