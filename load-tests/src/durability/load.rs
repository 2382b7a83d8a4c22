//! Sends rounds to a server: at a rate for some seconds, or until enough of them came.

use std::sync::Arc;

use anyhow::ensure;

use crate::drive::{Compression, DriveReport, Driven, Limits, Target, Transport, drive};
use crate::process::Server;
use crate::traffic::Round;

/// Each with one request at a time.
const CONNECTIONS: usize = 32;
/// Sendings without a rate end by their number of spans; this is only for when a server hangs.
const SLOWEST_SECONDS: f64 = 600.0;

/// Sends what has ids of its own each time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Load {
    seed: u64,
}

impl Load {
    /// Ids follow from `seed`.
    pub(super) fn new(seed: u64) -> Self {
        Self { seed }
    }

    /// Sends `round` again and again for `seconds`, `rate` spans a second.
    ///
    /// # Errors
    /// When the server is not there, or does not take all of it.
    pub(super) async fn at_rate(
        &mut self,
        server: &Server,
        round: &Arc<Round>,
        (rate, seconds): (f64, f64),
    ) -> anyhow::Result<DriveReport> {
        let limits = Limits {
            spans: u64::MAX,
            seconds,
            rate: Some(rate),
            ..limits()
        };
        self.send(server, round, limits).await
    }

    /// Sends as much of `round` as is taken over so many connections, for `seconds`.
    ///
    /// # Errors
    /// As [`Self::at_rate`].
    pub(super) async fn full(
        &mut self,
        server: &Server,
        round: &Arc<Round>,
        (connections, seconds): (usize, f64),
    ) -> anyhow::Result<DriveReport> {
        let limits = Limits {
            spans: u64::MAX,
            seconds,
            connections,
            ..limits()
        };
        self.send(server, round, limits).await
    }

    /// Sends at least so many `spans` of `round`, as fast as they are taken.
    ///
    /// # Errors
    /// As [`Self::at_rate`].
    pub(super) async fn at_once(
        &mut self,
        server: &Server,
        round: &Arc<Round>,
        spans: u64,
    ) -> anyhow::Result<DriveReport> {
        let limits = Limits { spans, ..limits() };
        self.send(server, round, limits).await
    }

    async fn send(
        &mut self,
        server: &Server,
        round: &Arc<Round>,
        limits: Limits,
    ) -> anyhow::Result<DriveReport> {
        let target = Target {
            endpoint: server.receiver(Transport::Grpc).to_owned(),
            transport: Transport::Grpc,
            compression: Compression::None,
            tenant: None,
        };
        // No two sendings share ids.
        self.seed = self.seed.wrapping_add(1);
        let Driven { report, .. } = drive(round, &target, &limits, self.seed).await?;
        let untaken = report.refused_requests() + report.unknown_requests();
        ensure!(untaken == 0, "requests were not taken: {report:?}");
        Ok(report)
    }
}

fn limits() -> Limits {
    Limits {
        spans: 0,
        seconds: SLOWEST_SECONDS,
        rate: None,
        connections: CONNECTIONS,
        in_flight: None,
        late_by: 0.0,
    }
}
