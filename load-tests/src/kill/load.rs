//! Connections that send until they are told to stop or the server is gone, and what they know of each request.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::task::JoinSet;

use super::traffic::{Attempt, Traffic};
use crate::drive::{Answer, Compression, Sender, Target, Transport, now_unix_nanoseconds};
use crate::process::Server;

/// What is refused is sent again after so long.
const PAUSE: Duration = Duration::from_millis(20);

/// A sending.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sent {
    /// What was sent.
    pub(super) attempt: Attempt,
    /// When, in microseconds since the Unix epoch.
    pub(super) sent: u64,
    /// What became of it.
    pub(super) outcome: Outcome,
}

/// What the sender of a request knows of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It was answered with success.
    Accepted {
        /// When, in microseconds since the Unix epoch.
        answered: u64,
    },
    /// It was not taken.
    Refused,
    /// No answer came.
    Unknown,
}

/// Connections that send.
#[derive(Debug)]
pub(super) struct Load {
    connections: JoinSet<Vec<Sent>>,
    stop: Arc<AtomicBool>,
}

/// Traffic that connections share.
#[derive(Clone, Debug)]
pub(super) struct SharedTraffic(Arc<Mutex<Traffic>>);

impl Load {
    /// Begins to send to `server` over so many connections.
    pub(super) fn start(server: &Server, traffic: &SharedTraffic, connections: usize) -> Self {
        let target = Target {
            endpoint: server.receiver(Transport::Grpc).to_owned(),
            transport: Transport::Grpc,
            compression: Compression::None,
            tenant: None,
        };
        let stop = Arc::new(AtomicBool::new(false));
        let connection = |_| send(target.clone(), traffic.clone(), Arc::clone(&stop));
        Self {
            connections: (0..connections).map(connection).collect(),
            stop,
        }
    }

    /// Waits for the answers to what is under way, and gives all that was sent.
    pub(super) async fn end(self) -> Vec<Sent> {
        self.stop.store(true, Ordering::Relaxed);
        self.connections.join_all().await.into_iter().flatten().collect()
    }
}

impl SharedTraffic {
    /// Shares `traffic`.
    pub(super) fn new(traffic: Traffic) -> Self {
        Self(Arc::new(Mutex::new(traffic)))
    }

    /// The traffic, for a moment.
    pub(super) fn lock(&self) -> MutexGuard<'_, Traffic> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection that breaks ends: the server was killed, or what it did is seen in the counts.
async fn send(target: Target, traffic: SharedTraffic, stop: Arc<AtomicBool>) -> Vec<Sent> {
    let mut all = Vec::new();
    let Ok(mut sender) = Sender::connect(&target).await else {
        return all;
    };
    while !stop.load(Ordering::Relaxed) {
        let sent = send_next(&mut sender, &traffic).await;
        all.push(sent);
        match sent.outcome {
            Outcome::Accepted { .. } => {}
            Outcome::Refused => tokio::time::sleep(PAUSE).await,
            Outcome::Unknown => break,
        }
    }
    all
}

async fn send_next(sender: &mut Sender, traffic: &SharedTraffic) -> Sent {
    let (attempt, request) = {
        let mut traffic = traffic.lock();
        let attempt = traffic.next();
        (attempt, traffic.request(&attempt))
    };
    let sent = now_unix_microseconds();
    let outcome = match sender.send(request).await {
        Answer::Accepted { rejected_spans: 0 } => Outcome::Accepted {
            answered: now_unix_microseconds(),
        },
        Answer::Refused { .. } => Outcome::Refused,
        // A part of a request would be no whole one.
        Answer::Accepted { .. } | Answer::Unknown { .. } => Outcome::Unknown,
    };
    if outcome == Outcome::Refused {
        traffic.lock().repeat(attempt);
    }
    Sent {
        attempt,
        sent,
        outcome,
    }
}

/// Microseconds since the Unix epoch.
pub(super) fn now_unix_microseconds() -> u64 {
    now_unix_nanoseconds() / 1_000
}
