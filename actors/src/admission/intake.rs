//! The way into the pipeline: what receivers hand over and what they are answered.

use std::future::Future;

use bytes::Bytes;
use spangraph_config::TenantId;

use super::refusal::Refusal;
use super::room::Room;

/// One export request of one tenant.
#[derive(Clone, Debug)]
pub struct ExportRequest {
    /// Whose spans they are.
    pub tenant: TenantId,
    /// An encoded OTLP `ExportTraceServiceRequest`, decompressed.
    pub spans: Bytes,
    /// The sender asked that no processor sees the spans (`no-generate-metrics`, SPEC §1).
    pub without_metrics: bool,
    /// The body as it came, when it is to be [logged](TraceSink::logs).
    pub as_received: Option<AsReceived>,
}

/// A body as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AsReceived {
    /// Its bytes.
    pub body: Bytes,
    /// How it is encoded and compressed, as the receivers number that.
    pub packing: u32,
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

/// Takes export requests; implemented by the pipeline, and by fakes in tests.
pub trait TraceSink: Clone + Send + Sync + 'static {
    /// Whether requests are logged, so that bodies are to be kept as they came.
    fn logs(&self) -> bool;

    /// Lets a request in before its bytes are read; they are added to its room as they come.
    ///
    /// # Errors
    /// A [`Refusal`] when nothing more is let in.
    fn admit(&self) -> Result<Room, Refusal>;

    /// What a request takes of the bytes that its tenant may send; given back when it is dropped before the request is
    /// accepted.
    type Charge: Send + 'static;

    /// Charges `tenant` for `bytes` bytes, which a request has at the least, before they are read.
    ///
    /// # Errors
    /// A [`Refusal`] when the tenant may not send as much now.
    fn charge(&self, tenant: &TenantId, bytes: usize) -> Result<Self::Charge, Refusal>;

    /// The same charge, now that the request has at the least `bytes` bytes.
    ///
    /// # Errors
    /// As [`Self::charge`].
    fn recharge(&self, charge: Self::Charge, bytes: usize) -> Result<Self::Charge, Refusal>;

    /// How many bytes the request may have: more can its tenant never send at once.
    fn most_bytes(&self, charge: &Self::Charge) -> usize;

    /// What a request with more than [`Self::most_bytes`] is refused with; it is counted as refused.
    fn exceeded(&self, charge: Self::Charge) -> Refusal;

    /// Takes `request` whole or refuses it whole; `room` is that of its bytes, and `charge` was taken for its
    /// tenant. All of both is given back with a refusal, and when the returned future is dropped before the request is
    /// handled.
    ///
    /// # Errors
    /// A [`Refusal`] when nothing of the request was applied.
    fn export(
        &self,
        request: ExportRequest,
        room: Room,
        charge: Self::Charge,
    ) -> impl Future<Output = Result<Accepted, Refusal>> + Send;
}
