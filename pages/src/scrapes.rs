//! Who takes the series from `/metrics/generated`: how often, and when last.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

/// Counts the scrapes of the generated series; clones share the counts.
#[derive(Clone, Debug, Default)]
pub struct Scrapes {
    count: Counter,
    failed: Family<FailedLabels, Counter>,
    last_unix_milliseconds: Arc<AtomicU64>,
}

/// Why a scrape was answered 503.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FailedScrape {
    /// Readers have not taken enough of the texts before.
    TooManyHeld,
    /// The tenant's aggregator did not answer in time.
    NoAnswer,
    /// What was to be shown did not come to the disk in time.
    NotDurable,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct FailedLabels {
    reason: FailedScrape,
}

impl FailedScrape {
    const ALL: [Self; 3] = [Self::TooManyHeld, Self::NoAnswer, Self::NotDurable];
}

impl EncodeLabelValue for FailedScrape {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), fmt::Error> {
        let reason = match self {
            Self::TooManyHeld => "too_many_held",
            Self::NoAnswer => "no_answer",
            Self::NotDurable => "not_durable",
        };
        reason.encode(encoder)
    }
}

impl Scrapes {
    /// Adds the counts to `registry`, under their whole names.
    pub fn register(&self, registry: &mut Registry) {
        registry.register(
            "spangraph_generated_scrapes",
            "Scrapes of /metrics/generated that were answered",
            self.count.clone(),
        );
        for reason in FailedScrape::ALL {
            // So that the first one is a rise.
            let _ = self.failed.get_or_create(&FailedLabels { reason });
        }
        registry.register(
            "spangraph_generated_scrapes_failed",
            "Scrapes of /metrics/generated that were answered 503, by reason",
            self.failed.clone(),
        );
    }

    /// Counts one that was answered at `now`.
    pub fn note(&self, now: SystemTime) {
        self.count.inc();
        self.last_unix_milliseconds
            .fetch_max(unix_milliseconds(now), Ordering::Relaxed);
    }

    /// Counts one that was answered 503.
    pub fn note_failed(&self, reason: FailedScrape) {
        self.failed.get_or_create(&FailedLabels { reason }).inc();
    }

    /// How many were answered.
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

    #[test]
    fn failed_scrapes_are_counted_by_reason_from_zero() {
        let (scrapes, mut registry) = (Scrapes::default(), Registry::default());
        scrapes.register(&mut registry);
        scrapes.note_failed(FailedScrape::TooManyHeld);
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
        for line in [
            "spangraph_generated_scrapes_failed_total{reason=\"too_many_held\"} 1",
            "spangraph_generated_scrapes_failed_total{reason=\"no_answer\"} 0",
            "spangraph_generated_scrapes_failed_total{reason=\"not_durable\"} 0",
        ] {
            assert!(text.lines().any(|written| written == line), "{line} in {text}");
        }
        assert_eq!(scrapes.count(), 0);
    }
}
