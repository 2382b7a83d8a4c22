//! Stops the parts in order: receivers, then the pipeline from head to tail, then the pages.

use std::time::Duration;

use actix_rt::Arbiter;
use actix_rt::time::timeout;

use super::PAGES_STOP;
use super::parts::Parts;

/// How long requests under way may take once nothing new is let in.
const RECEIVERS_STOP: Duration = Duration::from_secs(5);

impl Parts {
    /// Stops everything; whether all that was accepted was written.
    pub async fn drain(&mut self) -> bool {
        self.readiness.set_stopping();
        self.reloader.abort();
        self.stop_receivers().await;
        let report = self.pipeline.drain().await;
        for step in &report.steps_failed {
            tracing::error!(step, "could not be drained");
        }
        if report.edges_lost > 0 {
            tracing::info!(
                edges = report.edges_lost,
                "edges still waited for a half and are given up"
            );
        }
        if report.samples_lost > 0 {
            tracing::error!(
                samples = report.samples_lost,
                "samples were not taken by an endpoint in time"
            );
        }
        drop(self.sampling.take());
        let _ = timeout(PAGES_STOP, self.pages.stop(true)).await;
        report.steps_failed.is_empty() && report.samples_lost == 0
    }

    /// The actors' threads, to be joined outside of any future.
    pub fn into_arbiters(self) -> Vec<Arbiter> {
        self.pipeline.into_arbiters()
    }

    async fn stop_receivers(&mut self) {
        let (grpc, http) = (self.grpc.take(), self.http.take());
        let stop_grpc = async {
            if let Some(grpc) = grpc {
                grpc.stop(RECEIVERS_STOP).await;
            }
        };
        let stop_http = async {
            if let Some(http) = http {
                http.stop(RECEIVERS_STOP).await;
            }
        };
        futures_util::future::join(stop_grpc, stop_http).await;
    }
}
