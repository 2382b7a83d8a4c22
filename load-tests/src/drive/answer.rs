//! How a request was answered, and how long that took.

use std::time::{Duration, Instant};

use bytes::Bytes;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use prost::Message as _;

/// How a request was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Accepted but for so many spans.
    Accepted { rejected_spans: u64 },
    /// Refused; nothing of it was taken.
    Refused { code: String, says_when_to_retry: bool },
    /// Nobody knows whether it was taken.
    Unknown { reason: String },
}

/// When a request was to be sent, and how long its answer took from then on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimedAnswer {
    /// When it was due, or sent when there is no rate.
    pub due: Instant,
    /// How long after that it was answered.
    pub latency: Duration,
}

impl Answer {
    /// The answer with this body.
    pub(super) fn accepted(body: Bytes) -> Self {
        let response = ExportTraceServiceResponse::decode(body).unwrap_or_default();
        let rejected = response
            .partial_success
            .map_or(0, |partial| partial.rejected_spans);
        Self::Accepted {
            rejected_spans: u64::try_from(rejected).unwrap_or_default(),
        }
    }

    /// What could not be sent, or whose answer did not come.
    pub(super) fn unknown(error: impl std::fmt::Display) -> Self {
        Self::Unknown {
            reason: error.to_string(),
        }
    }
}
