//! Whether the server takes spans.

use std::sync::atomic::{AtomicU8, Ordering};

/// Whether the server takes spans, and if not why.
#[derive(Debug, Default)]
pub struct Readiness(AtomicU8);

/// Where the server is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The receivers are not listening yet.
    Starting,
    /// It takes spans.
    Running,
    /// It is asked to stop.
    Stopping,
}

const STARTING: u8 = 0;
const READY: u8 = 1;

impl Readiness {
    /// The receivers listen.
    pub fn set_ready(&self) {
        self.0.store(READY, Ordering::Release);
    }

    /// The server is asked to stop.
    pub fn set_stopping(&self) {
        self.0.store(READY + 1, Ordering::Release);
    }

    /// Where the server is in its life.
    #[must_use]
    pub fn phase(&self) -> Phase {
        match self.0.load(Ordering::Acquire) {
            READY => Phase::Running,
            STARTING => Phase::Starting,
            _ => Phase::Stopping,
        }
    }

    /// Nothing when it is ready, else the reason why not.
    #[must_use]
    pub fn obstacle(&self) -> Option<&'static str> {
        match self.phase() {
            Phase::Running => None,
            Phase::Starting => Some("the receivers are not listening yet"),
            Phase::Stopping => Some("the server is shutting down"),
        }
    }
}

impl Phase {
    /// The phase in a word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Stopping => "stopping",
        }
    }
}
