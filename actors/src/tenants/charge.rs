//! What a request takes of the bytes that its tenant may send, until it is accepted or refused.

use std::sync::Arc;
use std::time::Instant;

use super::Tenant;
use crate::ingestion_limit::Shortage;
use crate::refusal::Refusal;

/// Bytes that a request took of what its tenant may send.
///
/// They are put back when this is dropped: the request was refused, or its sender went away before it was handled.
#[derive(Debug)]
pub struct Charge {
    tenant: Arc<Tenant>,
    bytes: usize,
    is_settled: bool,
}

impl Tenant {
    /// Takes `bytes` of what the tenant may send at `now`.
    ///
    /// # Errors
    /// [`Refusal::RateLimited`] or [`Refusal::LargerThanBurst`], which are counted.
    pub fn charge(self: &Arc<Self>, bytes: usize, now: Instant) -> Result<Charge, Refusal> {
        if let Some(limit) = self.settings.ingestion.limit() {
            let taken = self.ingestion.with(|bucket| bucket.take(bytes, limit, now));
            taken.map_err(|shortage| {
                self.count_limited(shortage);
                shortage.refusal(bytes, limit)
            })?;
        }
        Ok(Charge {
            tenant: Arc::clone(self),
            bytes,
            is_settled: false,
        })
    }

    fn count_limited(&self, shortage: Shortage) {
        let counted = &self.metrics.requests_limited;
        match shortage {
            Shortage::Now(_) => counted.rate_limited.inc(),
            Shortage::Ever => counted.larger_than_burst.inc(),
        };
    }
}

impl Charge {
    /// Whose bytes they are.
    #[must_use]
    pub fn tenant(&self) -> &Arc<Tenant> {
        &self.tenant
    }

    /// The request was accepted: its bytes are counted as received.
    pub fn settle(mut self) {
        let bytes = u64::try_from(self.bytes).unwrap_or(u64::MAX);
        self.tenant.metrics.bytes_received.inc_by(bytes);
        self.is_settled = true;
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        let limit = self.tenant.settings.ingestion.limit();
        if let Some(limit) = limit.filter(|_| !self.is_settled) {
            self.tenant
                .ingestion
                .with(|bucket| bucket.put_back(self.bytes, limit));
        }
    }
}
