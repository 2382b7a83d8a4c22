//! Who takes the series from `/metrics/generated`: how often, and when last.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use prometheus_client::metrics::counter::Counter;
use prometheus_client::registry::Registry;

/// Counts the scrapes of the generated series; clones share the counts.
#[derive(Clone, Debug, Default)]
pub struct Scrapes {
    count: Counter,
    last_unix_milliseconds: Arc<AtomicU64>,
}

impl Scrapes {
    /// Adds the count to `registry`, under its whole name.
    pub fn register(&self, registry: &mut Registry) {
        registry.register(
            "spangraph_generated_scrapes",
            "Scrapes of /metrics/generated that were answered",
            self.count.clone(),
        );
    }

    /// Counts one that was answered at `now`.
    pub fn note(&self, now: SystemTime) {
        self.count.inc();
        self.last_unix_milliseconds
            .fetch_max(unix_milliseconds(now), Ordering::Relaxed);
    }

    /// How many there were.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count.get()
    }

    /// When the last one was, in milliseconds since the Unix epoch; `None` when there was none.
    #[must_use]
    pub fn last_unix_milliseconds(&self) -> Option<u64> {
        Some(self.last_unix_milliseconds.load(Ordering::Relaxed)).filter(|last| *last > 0)
    }
}

/// Milliseconds since the Unix epoch; 0 before it.
#[must_use]
pub fn unix_milliseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// How long before `now` something was that happened at `unix_milliseconds`.
#[must_use]
pub fn age(unix_milliseconds_then: u64, now: SystemTime) -> Duration {
    Duration::from_millis(unix_milliseconds(now).saturating_sub(unix_milliseconds_then))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_scrape_is_remembered() {
        let scrapes = Scrapes::default();
        assert_eq!((scrapes.count(), scrapes.last_unix_milliseconds()), (0, None));
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(7);
        scrapes.note(now);
        scrapes.note(now - Duration::from_secs(1));
        assert_eq!(
            (scrapes.count(), scrapes.last_unix_milliseconds()),
            (2, Some(7_000))
        );
        assert_eq!(age(5_000, now), Duration::from_secs(2));
    }
}
