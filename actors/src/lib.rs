//! The pipeline: ingest actors feed matchers, matchers feed aggregators, a timer drives them, writers send.

pub mod aggregator;
pub mod edge;
pub mod half_edge;
pub mod ingest;
pub mod intake;
pub mod matcher;
pub mod samples;
pub mod texts;
pub mod writer;
