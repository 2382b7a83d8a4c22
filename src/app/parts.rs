//! The parts of a running server, started so that nothing comes in before everything behind it stands.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use actix_rt::task::JoinHandle;
use actix_web::dev::ServerHandle;
use spangraph_actors::pipeline::Pipeline;
use spangraph_actors::supervision::Lifelines;
use spangraph_pages::Readiness;
use spangraph_pages::loading::{LiveConfig, ReloadHandle};
use spangraph_pages::sampling::Sampling;
use spangraph_serving::open_listeners::ListenAddresses;

use super::announcement::{Addresses, Secure};
use super::foundation::Foundation;
use super::watch::Watched;
use crate::configuration::Loaded;
use crate::receivers::{GrpcReceiver, HttpReceiver};

/// Everything that runs.
pub struct Parts {
    pub(super) pipeline: Pipeline,
    pub(super) grpc: Option<GrpcReceiver>,
    pub(super) http: Option<HttpReceiver>,
    pub(super) pages: ServerHandle,
    pub(super) readiness: Arc<Readiness>,
    pub(super) sampling: Option<Sampling>,
    pub(super) reloader: JoinHandle<()>,
    reload: ReloadHandle,
    live: Arc<LiveConfig>,
    addresses: Addresses,
    multitenancy_enabled: bool,
    demo_may_send: bool,
}

impl Parts {
    /// Starts the pipeline, then the pages, then the receivers.
    ///
    /// # Errors
    /// When an address cannot be listened on.
    pub fn start(loaded: Loaded, file: Option<PathBuf>, lifelines: Lifelines) -> anyhow::Result<Self> {
        let foundation = Foundation::lay(loaded, file, lifelines)?;
        let (history, sampling) = foundation.start_sampling();
        let (pages, pages_address) = foundation.start_pages(history)?;
        let intake = foundation.intake()?;
        let grpc = foundation.start_grpc(&intake)?;
        let http = foundation.start_http(&intake)?;
        let listen = ListenAddresses {
            grpc: grpc.as_ref().map(GrpcReceiver::local_address),
            http: http.as_ref().map(HttpReceiver::local_address),
            pages: pages_address,
        };
        foundation.tell_of_listeners(listen);
        foundation.readiness.set_ready();
        let settings = foundation.settings;
        Ok(Self {
            pipeline: foundation.pipeline,
            grpc,
            http,
            pages,
            readiness: foundation.readiness,
            sampling: Some(sampling),
            reloader: foundation.reloader,
            reload: foundation.reload,
            live: foundation.live,
            addresses: Addresses {
                listen,
                secure: Secure::of(&settings),
            },
            multitenancy_enabled: settings.multitenancy_enabled,
            demo_may_send: settings.authentication.receivers.is_empty(),
        })
    }

    /// Where it listens.
    pub fn addresses(&self) -> Addresses {
        self.addresses
    }

    /// Where the demo sends to: it speaks plain text and has no credentials.
    pub fn demo_address(&self) -> Option<SocketAddr> {
        let is_open = self.demo_may_send && !self.addresses.secure.grpc;
        self.addresses.listen.grpc.filter(|_| is_open)
    }

    /// What is to be seen of it as it stops.
    pub fn watched(&self) -> Watched {
        Watched {
            live: Arc::clone(&self.live),
            pipeline: self.pipeline.view(),
        }
    }

    /// What loads the configuration again.
    pub fn reload_handle(&self) -> ReloadHandle {
        self.reload.clone()
    }

    /// The tenant that the demo sends as, when it needs one.
    pub fn demo_tenant(&self) -> Option<String> {
        self.multitenancy_enabled.then(|| "demo".to_owned())
    }
}
