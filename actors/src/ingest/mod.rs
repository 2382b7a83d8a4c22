//! Walks requests and turns spans into half-edges and span metrics: the extractor, and the actor that owns one
//! for each tenant.

mod actor;
mod application;
mod attribute_keys;
mod attribute_slots;
mod batch_texts;
mod database;
mod durations;
mod edge_kind;
mod extracted;
mod extractor;
mod filter;
mod graph_plan;
mod half_builder;
mod hosts;
mod ingestion;
mod multiplier;
mod plan;
mod resource;
mod resource_plan;
mod shards;
mod span_counts;
mod span_ids;
mod span_metrics;
mod span_reader;
mod text_limits;
mod time_window;
mod trace_state;
mod walk;

pub use actor::{DrainIngest, Ingest, IngestSpans};
pub use extracted::Extracted;
pub use extractor::Extractor;
pub use ingestion::{Answer, Ingestion, Submitted};
pub use shards::shard_of;
pub use span_counts::SpanCounts;
pub use span_ids::InvalidSpan;
