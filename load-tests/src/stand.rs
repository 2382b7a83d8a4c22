//! A started server that is sent whole rounds of traffic, and what it says and uses.

use std::sync::Arc;
use std::time::Duration;

use anyhow::ensure;
use serde_json::json;
use spangraph_test_support::exposition::Scrape;

use crate::drive::{Compression, DriveReport, Driven, Limits, Target, Transport, drive};
use crate::process::{Server, ServerOptions, Usage, lay_over};
use crate::traffic::Round;

/// Sendings end by their number of spans; this is only for when a server hangs.
const SLOWEST_SECONDS: f64 = 600.0;
/// Each with one request at a time.
const CONNECTIONS: usize = 4;
/// Series are counted when they would be collected; nobody wants them here, so that is all that is done.
const COLLECTION_INTERVAL: Duration = Duration::from_secs(5);
/// What a server may still do after its last answer.
const SETTLE: Duration = Duration::from_millis(500);

/// A server, which is ended when this is let go, and how often it was sent something.
#[derive(Debug)]
pub(crate) struct Stand {
    server: Server,
    seed: u64,
}

impl Stand {
    /// Starts the server; `seed` makes ids.
    ///
    /// # Errors
    /// When it does not start.
    pub(crate) async fn start(options: &ServerOptions, seed: u64) -> anyhow::Result<Self> {
        let interval = format!("{}s", COLLECTION_INTERVAL.as_secs());
        let mut settings = json!({ "overrides": { "defaults": { "metrics_generator": { "collection_interval": interval } } } });
        if let Some(over) = &options.settings {
            lay_over(&mut settings, over);
        }
        let options = ServerOptions {
            settings: Some(settings),
            ..options.clone()
        };
        let server = Server::start(&options).await?;
        Ok(Self { server, seed })
    }

    /// The server.
    pub(crate) fn server(&self) -> &Server {
        &self.server
    }

    /// What it has used, once it is at rest.
    ///
    /// # Errors
    /// When it has ended.
    pub(crate) async fn usage(&self) -> anyhow::Result<Usage> {
        tokio::time::sleep(SETTLE).await;
        Usage::of(self.server.pid())
    }

    /// Its own metrics, once everything is counted in them.
    ///
    /// # Errors
    /// When they cannot be had or read.
    pub(crate) async fn own_metrics(&self) -> anyhow::Result<Scrape> {
        tokio::time::sleep(COLLECTION_INTERVAL + SETTLE).await;
        self.server.own_metrics().await
    }

    /// Sends `round` again and again, at least so many spans as fast as they are taken; some may be refused.
    ///
    /// # Errors
    /// When the server is not there, or it is not known what became of a request.
    pub(crate) async fn send(&mut self, round: &Arc<Round>, spans: u64) -> anyhow::Result<DriveReport> {
        let limits = Limits {
            spans,
            seconds: SLOWEST_SECONDS,
            rate: None,
            connections: CONNECTIONS,
            in_flight: None,
            late_by: 0.0,
        };
        let target = Target {
            endpoint: self.server.receiver(Transport::Grpc).to_owned(),
            transport: Transport::Grpc,
            compression: Compression::None,
            tenant: None,
        };
        // No two sendings share ids.
        self.seed = self.seed.wrapping_add(1);
        let Driven { report, .. } = drive(round, &target, &limits, self.seed).await?;
        ensure!(report.unknown_requests() == 0, "answers are missing: {report:?}");
        Ok(report)
    }
}
