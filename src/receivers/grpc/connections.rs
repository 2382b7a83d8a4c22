//! Accepts connections, so many at one time, and lets them get only so old.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use spangraph_actors::intake::TraceSink;
use spangraph_config::GrpcReceiverSettings;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};

use super::Stop;
use super::service::ExportService;
use crate::receivers::metrics::Transport;
use crate::tls::TlsAcceptor;

/// What one stream may send ahead of being read: the bandwidth-delay product of a gigabit line at 8 ms.
const STREAM_WINDOW: u32 = 1024 * 1024;

/// What all streams of a connection may send ahead together.
const CONNECTION_WINDOW: u32 = 4 * 1024 * 1024;

/// A connection on which nothing came for so long is asked whether it is still there.
const PING_INTERVAL: Duration = Duration::from_secs(60);

/// A connection that does not answer that for so long is closed.
const PING_TIMEOUT: Duration = Duration::from_secs(20);

/// A connection that does not say anything for so long after it was made is closed.
const FIRST_BYTE_TIMEOUT: Duration = Duration::from_secs(10);

/// Pause after a failed accept, such as for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Ages vary by up to a tenth, so that connections made together do not all end together.
const AGE_SPREAD: f64 = 0.1;

/// Everything that connections share.
#[derive(Clone)]
pub(super) struct Connections<S> {
    service: Arc<ExportService<S>>,
    protocol: http2::Builder<TokioExecutor>,
    tls: Option<TlsAcceptor>,
    slots: Arc<Semaphore>,
    max_age: Option<Duration>,
    grace: Duration,
    stop: Stop,
}

impl<S: TraceSink> Connections<S> {
    /// Connections under `settings`, and `tls` if any, whose requests `service` answers, until `stop`.
    pub fn new(
        settings: &GrpcReceiverSettings,
        tls: Option<TlsAcceptor>,
        service: ExportService<S>,
        stop: &Stop,
    ) -> Self {
        let slots = settings.max_connections.clamp(1, Semaphore::MAX_PERMITS);
        Self {
            service: Arc::new(service),
            protocol: protocol(settings.max_concurrent_streams),
            tls,
            slots: Arc::new(Semaphore::new(slots)),
            max_age: settings.max_connection_age,
            grace: settings.max_connection_age_grace,
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
        let _open = self.service.count_connection();
        if !self.has_spoken(&stream).await {
            return;
        }
        let Some(tls) = &self.tls else {
            return self.answer(stream).await;
        };
        let handshake = self.stop.accepting.run_until_cancelled(tls.accept(stream));
        if let Some(Ok(stream)) = handshake.await {
            self.answer(stream).await;
        }
    }

    /// Answers the requests that come over `stream`, until it ends or grows old.
    async fn answer(&self, stream: impl AsyncRead + AsyncWrite + Unpin) {
        let service = service_fn(|request| {
            let service = Arc::clone(&self.service);
            async move { Ok::<_, Infallible>(service.answer(request).await) }
        });
        let mut connection = pin!(self.protocol.serve_connection(TokioIo::new(stream), service));
        let limit = tokio::select! {
            outcome = connection.as_mut() => return log_broken(outcome),
            () = self.stop.accepting.cancelled() => None,
            () = old_age(self.max_age) => Some(self.grace),
        };
        // The sender is told to go elsewhere, and what is under way is answered.
        connection.as_mut().graceful_shutdown();
        log_broken(within(limit, connection).await);
    }

    /// Whether the other side sent anything, so that silent connections do not hold slots.
    async fn has_spoken(&self, stream: &TcpStream) -> bool {
        let _ = stream.set_nodelay(true);
        let first_byte = timeout(FIRST_BYTE_TIMEOUT, stream.readable());
        matches!(
            self.stop.accepting.run_until_cancelled(first_byte).await,
            Some(Ok(Ok(())))
        )
    }
}

fn protocol(max_concurrent_streams: u32) -> http2::Builder<TokioExecutor> {
    let mut protocol = http2::Builder::new(TokioExecutor::new());
    protocol
        .timer(TokioTimer::new())
        .max_concurrent_streams(max_concurrent_streams)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .keep_alive_interval(PING_INTERVAL)
        .keep_alive_timeout(PING_TIMEOUT);
    protocol
}

async fn old_age(max_age: Option<Duration>) {
    match max_age {
        Some(age) => sleep(age.mul_f64(1.0 + AGE_SPREAD * (2.0 * fastrand::f64() - 1.0))).await,
        None => std::future::pending().await,
    }
}

async fn within(
    limit: Option<Duration>,
    closing: impl Future<Output = hyper::Result<()>>,
) -> hyper::Result<()> {
    match limit {
        Some(limit) => timeout(limit, closing).await.unwrap_or(Ok(())),
        None => closing.await,
    }
}

fn log_broken(outcome: hyper::Result<()>) {
    if let Err(error) = outcome {
        tracing::debug!(%error, transport = %Transport::Grpc, "connection broke off");
    }
}
