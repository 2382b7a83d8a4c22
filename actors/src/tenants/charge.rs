//! What a request takes of the bytes that its tenant may send, until it is accepted or refused.

use std::sync::Arc;

use spangraph_config::{IngestionLimit, TenantSettings};

use super::Tenant;
use crate::admission::{ROOM_ON_TRUST, Refusal, Shortage};
use crate::time::Stamp;

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
    pub fn charge(self: &Arc<Self>, bytes: usize, now: Stamp) -> Result<Charge, Refusal> {
        self.charge_some(bytes, bytes, now)
    }

    /// As [`Self::charge`], for `bytes` that were only announced: on trust not more than [`ROOM_ON_TRUST`] are taken of
    /// them, so that promises keep nobody else from sending.
    ///
    /// # Errors
    /// As [`Self::charge`], when not all of them are there.
    pub fn charge_on_trust(self: &Arc<Self>, bytes: usize, now: Stamp) -> Result<Charge, Refusal> {
        self.charge_some(bytes.min(ROOM_ON_TRUST), bytes, now)
    }

    fn charge_some(self: &Arc<Self>, some: usize, bytes: usize, now: Stamp) -> Result<Charge, Refusal> {
        if let Some(limit) = self.profile.settings.ingestion.limit() {
            let taken = self
                .handles
                .ingestion
                .with(|bucket| bucket.take_some(some, bytes, limit, now));
            taken.map_err(|shortage| self.limited(shortage, bytes, limit))?;
        }
        Ok(Charge {
            tenant: Arc::clone(self),
            bytes: some,
            is_settled: false,
        })
    }

    fn limited(&self, shortage: Shortage, bytes: usize, limit: IngestionLimit) -> Refusal {
        self.count_limited(shortage);
        shortage.refusal(bytes, limit)
    }

    fn count_limited(&self, shortage: Shortage) {
        let counted = &self.handles.metrics.requests_limited;
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

    /// Takes more, or puts some back, so that it is `bytes` in all: the request's, now that they are known.
    ///
    /// # Errors
    /// As [`Tenant::charge`], when the rest is not there.
    pub fn resize(mut self, bytes: usize, now: Stamp) -> Result<Self, Refusal> {
        let tenant = Arc::clone(&self.tenant);
        if let Some(limit) = tenant.profile.settings.ingestion.limit() {
            let resized = tenant.handles.ingestion.with(|bucket| {
                if exceeds_burst(bytes, limit) {
                    return Err(Shortage::Ever);
                }
                if let Some(fewer) = self.bytes.checked_sub(bytes) {
                    bucket.put_back(fewer, limit);
                    return Ok(());
                }
                bucket.take(bytes - self.bytes, limit, now)
            });
            resized.map_err(|shortage| tenant.limited(shortage, bytes, limit))?;
        }
        self.bytes = bytes;
        Ok(self)
    }

    /// How many bytes the request may have: more can its tenant never send at once.
    #[must_use]
    pub fn most_bytes(&self) -> usize {
        most_bytes(&self.tenant.profile.settings)
    }

    /// What a request with more bytes than that is refused with; it is counted.
    #[must_use]
    pub fn exceeded(self) -> Refusal {
        self.tenant.count_limited(Shortage::Ever);
        exceeded(self.most_bytes())
    }

    /// The request was accepted: its bytes are counted as received.
    pub fn settle(mut self) {
        let bytes = u64::try_from(self.bytes).unwrap_or(u64::MAX);
        self.tenant.handles.metrics.bytes_received.inc_by(bytes);
        self.is_settled = true;
    }
}

/// How many bytes a tenant with `settings` may ever send at once.
pub(super) fn most_bytes(settings: &TenantSettings) -> usize {
    let limit = settings.ingestion.limit();
    limit.map_or(usize::MAX, |limit| {
        usize::try_from(limit.burst_bytes).unwrap_or(usize::MAX)
    })
}

/// The refusal of a request of which nothing but that it has more than `most` bytes is known.
pub(super) fn exceeded(most: usize) -> Refusal {
    Refusal::LargerThanBurst {
        bytes: most.saturating_add(1),
        burst_bytes: u64::try_from(most).unwrap_or(u64::MAX),
    }
}

/// Whether `bytes` are more than may ever be sent at once.
fn exceeds_burst(bytes: usize, limit: IngestionLimit) -> bool {
    u64::try_from(bytes).unwrap_or(u64::MAX) > limit.burst_bytes
}

impl Drop for Charge {
    fn drop(&mut self) {
        let limit = self.tenant.profile.settings.ingestion.limit();
        if let Some(limit) = limit.filter(|_| !self.is_settled) {
            self.tenant
                .handles
                .ingestion
                .with(|bucket| bucket.put_back(self.bytes, limit));
        }
    }
}
