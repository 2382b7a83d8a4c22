//! Turns encoded requests of one tenant into half-edges and span metrics.

use spangraph_config::TenantSettings;
use spangraph_proto::wire::DecodeError;

use super::plan::Plan;
use super::span_counts::SpanCounts;
use super::walk::Walk;
use crate::half_edge::HalfEdges;
use crate::span_updates::SpanUpdates;

/// A tenant's settings, compiled to walk its requests.
#[derive(Debug)]
pub struct Extractor {
    plan: Plan,
    shards: usize,
}

/// What one request gave.
#[derive(Clone, Debug)]
pub struct Extracted {
    /// The half-edges of each matcher shard, empty batches included.
    pub shards: Vec<HalfEdges>,
    /// The span metrics, targets and hosts; empty when their processors are off.
    pub span_updates: SpanUpdates,
    /// What became of the spans.
    pub counts: SpanCounts,
}

impl Extracted {
    /// The bytes of all its texts.
    #[must_use]
    pub fn text_bytes(&self) -> usize {
        self.span_updates.texts.text_bytes()
    }
}

impl Extractor {
    /// Compiles `settings`; half-edges are split over `shards` matcher shards, at least one.
    #[must_use]
    pub fn new(settings: &TenantSettings, shards: usize) -> Self {
        Self {
            plan: Plan::compile(settings),
            shards,
        }
    }

    /// Walks one encoded `ExportTraceServiceRequest`, once.
    ///
    /// # Errors
    /// When the request is malformed; nothing of it is given out then.
    pub fn extract(&self, request: &[u8], now_unix_nanoseconds: u64) -> Result<Extracted, DecodeError> {
        Walk::new(&self.plan, self.shards, request.len(), now_unix_nanoseconds).run(request)
    }
}

#[cfg(test)]
mod tests;
