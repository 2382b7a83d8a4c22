//! TLS of the listeners: handshakes with a deadline, under certificates that are renewed while requests go on.

mod material;
mod metrics;
mod renewal;

use std::io;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use rustls::ServerConfig;
use spangraph_config::TlsServerSettings;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::server::TlsStream;

pub use material::{Material, TlsError};
pub use metrics::{Handshake, Renewal, TlsMetrics};

use crate::listener::Listener;

/// How long a handshake may take; who needs longer holds a connection for nothing.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// Makes TLS connections of one listener's TCP connections; clones share certificates.
#[derive(Clone, Debug)]
pub struct TlsAcceptor {
    listener: Listener,
    current: Arc<Current>,
    metrics: TlsMetrics,
    handshake_timeout: Duration,
}

/// What new connections are made under.
#[derive(Debug)]
struct Current(RwLock<Arc<ServerConfig>>);

impl TlsAcceptor {
    /// Reads the files of `settings`, and goes on looking at them for as long as there are clones.
    ///
    /// Must be called within a Tokio runtime, which outlives the clones.
    ///
    /// # Errors
    /// When a file cannot be read, or what is in it cannot be used.
    pub fn start(
        settings: &TlsServerSettings,
        listener: Listener,
        metrics: &TlsMetrics,
    ) -> Result<Self, TlsError> {
        let material = Material::read(settings)?;
        let config = material.server_config(settings, listener)?;
        let current = Arc::new(Current(RwLock::new(Arc::new(config))));
        if let Some(interval) = settings.reload_interval {
            let renewer = renewal::Renewer::new(settings.clone(), listener, material, metrics.clone());
            tokio::spawn(renewal::run(renewer, interval, Arc::downgrade(&current)));
        }
        Ok(Self {
            listener,
            current,
            metrics: metrics.clone(),
            handshake_timeout: HANDSHAKE_TIMEOUT,
        })
    }

    /// Shakes hands with the client at the other end of `stream`, and counts how it went.
    ///
    /// # Errors
    /// When the client speaks no TLS, shows no certificate that is let in, or takes too long.
    pub async fn accept(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        let handshake = tokio_rustls::TlsAcceptor::from(self.current.get()).accept(stream);
        let accepted = timeout(self.handshake_timeout, handshake).await;
        let accepted = accepted.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
        let outcome = Handshake::of(accepted.as_ref().map(|_| ()));
        self.metrics.count_handshake(self.listener, outcome);
        if let Err(error) = &accepted {
            tracing::debug!(%error, listener = %self.listener, %outcome, "handshake failed");
        }
        accepted
    }
}

impl Current {
    fn get(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn set(&self, config: ServerConfig) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(config);
    }
}

/// Whether the files of `settings` can be used, so that wrong ones show at start and in `validate`.
///
/// # Errors
/// When a file cannot be read, or what is in it cannot be used.
pub fn check(settings: &TlsServerSettings, listener: Listener) -> Result<(), TlsError> {
    Material::read(settings)?
        .server_config(settings, listener)
        .map(drop)
}

#[cfg(test)]
mod tests;
