//! The parts of a running server, started so that nothing comes in before everything behind it stands.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use actix_web::dev::ServerHandle;
use spangraph_actors::pipeline::ReplayReport;
use spangraph_actors::supervision::Lifelines;
use spangraph_pages::loading::ReloadHandle;
use spangraph_pages::sampling::Sampling;
use spangraph_serving::open_listeners::ListenAddresses;

use super::announcement::{Addresses, Secure};
use super::foundation::Foundation;
use super::state;
use super::watch::Watched;
use crate::configuration::Loaded;
use crate::receivers::{self, GrpcReceiver, HttpReceiver};

/// Everything that runs.
pub struct Parts {
    pub(super) foundation: Foundation,
    pub(super) grpc: Option<GrpcReceiver>,
    pub(super) http: Option<HttpReceiver>,
    pub(super) pages: ServerHandle,
    pub(super) sampling: Option<Sampling>,
    addresses: Addresses,
}

impl Parts {
    /// Reads what an earlier process left, while the address of the pages says so. Then starts the pipeline and the pages;
    /// nothing is taken yet.
    ///
    /// # Errors
    /// When an address cannot be listened on, or what an earlier process left cannot be gone on with.
    pub async fn start(loaded: Loaded, file: Option<PathBuf>, lifelines: Lifelines) -> anyhow::Result<Self> {
        let settings = loaded.config.server();
        let listener = spangraph_pages::listen(&settings)?;
        let left = state::read(&settings, &listener).await?;
        let foundation = Foundation::lay(loaded, file, left, lifelines)?;
        let (history, sampling) = foundation.start_sampling();
        let (pages, pages_address) = foundation.start_pages(listener, history)?;
        let listen = ListenAddresses {
            grpc: None,
            http: None,
            pages: pages_address,
        };
        let secure = Secure::of(&foundation.settings);
        Ok(Self {
            foundation,
            grpc: None,
            http: None,
            pages,
            sampling: Some(sampling),
            addresses: Addresses { listen, secure },
        })
    }

    /// Applies what an earlier process answered and did not keep in an epoch.
    pub async fn replay(&mut self) {
        let report = self.foundation.pipeline.replay(receivers::unpacking()).await;
        if report == ReplayReport::default() {
            return;
        }
        tracing::info!(
            requests = report.requests,
            losses = report.losses,
            milliseconds = report.took.as_millis(),
            "replayed what was answered since the last epoch"
        );
        if !report.passed_over.is_zero() {
            tracing::warn!(
                seconds = report.passed_over.as_secs(),
                "a part of the past is older than spangraph.durability.max_backfill: the first sample after it holds its sum"
            );
        }
    }

    /// Starts the receivers.
    ///
    /// # Errors
    /// When an address cannot be listened on.
    pub fn open(&mut self) -> anyhow::Result<()> {
        let intake = self.foundation.intake()?;
        self.grpc = self.foundation.start_grpc(&intake)?;
        self.http = self.foundation.start_http(&intake)?;
        let listen = &mut self.addresses.listen;
        listen.grpc = self.grpc.as_ref().map(GrpcReceiver::local_address);
        listen.http = self.http.as_ref().map(HttpReceiver::local_address);
        self.foundation.tell_of_listeners(*listen);
        self.foundation.readiness.set_ready();
        Ok(())
    }

    /// Where it listens.
    pub fn addresses(&self) -> Addresses {
        self.addresses
    }

    /// Where the demo sends to: it speaks plain text and has no credentials.
    pub fn demo_address(&self) -> Option<SocketAddr> {
        let asks_nobody = self.foundation.settings.authentication.receivers.is_empty();
        let is_open = asks_nobody && !self.addresses.secure.grpc;
        self.addresses.listen.grpc.filter(|_| is_open)
    }

    /// What is to be seen of it as it stops.
    pub fn watched(&self) -> Watched {
        Watched {
            live: Arc::clone(&self.foundation.live),
            pipeline: self.foundation.pipeline.view(),
        }
    }

    /// What loads the configuration again.
    pub fn reload_handle(&self) -> ReloadHandle {
        self.foundation.reload.clone()
    }

    /// The tenant that the demo sends as, when it needs one.
    pub fn demo_tenant(&self) -> Option<String> {
        let multitenancy_enabled = self.foundation.settings.multitenancy_enabled;
        multitenancy_enabled.then(|| "demo".to_owned())
    }
}
