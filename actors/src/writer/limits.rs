//! The bounds of a queue, as its settings give them.

use std::time::Duration;

use spangraph_config::QueueSettings;

/// Bounds of a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueLimits {
    /// The most samples that wait or are under way; one collection always fits (see [`LaneQueue::enqueue`]).
    pub samples: u64,
    /// The most requests under way, at least 1.
    pub requests: usize,
    /// The most samples in a request, at least 1; a series that alone has more travels alone.
    pub samples_per_request: u64,
    /// Samples older than this are dropped.
    pub age: Option<Duration>,
    /// Whether exemplars are taken at all.
    pub exemplars: bool,
}

impl QueueLimits {
    /// The limits that `settings` describe.
    #[must_use]
    pub fn new(settings: &QueueSettings, exemplars: bool) -> Self {
        let samples = settings.capacity.saturating_mul(settings.max_shards);
        Self {
            samples: u64::try_from(samples).unwrap_or(u64::MAX),
            requests: settings.max_shards.max(1),
            samples_per_request: u64::try_from(settings.max_samples_per_send.max(1)).unwrap_or(u64::MAX),
            age: Some(settings.sample_age_limit).filter(|age| !age.is_zero()),
            exemplars,
        }
    }
}
