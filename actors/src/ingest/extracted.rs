//! What a walk over one request gives: half-edges, span metrics and counts.

use super::span_counts::SpanCounts;
use crate::batches::{HalfEdges, SpanUpdates};

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
