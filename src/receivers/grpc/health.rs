//! The gRPC health service (`grpc.health.v1`): whether the server takes spans, for probes and load balancers.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tonic::server::NamedService;
use tonic_health::ServingStatus;
use tonic_health::pb::health_server::{Health, HealthServer};
use tonic_health::server::{HealthReporter, health_reporter};

use super::service::TraceServiceName;

/// Whether the server takes spans now.
pub type IsReady = Arc<dyn Fn() -> bool + Send + Sync>;

/// How often it is looked at: the longest time for which a probe is told what was.
const LOOK_INTERVAL: Duration = Duration::from_millis(250);

/// The whole server, and its only service.
const NAMES: [&str; 2] = ["", TraceServiceName::NAME];

/// Keeps what the health service says true.
pub(super) struct HealthWatch {
    reporter: HealthReporter,
    is_ready: IsReady,
    last: Option<bool>,
}

impl HealthWatch {
    /// A watch over `is_ready`, and the service that tells it once [`Self::look`] was called.
    pub fn new(is_ready: IsReady) -> (Self, HealthServer<impl Health>) {
        let (reporter, service) = health_reporter();
        let watch = Self {
            reporter,
            is_ready,
            last: None,
        };
        (watch, service)
    }

    /// Looks again and again until `stopping`; then says so, and ends the answers of those who watch, since a stop
    /// waits for every answer under way.
    pub async fn run(mut self, stopping: CancellationToken) {
        let mut looks = interval(LOOK_INTERVAL);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while stopping.run_until_cancelled(looks.tick()).await.is_some() {
            self.look().await;
        }
        self.report(false).await;
        for name in NAMES {
            self.reporter.clear_service_status(name).await;
        }
    }

    /// Looks once; before that tonic would say `SERVING`.
    pub async fn look(&mut self) {
        self.report((self.is_ready)()).await;
    }

    async fn report(&mut self, is_ready: bool) {
        if self.last.replace(is_ready) == Some(is_ready) {
            return;
        }
        let status = if is_ready {
            ServingStatus::Serving
        } else {
            ServingStatus::NotServing
        };
        for name in NAMES {
            self.reporter.set_service_status(name, status).await;
        }
    }
}
