//! When tenants were removed, so that no series of one that comes back begins before it ended.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use spangraph_config::TenantId;

use crate::moment::Moment;

/// How long a removal is remembered, in milliseconds. No series is seeded more than 61 s before it is collected.
const REMEMBERED: i64 = 120_000;

/// The tenants that were removed in the last two minutes.
#[derive(Debug)]
pub(super) struct FormerTenants {
    began: i64,
    removed: Mutex<HashMap<TenantId, i64>>,
}

impl FormerTenants {
    /// None yet; the process began at `now`.
    pub(super) fn new(now: Moment) -> Self {
        Self {
            began: now.unix_milliseconds(),
            removed: Mutex::default(),
        }
    }

    /// Notes that `tenant` is removed: all its samples are of `now` or earlier.
    pub(super) fn note(&self, tenant: &TenantId, now: Moment) {
        let now = now.unix_milliseconds();
        let mut removed = self.removed.lock().unwrap_or_else(PoisonError::into_inner);
        removed.retain(|_, removed| now.saturating_sub(*removed) < REMEMBERED);
        removed.insert(tenant.clone(), now);
    }

    /// When the series of `tenant` can begin at the earliest, in milliseconds since the Unix epoch: when the process began,
    /// or when the tenant was last removed.
    pub(super) fn seeds_from(&self, tenant: &TenantId) -> i64 {
        let removed = self.removed.lock().unwrap_or_else(PoisonError::into_inner);
        removed.get(tenant).copied().unwrap_or(self.began)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    fn at(unix_milliseconds: u64) -> Moment {
        Moment {
            steady: Instant::now(),
            unix_nanoseconds: unix_milliseconds * 1_000_000,
        }
    }

    #[test]
    fn a_tenant_begins_with_the_process_or_where_it_was_removed() {
        let (former, id) = (FormerTenants::new(at(5)), |id| TenantId::parse(id).unwrap());
        assert_eq!(former.seeds_from(&id("a")), 5);
        former.note(&id("a"), at(7));
        former.note(&id("a"), at(9));
        assert_eq!((former.seeds_from(&id("a")), former.seeds_from(&id("b"))), (9, 5));
    }

    #[test]
    fn removals_are_remembered_while_they_can_matter() {
        let (former, id) = (FormerTenants::new(at(5)), |id| TenantId::parse(id).unwrap());
        former.note(&id("a"), at(10));
        former.note(&id("b"), at(120_009));
        assert_eq!(former.seeds_from(&id("a")), 10);
        former.note(&id("b"), at(120_010));
        assert_eq!(
            (former.seeds_from(&id("a")), former.seeds_from(&id("b"))),
            (5, 120_010)
        );
        assert_eq!(former.removed.lock().unwrap().len(), 1);
    }
}
