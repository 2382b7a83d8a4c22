//! The bounds of a queue, as its settings give them.

use std::time::Duration;

use spangraph_config::{QueueSettings, RemoteWriteEndpoint};

use super::suspicion::Retries;
use crate::batches::ChunkKind;

/// How often native histograms are tried again when no bound is set: some stores never take any.
const HISTOGRAM_RETRIES: usize = 10;

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
    /// What is taken at all.
    pub content: Content,
    /// What bounds retries.
    pub retries: Retries,
}

/// What a queue takes; everything else is passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// Seeds and samples.
    Samples,
    /// Seeds, samples and exemplars.
    SamplesAndExemplars,
    /// Native histograms.
    NativeHistograms,
}

impl Content {
    /// Whether chunks of `kind` belong to it.
    #[must_use]
    pub fn takes(self, kind: ChunkKind) -> bool {
        match kind {
            ChunkKind::Seeds | ChunkKind::Samples => self != Self::NativeHistograms,
            ChunkKind::Exemplars => self == Self::SamplesAndExemplars,
            ChunkKind::NativeHistograms => self == Self::NativeHistograms,
        }
    }
}

impl QueueLimits {
    /// The limits of the queue of `endpoint`'s samples.
    #[must_use]
    pub fn of_samples(endpoint: &RemoteWriteEndpoint) -> Self {
        let content = if endpoint.send_exemplars {
            Content::SamplesAndExemplars
        } else {
            Content::Samples
        };
        Self::new(&endpoint.queue, content)
    }

    /// The same limits for a queue of native histograms, which count as one sample each.
    #[must_use]
    pub fn for_histograms(self) -> Self {
        Self {
            content: Content::NativeHistograms,
            retries: Retries {
                most_at_content: self.retries.most.or(Some(HISTOGRAM_RETRIES)),
                ..self.retries
            },
            ..self
        }
    }

    fn new(settings: &QueueSettings, content: Content) -> Self {
        let samples = settings.capacity.saturating_mul(settings.max_shards);
        Self {
            samples: u64::try_from(samples).unwrap_or(u64::MAX),
            requests: settings.max_shards.max(1),
            samples_per_request: u64::try_from(settings.max_samples_per_send.max(1)).unwrap_or(u64::MAX),
            age: Some(settings.sample_age_limit).filter(|age| !age.is_zero()),
            content,
            retries: Retries {
                most: settings.max_retries,
                most_at_content: settings.max_retries,
                probes: true,
            },
        }
    }
}
