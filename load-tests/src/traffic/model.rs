//! What must come of traffic: edges, halves that stay alone, and span metrics, by the requests that were accepted.

mod call;
mod expected;
mod sums;

pub(super) use call::{Call, Half};
pub use expected::Expected;
pub use sums::{EdgeKey, EdgeSums, Latencies, SpanSet, SpanSums};
