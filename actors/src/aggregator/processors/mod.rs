//! What batches do to series: the families that edges and spans update, and the names that spans have in them.

mod service_graphs;
mod span_metrics;
mod span_name_patterns;
mod span_names;
mod targets;

pub use service_graphs::ServiceGraphs;
pub use span_metrics::{KeyPlaces, SpanMetrics, relabel_updates};
pub use span_name_patterns::SpanNamePatterns;
pub use span_names::{FrozenSpanNames, MOST_NAME_BYTES, SpanNames, SpanNamesFlaw};
pub use targets::Targets;
