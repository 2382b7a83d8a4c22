//! The way into the pipeline: what receivers hand over and what they are answered.

use std::future::Future;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use spangraph_config::TenantId;

use crate::gate::Permit;

/// One export request of one tenant.
#[derive(Clone, Debug)]
pub struct ExportRequest {
    /// Whose spans they are.
    pub tenant: TenantId,
    /// An encoded OTLP `ExportTraceServiceRequest`, decompressed.
    pub spans: Bytes,
    /// When the request came in.
    pub received: SystemTime,
    /// The sender asked that no processor sees the spans (`no-generate-metrics`, SPEC §1).
    pub without_metrics: bool,
}

/// What became of a request that was taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accepted {
    /// Spans that are now the pipeline's.
    pub spans: u64,
    /// Spans that were not taken because they are invalid.
    pub rejected_spans: u64,
    /// Why, when `rejected_spans` is not 0.
    pub reason: Option<String>,
}

/// Why a request was refused whole; nothing of it was applied.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The pipeline is full; the sender is to come again.
    #[error("overloaded: {what} is full, try again in {} s", retry_after.as_secs())]
    Overloaded {
        /// The bound that was reached.
        what: &'static str,
        /// When it makes sense to come again.
        retry_after: Duration,
    },
    /// The tenant has sent as much as it may; the sender is to come again.
    #[error("ingestion limit of {bytes_per_second} bytes a second is exceeded, try again in {} ms", retry_after.as_millis() + 1)]
    RateLimited {
        /// What the tenant may send in the long run.
        bytes_per_second: u64,
        /// When the request fits, if nothing else is sent until then.
        retry_after: Duration,
    },
    /// The request is larger than all that the tenant may send at once, so it never fits.
    #[error(
        "request of {bytes} bytes is larger than the {burst_bytes} bytes that the tenant may send at once, send smaller batches"
    )]
    LargerThanBurst {
        /// The request's size after decompression.
        bytes: usize,
        /// What the tenant may send at once.
        burst_bytes: u64,
    },
    /// The server is stopping.
    #[error("the server is shutting down")]
    ShuttingDown,
    /// The bytes are no `ExportTraceServiceRequest`.
    #[error("request is not a valid ExportTraceServiceRequest: {0}")]
    Malformed(String),
    /// The pipeline broke; the process is about to end.
    #[error("the pipeline has stopped working")]
    Broken,
}

/// Takes export requests; implemented by the pipeline, and by fakes in tests.
pub trait TraceSink: Clone + Send + Sync + 'static {
    /// Lets a request in before its bytes are read; they are added to the permit as they come.
    ///
    /// # Errors
    /// A [`Refusal`] when nothing more is let in.
    fn admit(&self) -> Result<Permit, Refusal>;

    /// Takes `request` whole or refuses it whole; `permit` holds the room of its bytes.
    ///
    /// # Errors
    /// A [`Refusal`] when nothing of the request was applied.
    fn export(
        &self,
        request: ExportRequest,
        permit: Permit,
    ) -> impl Future<Output = Result<Accepted, Refusal>> + Send;
}
