//! The pipeline: ingest actors feed matchers, matchers feed aggregators, a timer drives them, writers send.

pub mod activity;
pub mod aggregator;
pub mod arbiter_ring;
mod column;
pub mod compressed;
pub mod dimensions;
pub mod edge;
pub mod fault;
pub mod gate;
pub mod half_edge;
pub mod ingest;
pub mod ingestion_limit;
pub mod intake;
mod label_names;
pub mod lifeline;
pub mod mailbox;
pub mod matcher;
pub mod metrics;
pub mod moment;
pub mod pipeline;
pub mod refusal;
pub mod samples;
pub mod span_updates;
pub mod tenants;
pub mod texts;
pub mod timer;
pub mod writer;
