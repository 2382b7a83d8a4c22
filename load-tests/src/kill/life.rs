//! One life of the server under load, from its start to its end.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use spangraph_test_support::exposition::Scrape;
use tokio::time::{sleep, timeout};

use super::load::{Load, Sent, SharedTraffic, now_unix_microseconds};
use crate::drive::get;
use crate::process::{Server, ServerOptions};

/// A life that is to end at a given time.
pub(super) struct Life {
    server: Server,
    born: Instant,
    lifetime: Duration,
}

/// What was known when it ended.
#[derive(Debug, Default)]
pub(super) struct Death {
    /// When the load began, and when the process was killed, in microseconds since the Unix epoch; none when it was
    /// killed before it took anything.
    pub(super) loaded: Option<(u64, u64)>,
    /// What it was sent.
    pub(super) sent: Vec<Sent>,
}

impl Life {
    /// Begins; the process is to live for `lifetime`.
    ///
    /// # Errors
    /// When it cannot be started.
    pub(super) fn begin(options: &ServerOptions, lifetime: Duration) -> anyhow::Result<Self> {
        Ok(Self {
            server: Server::launch(options)?,
            born: Instant::now(),
            lifetime,
        })
    }

    /// Whether it became ready in its time.
    ///
    /// # Errors
    /// When it ended by itself, or is never ready.
    pub(super) async fn is_ready(&mut self) -> anyhow::Result<bool> {
        match timeout(self.left(), self.server.wait_until_ready()).await {
            Ok(ready) => ready.map(|()| true),
            Err(_) => Ok(false),
        }
    }

    /// From now on it is to live for so long.
    pub(super) fn live_for(&mut self, lifetime: Duration) {
        (self.born, self.lifetime) = (Instant::now(), lifetime);
    }

    /// What it shows of its counters.
    ///
    /// # Errors
    /// When it does not.
    pub(super) async fn shown(&self) -> anyhow::Result<Scrape> {
        let page = get(self.server.pages(), "/metrics/generated").await;
        Ok(Scrape::parse(
            &page.context("a server that was ready shows nothing")?,
        )?)
    }

    /// Sends to it for the rest of its time, and kills it.
    ///
    /// # Errors
    /// When it ended by itself.
    pub(super) async fn load_and_kill(
        self,
        traffic: &SharedTraffic,
        connections: usize,
    ) -> anyhow::Result<Death> {
        let began = now_unix_microseconds();
        let load = Load::start(&self.server, traffic, connections);
        sleep(self.left()).await;
        let killed = now_unix_microseconds();
        self.server.kill().await?;
        Ok(Death {
            loaded: Some((began, killed)),
            sent: load.end().await,
        })
    }

    /// Kills it, before it took anything.
    ///
    /// # Errors
    /// When it ended by itself.
    pub(super) async fn kill(self) -> anyhow::Result<Death> {
        self.server.kill().await?;
        Ok(Death::default())
    }

    /// Sends to it for the rest of its time, and lets it live.
    pub(super) async fn load(&self, traffic: &SharedTraffic, connections: usize) -> Vec<Sent> {
        let load = Load::start(&self.server, traffic, connections);
        sleep(self.left()).await;
        load.end().await
    }

    /// Stops it in order.
    ///
    /// # Errors
    /// When it ended by itself, or not in order.
    pub(super) async fn stop(self) -> anyhow::Result<()> {
        self.server.stop().await
    }

    /// How long it is still to live.
    pub(super) fn left(&self) -> Duration {
        self.lifetime.saturating_sub(self.born.elapsed())
    }
}
