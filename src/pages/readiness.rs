//! Whether the server takes spans.

use std::sync::atomic::{AtomicU8, Ordering};

/// Whether the server takes spans, and if not why.
#[derive(Debug, Default)]
pub struct Readiness(AtomicU8);

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

    /// Nothing when it is ready, else the reason why not.
    #[must_use]
    pub fn obstacle(&self) -> Option<&'static str> {
        match self.0.load(Ordering::Acquire) {
            READY => None,
            STARTING => Some("the receivers are not listening yet"),
            _ => Some("the server is shutting down"),
        }
    }
}
