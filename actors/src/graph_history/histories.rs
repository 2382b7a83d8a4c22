//! The histories of all tenants whose graph was asked for in the last minute.

use std::sync::Arc;

use dashmap::DashMap;
use spangraph_config::TenantId;

use super::history::{History, Window};
use super::image::GraphHistoryImage;
use crate::aggregator::GraphDescription;

/// Histories by tenant. Each call holds a lock of one tenant for as long as a few descriptions are looked at.
#[derive(Debug, Default)]
pub struct GraphHistories {
    tenants: DashMap<TenantId, History>,
}

impl GraphHistories {
    /// Takes in what was told of `tenant` just now; the window up to it.
    pub fn record(&self, tenant: &TenantId, description: GraphDescription) -> Option<Window> {
        let mut history = self.tenants.entry(tenant.clone()).or_default();
        history.record(Arc::new(description));
        history.window()
    }

    /// What `tenant` has at a cut, for an epoch. To be asked while nothing is in flight: what is counted after the cut is in
    /// no reading then.
    #[must_use]
    pub fn freeze(&self, tenant: &TenantId, cut_unix_milliseconds: i64) -> GraphHistoryImage {
        let history = self.tenants.get_mut(tenant);
        let readings = history.map(|mut history| history.freeze(cut_unix_milliseconds));
        GraphHistoryImage::of(readings.unwrap_or_default())
    }

    /// Goes on with what an earlier process left of `tenant`.
    pub fn restore(&self, tenant: &TenantId, history: History) {
        if !history.is_empty() {
            self.tenants.insert(tenant.clone(), history);
        }
    }

    /// Forgets what is older than a minute, and tenants of which nothing else is kept.
    pub fn forget_old(&self, now_unix_milliseconds: i64) {
        self.tenants.retain(|_, history| {
            history.forget_old(now_unix_milliseconds);
            !history.is_empty()
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_that_nobody_asks_for_is_forgotten_after_a_minute() {
        let histories = GraphHistories::default();
        for (id, seconds) in [("a", 0), ("b", 30)] {
            let description = GraphDescription {
                taken_unix_milliseconds: seconds * 1_000,
                ..GraphDescription::default()
            };
            histories.record(&TenantId::parse(id).unwrap(), description);
        }
        histories.forget_old(70_000);
        let left: Vec<_> = histories
            .tenants
            .iter()
            .map(|kept| kept.key().to_string())
            .collect();
        assert_eq!(left, ["b"]);
    }
}
