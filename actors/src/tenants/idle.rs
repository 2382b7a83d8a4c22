//! Tenants that give their memory back when they have been idle for as long as it takes series to become stale.

use std::sync::atomic::{AtomicI64, Ordering, fence};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use dashmap::Entry;
use spangraph_config::TenantId;

use super::{LeavingWriter, Tenant, TenantHandles, Tenants};
use crate::metrics::PipelineTotals;
use crate::time::{PipelineTime, Stamp};

/// When something was last used: as if the clock had never been shifted, so that stamps of any era go side by side.
#[derive(Debug)]
pub(super) struct LastUse {
    unshifted_milliseconds: AtomicI64,
}

impl LastUse {
    pub(super) fn at(now: Stamp) -> Self {
        Self {
            unshifted_milliseconds: AtomicI64::new(now.unshifted().unix_milliseconds()),
        }
    }

    fn note(&self, now: Stamp) {
        let now = now.unshifted().unix_milliseconds();
        self.unshifted_milliseconds.fetch_max(now, Ordering::Relaxed);
    }

    fn ago(&self, now: Stamp) -> Duration {
        let last = self.unshifted_milliseconds.load(Ordering::Relaxed);
        now.unshifted().since(PipelineTime::from_unix_milliseconds(last))
    }
}

impl TenantHandles {
    /// Notes that something of it came or went on, so that it is not idle.
    pub fn note_use(&self, now: Stamp) {
        self.used.note(now);
    }
}

impl Tenant {
    /// Nothing came, nothing waits, no series is held: for as long as it takes series to become stale.
    fn is_idle(&self, now: Stamp) -> bool {
        self.handles.used.ago(now) >= self.profile.settings.registry.stale_duration
            && self.handles.metrics.active_series.get() == 0
            && self.handles.budgets.pending.taken() == 0
            && self.handles.budgets.markers.taken() == 0
    }
}

impl Tenants {
    /// Removes the tenants that are idle at `now`, and their metrics; their actors are to be ended.
    ///
    /// A request under way holds its tenant, and everything that came of it holds the tenant's profile until it was
    /// counted. As a tenant is handed out and removed under the same lock, one that nobody else holds can be removed, and the next
    /// request starts it anew.
    pub fn remove_idle(&self, now: Stamp) -> Vec<Arc<Tenant>> {
        let idle = self.known.iter().filter(|tenant| tenant.is_idle(now));
        let idle: Vec<_> = idle.map(|tenant| tenant.profile.id.clone()).collect();
        idle.iter().filter_map(|id| self.remove_one(id, now)).collect()
    }

    /// What the tenants that are gone had counted; of what is held now they have nothing.
    #[must_use]
    pub fn departed(&self) -> PipelineTotals {
        *self.departed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn remove_one(&self, id: &TenantId, now: Stamp) -> Option<Arc<Tenant>> {
        let Entry::Occupied(entry) = self.known.entry(id.clone()) else {
            return None;
        };
        let tenant = entry.get();
        if tenant.is_held() || !tenant.is_idle(now) || !self.is_sent(tenant) {
            return None;
        }
        self.former.note(id, now.time);
        self.forget_metrics(tenant);
        let tenant = entry.remove();
        self.places.free();
        let leaving: Vec<_> = tenant.leaving_writers().collect();
        self.note_leaving(&leaving);
        tracing::info!(tenant = %id, "tenant was idle and is removed");
        Some(tenant)
    }

    /// Whether no endpoint still has samples to send.
    fn is_sent(&self, tenant: &Tenant) -> bool {
        let queued = |name: &str| self.factory.writer_metrics.queued(&tenant.profile.id, name);
        tenant
            .endpoints
            .iter()
            .all(|endpoint| queued(&endpoint.name) == 0)
    }

    fn forget_metrics(&self, tenant: &Tenant) {
        let mut departed = self.departed.lock().unwrap_or_else(PoisonError::into_inner);
        tenant.add_to(&mut departed);
        departed.pending_edges = 0;
        departed.active_series = 0;
        self.factory
            .metrics
            .forget(&tenant.profile.id, &tenant.handles.metrics);
        for endpoint in &tenant.endpoints {
            self.factory
                .writer_metrics
                .forget(&tenant.profile.id, &endpoint.name);
        }
    }
}

impl Tenant {
    /// Whether somebody has it, its profile or its handles, besides those who know it by its id.
    ///
    /// Who has it can hand on a profile and let it go: the fence lets no profile that was handed on before go unseen.
    fn is_held(self: &Arc<Self>) -> bool {
        if Arc::strong_count(self) > 1 {
            return true;
        }
        fence(Ordering::Acquire);
        Arc::strong_count(&self.profile) > 1 || Arc::strong_count(&self.handles) > 1
    }

    /// Its writers, on their way out.
    pub(crate) fn leaving_writers(&self) -> impl Iterator<Item = LeavingWriter> {
        let writers = self.endpoints.iter().zip(&self.writers);
        writers.map(|(endpoint, writer)| LeavingWriter {
            tenant: self.profile.id.clone(),
            writer: Arc::new(writer.clone()),
            endpoint: endpoint.clone(),
            deadline: self.profile.settings.remote_write_flush_deadline,
        })
    }
}
