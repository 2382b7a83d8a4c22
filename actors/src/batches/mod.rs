//! What actors hand on to each other: half-edges, edges, updates of span metrics, encoded samples, and what these consist of.

mod compressed;
mod dimensions;
mod edge;
mod half_edge;
mod latency;
mod samples;
mod span_updates;
mod texts;

pub use compressed::{Compressed, Compressor, join_compressed};
pub use dimensions::Relayout;
pub use edge::{Edge, Edges};
pub use half_edge::{CallKey, Connection, EdgeKind, HalfEdge, HalfEdges, Side};
pub use latency::{Latency, seconds_between};
pub use samples::{Chunk, ChunkKind, Collected, LANES, SeriesEnd};
pub use span_updates::{
    FIXED_SPAN_LABELS, HostInfo, SpanEntry, SpanObservation, SpanUpdates, TargetInfo, UpdateSpanMetrics,
};
pub use texts::{TextError, TextId, Texts};
