//! The pipeline: ingest actors feed matchers, matchers feed aggregators, a timer drives them, writers send.

pub mod activity;
pub mod admission;
pub mod aggregator;
pub mod batches;
pub mod durability;
pub mod graph_history;
pub mod ingest;
mod label_names;
#[cfg(test)]
mod log_lines;
pub mod matcher;
pub mod metrics;
pub mod pipeline;
pub mod supervision;
mod tables;
pub mod tenants;
pub mod time;
pub mod timer;
pub mod writer;
