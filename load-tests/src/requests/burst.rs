//! Sends bodies over some connections for a while.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tokio::task::JoinSet;

use super::bodies::Bodies;
use super::connection::{Connection, Outcome};

/// How long bodies are sent, and how fast.
#[derive(Clone, Copy, Debug)]
pub(super) struct Burst {
    pub(super) duration: Duration,
    /// Requests a second on all connections; without it each sends the next as soon as the last is answered.
    pub(super) rate: Option<f64>,
}

/// What was sent.
#[derive(Clone, Debug, Default)]
pub(super) struct Sent {
    /// Requests that were accepted.
    pub(super) requests: u64,
    /// Spans in them.
    pub(super) spans: u64,
    /// Requests that were refused.
    pub(super) refused: u64,
    /// From when each was due until it was accepted.
    pub(super) latencies: Vec<Duration>,
    /// How long it took.
    pub(super) elapsed: Duration,
}

struct Shared {
    bodies: Arc<Bodies>,
    burst: Burst,
    began: Instant,
    begun: AtomicU64,
}

/// Sends `bodies` over all `connections`.
///
/// # Errors
/// When an answer is a failure that is no refusal, or does not come.
pub(super) async fn send(
    connections: &mut Vec<Connection>,
    bodies: &Arc<Bodies>,
    burst: Burst,
) -> anyhow::Result<Sent> {
    let shared = Arc::new(Shared {
        bodies: Arc::clone(bodies),
        burst,
        began: Instant::now(),
        begun: AtomicU64::new(0),
    });
    let workers = connections
        .drain(..)
        .map(|connection| work(Arc::clone(&shared), connection));
    let mut workers: JoinSet<_> = workers.collect();
    let mut all = Sent::default();
    while let Some(worker) = workers.join_next().await {
        let (connection, sent) = worker.context("a connection's task failed")??;
        connections.push(connection);
        all.add(sent);
    }
    all.elapsed = shared.began.elapsed();
    Ok(all)
}

async fn work(shared: Arc<Shared>, mut connection: Connection) -> anyhow::Result<(Connection, Sent)> {
    let mut sent = Sent::default();
    loop {
        let due = shared.due();
        if due.saturating_duration_since(shared.began) >= shared.burst.duration {
            return Ok((connection, sent));
        }
        if shared.burst.rate.is_some() {
            tokio::time::sleep_until(due.into()).await;
        }
        let body = shared.bodies.next().context("there is nothing to send")?;
        match connection.send(body.bytes).await? {
            Outcome::Accepted => {
                sent.requests += 1;
                sent.spans += body.spans;
                sent.latencies.push(due.elapsed());
            }
            Outcome::Refused => sent.refused += 1,
        }
    }
}

impl Shared {
    /// When the next request is due.
    fn due(&self) -> Instant {
        match self.burst.rate {
            None => Instant::now(),
            Some(rate) => {
                let number = self.begun.fetch_add(1, Ordering::Relaxed);
                let after = Duration::try_from_secs_f64(number as f64 / rate).unwrap_or(Duration::MAX);
                // Beyond what a clock can show the burst is over.
                self.began
                    .checked_add(after)
                    .unwrap_or(self.began + self.burst.duration)
            }
        }
    }
}

impl Sent {
    fn add(&mut self, other: Self) {
        self.requests += other.requests;
        self.spans += other.spans;
        self.refused += other.refused;
        self.latencies.extend(other.latencies);
    }
}
