//! Why the pipeline refuses a request, in words for its sender.

use std::time::Duration;

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
        "request of at least {bytes} bytes is larger than the {burst_bytes} bytes that the tenant may send at once, send smaller batches"
    )]
    LargerThanBurst {
        /// How many bytes the request has after decompression, as far as that is known.
        bytes: usize,
        /// What the tenant may send at once.
        burst_bytes: u64,
    },
    /// So many tenants run that no further one is started.
    #[error(
        "no further tenant is taken: {most} tenants run, as many as spangraph.admission.max_tenants allows, try again in {} s",
        retry_after.as_secs()
    )]
    TooManyTenants {
        /// How many there may be.
        most: usize,
        /// When it makes sense to look whether an idle one has left.
        retry_after: Duration,
    },
    /// The request cannot be made durable, because the log or the disk is full or fails; the sender is to come again.
    #[error("{reason}, try again in {} s", retry_after.as_secs())]
    NotLogged {
        /// What the log said.
        reason: String,
        /// When it makes sense to come again.
        retry_after: Duration,
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
