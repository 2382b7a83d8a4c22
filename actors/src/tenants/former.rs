//! When tenants were removed, so that no series of one that comes back begins before it ended.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use spangraph_config::TenantId;

use crate::time::PipelineTime;

/// How long a removal is remembered. No series is seeded more than 61 s before it is collected.
const REMEMBERED: Duration = Duration::from_secs(120);

/// The tenants that were removed in the last two minutes.
#[derive(Debug)]
pub(super) struct FormerTenants {
    began: PipelineTime,
    removed: Mutex<HashMap<TenantId, PipelineTime>>,
}

impl FormerTenants {
    /// None yet; the process began at `now`.
    pub(super) fn new(now: PipelineTime) -> Self {
        Self {
            began: now,
            removed: Mutex::default(),
        }
    }

    /// Notes that `tenant` is removed: all its samples are of `now` or earlier.
    pub(super) fn note(&self, tenant: &TenantId, now: PipelineTime) {
        let mut removed = self.removed.lock().unwrap_or_else(PoisonError::into_inner);
        removed.retain(|_, removed| now.since(*removed) < REMEMBERED);
        removed.insert(tenant.clone(), now);
    }

    /// When the series of `tenant` can begin at the earliest: when the process began, or when the tenant was last removed.
    pub(super) fn seeds_from(&self, tenant: &TenantId) -> PipelineTime {
        let removed = self.removed.lock().unwrap_or_else(PoisonError::into_inner);
        removed.get(tenant).copied().unwrap_or(self.began)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(unix_milliseconds: i64) -> PipelineTime {
        PipelineTime::from_unix_milliseconds(unix_milliseconds)
    }

    #[test]
    fn a_tenant_begins_with_the_process_or_where_it_was_removed() {
        let (former, id) = (FormerTenants::new(at(5)), |id| TenantId::parse(id).unwrap());
        assert_eq!(former.seeds_from(&id("a")), at(5));
        former.note(&id("a"), at(7));
        former.note(&id("a"), at(9));
        assert_eq!(
            (former.seeds_from(&id("a")), former.seeds_from(&id("b"))),
            (at(9), at(5))
        );
    }

    #[test]
    fn removals_are_remembered_while_they_can_matter() {
        let (former, id) = (FormerTenants::new(at(5)), |id| TenantId::parse(id).unwrap());
        former.note(&id("a"), at(10));
        former.note(&id("b"), at(120_009));
        assert_eq!(former.seeds_from(&id("a")), at(10));
        former.note(&id("b"), at(120_010));
        assert_eq!(
            (former.seeds_from(&id("a")), former.seeds_from(&id("b"))),
            (at(5), at(120_010))
        );
        assert_eq!(former.removed.lock().unwrap().len(), 1);
    }
}
