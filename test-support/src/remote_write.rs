//! Prometheus remote write 1.0: its messages, written by hand from its specification, and the bodies that carry them.
//!
//! Nothing here comes from spangraph's own `.proto` file or encoding, so that both are checked by what is read here.

mod body;
mod buckets;
mod label_set;
mod messages;

pub use self::body::{BodyError, MAX_PLAIN_BYTES};
pub use self::buckets::MalformedBuckets;
pub use self::label_set::MalformedLabels;
pub use self::messages::{
    BucketSpan, Count, Exemplar, Histogram, Label, MetricMetadata, MetricType, ResetHint, Sample, TimeSeries,
    WriteRequest, ZeroCount,
};

/// The bits of the value that ends a series: Prometheus' staleness marker, one of many NaNs.
pub const STALE_MARKER_BITS: u64 = 0x7ff0_0000_0000_0002;

#[cfg(test)]
mod tests;
