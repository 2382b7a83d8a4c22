//! Stops the parts in order: receivers, then the pipeline from head to tail, then the pages.

use std::time::{Duration, Instant};

use actix_rt::time::timeout;
use spangraph_actors::pipeline::NamedArbiter;
use spangraph_actors::supervision::fault;

use super::PAGES_STOP;
use super::deadlines::StopDeadlines;
use super::parts::Parts;
use super::watch::Stage;

/// How long a receiver's threads may take to end once its requests are cut off.
const RECEIVERS_END: Duration = Duration::from_secs(2);

impl Parts {
    /// Stops everything by its deadline and tells the `stage` how far it is; whether all that was accepted was written.
    pub async fn drain(&mut self, deadlines: &StopDeadlines, stage: &Stage) -> bool {
        self.foundation.readiness.set_stopping();
        self.foundation.reloader.abort();
        stage.enter("receivers");
        fault::point("stop");
        self.stop_receivers(deadlines.received).await;
        stage.enter("pipeline");
        let report = self.foundation.pipeline.drain(deadlines.of_pipeline()).await;
        stage.log_stuck();
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
        stage.enter("pages");
        drop(self.sampling.take());
        self.stop_listening().await;
        report.steps_failed.is_empty() && report.samples_lost == 0
    }

    /// The actors' threads, to be joined outside of any future.
    pub fn into_arbiters(self) -> Vec<NamedArbiter> {
        self.foundation.pipeline.into_arbiters()
    }

    async fn stop_receivers(&mut self, deadline: Instant) {
        let patience = deadline.saturating_duration_since(Instant::now());
        let (grpc, http) = (self.grpc.take(), &self.http);
        let stop_grpc = async {
            if let Some(grpc) = grpc {
                grpc.stop(patience).await;
            }
        };
        let settle_http = async {
            if let Some(http) = http {
                http.settle(patience).await;
            }
        };
        let stopped = futures_util::future::join(stop_grpc, settle_http);
        if timeout(patience + RECEIVERS_END, stopped).await.is_err() {
            tracing::error!("a receiver's threads do not end");
        }
    }

    /// Ends what told of the stop until now: pages, and OTLP over HTTP with 503.
    async fn stop_listening(&mut self) {
        let http = self.http.take();
        let stop_http = async {
            if let Some(http) = http {
                http.stop(PAGES_STOP).await;
            }
        };
        let stop_pages = timeout(PAGES_STOP, self.pages.stop(true));
        let _ = futures_util::future::join(stop_http, stop_pages).await;
    }
}
