//! What is counted for an edge and for a label set of span metrics.

use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;

/// The upper bounds of the latencies of service graphs by default, in seconds.
const EDGE_BOUNDS: [f64; 8] = [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8];

/// What tells edges apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EdgeKey {
    /// The calling service.
    pub client: String,
    /// The called service.
    pub server: String,
    /// The label `connection_type`, empty for plain calls.
    pub connection_type: String,
}

/// What is counted of an edge.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EdgeSums {
    /// Calls.
    pub calls: u64,
    /// Calls that failed.
    pub failed: u64,
    /// Latencies as the caller saw them.
    pub client: Latencies,
    /// Latencies as the called one saw them.
    pub server: Latencies,
}

/// A histogram with the default bounds of service graphs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Latencies {
    /// Their sum in seconds.
    pub seconds: f64,
    /// For each of the bounds, how many are not above it.
    pub buckets: [u64; EDGE_BOUNDS.len()],
}

/// What tells label sets of span metrics apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpanSet {
    /// The service.
    pub service: String,
    /// The span's name.
    pub span_name: String,
    /// As `SPAN_KIND_CLIENT`.
    pub span_kind: &'static str,
    /// As `STATUS_CODE_ERROR`.
    pub status_code: &'static str,
}

/// What is counted of a label set.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SpanSums {
    /// Spans.
    pub calls: u64,
    /// Their encoded bytes.
    pub bytes: u64,
    /// The sum of their latencies in seconds.
    pub seconds: f64,
}

impl EdgeSums {
    /// Adds `times` as much as `other`.
    pub(super) fn add(&mut self, other: &Self, times: u64) {
        self.calls += times * other.calls;
        self.failed += times * other.failed;
        self.client.add(&other.client, times);
        self.server.add(&other.server, times);
    }
}

impl Latencies {
    /// One call of this latency.
    pub(super) fn of(seconds: f64) -> Self {
        Self {
            seconds,
            buckets: EDGE_BOUNDS.map(|bound| u64::from(seconds <= bound)),
        }
    }

    /// The bounds of the buckets with their counts.
    pub fn by_bound(&self) -> impl Iterator<Item = (f64, u64)> {
        EDGE_BOUNDS.into_iter().zip(self.buckets)
    }

    fn add(&mut self, other: &Self, times: u64) {
        self.seconds += times as f64 * other.seconds;
        for (own, more) in self.buckets.iter_mut().zip(other.buckets) {
            *own += times * more;
        }
    }
}

impl SpanSet {
    /// The label set of a span.
    pub(in crate::traffic) fn of(service: &str, span: &Span) -> Self {
        let status = span
            .status
            .as_ref()
            .map(|status| status.code())
            .unwrap_or_default();
        Self {
            service: service.to_owned(),
            span_name: span.name.clone(),
            span_kind: span.kind().as_str_name(),
            status_code: status.as_str_name(),
        }
    }
}

impl SpanSums {
    /// Adds one span.
    pub(in crate::traffic) fn add_span(&mut self, span: &Span) {
        self.calls += 1;
        self.bytes += span.encoded_len() as u64 + missing_status(span);
        self.seconds += seconds(span);
    }

    /// Adds `times` as much as `other`.
    pub(super) fn add(&mut self, other: Self, times: u64) {
        self.calls += times * other.calls;
        self.bytes += times * other.bytes;
        self.seconds += times as f64 * other.seconds;
    }
}

/// The bytes of an empty status, which a span without one counts beyond its own.
fn missing_status(span: &Span) -> u64 {
    if span.status.is_some() { 0 } else { 2 }
}

/// How long a span took, in seconds.
pub(super) fn seconds(span: &Span) -> f64 {
    span.end_time_unix_nano.wrapping_sub(span.start_time_unix_nano) as f64 / 1e9
}
