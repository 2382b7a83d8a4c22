//! How long the steps of an epoch take.

use std::time::{Duration, Instant};

/// The steps that the thread of the state does, one after the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Steps {
    /// Samples were collected from the images and encoded.
    pub collect: Duration,
    /// Blocks and samples were written.
    pub write: Duration,
    /// All of it was synced, and the commit after it.
    pub commit: Duration,
}

/// Measures steps.
#[derive(Debug)]
pub struct Stopwatch(Instant);

impl Steps {
    /// Each step with its name.
    #[must_use]
    pub fn named(self) -> [(&'static str, Duration); 3] {
        [
            ("collect", self.collect),
            ("write", self.write),
            ("commit", self.commit),
        ]
    }
}

impl Stopwatch {
    /// The first step begins.
    #[must_use]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// How long the step took that ends now, as the next one begins.
    pub fn lap(&mut self) -> Duration {
        let (begun, now) = (self.0, Instant::now());
        self.0 = now;
        now.saturating_duration_since(begun)
    }
}
