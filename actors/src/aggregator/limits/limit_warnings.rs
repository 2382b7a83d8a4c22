//! Says in the log which limit was hit, and which setting to change.

use std::collections::BTreeMap;

use spangraph_config::{Limiter, TenantId};

use super::label_limits::LabelDemand;
use crate::aggregator::registry::RegistryStats;
use crate::time::TimeShift;

/// How often one tenant's limits are in the log at most.
const PAUSE_MILLISECONDS: i64 = 60_000;

/// The limits that one tenant hit since they were last logged.
#[derive(Debug)]
pub struct LimitWarnings {
    limiter: Limiter,
    updates: u64,
    demand: usize,
    /// Labels, with the updates that their limits changed.
    labels: BTreeMap<String, u64>,
    logged: Option<i64>,
}

impl LimitWarnings {
    /// Nothing hit yet.
    pub fn new(limiter: Limiter) -> Self {
        Self {
            limiter,
            updates: 0,
            demand: 0,
            labels: BTreeMap::new(),
            logged: None,
        }
    }

    /// Changes the limit.
    pub fn set_limiter(&mut self, limiter: Limiter) {
        self.limiter = limiter;
    }

    /// Notes updates that the limit of series or label sets turned away.
    pub fn note(&mut self, stats: RegistryStats, updates: u64) {
        self.updates += updates;
        self.demand = match self.limiter {
            Limiter::Series(_) => stats.demanded_series,
            Limiter::Entities(_) => stats.demanded_label_sets,
        };
    }

    /// Notes updates that the limit of a label's values changed.
    pub fn note_label(&mut self, label: &LabelDemand, updates: u64) {
        *self.labels.entry(label.name.clone()).or_default() += updates;
    }

    /// Logs what was hit, unless that was done within the last minute.
    pub fn log(&mut self, tenant: &TenantId, now_unix_milliseconds: i64) {
        if !self.is_due(now_unix_milliseconds) {
            return;
        }
        let (setting, limit) = match self.limiter {
            Limiter::Series(most) => ("max_active_series", most),
            Limiter::Entities(most) => ("max_active_entities", most),
        };
        let (updates, demand) = (std::mem::take(&mut self.updates), self.demand);
        let labels = std::mem::take(&mut self.labels);
        tracing::warn!(
            %tenant, updates, setting, limit, demand, label_updates = ?labels,
            "a limit was hit, updates went to overflow series; raise the setting, or max_cardinality_per_label for labels"
        );
        self.logged = Some(now_unix_milliseconds);
    }

    /// Moves the time of the last warning.
    pub fn shift(&mut self, by: TimeShift) {
        self.logged.iter_mut().for_each(|logged| by.apply(logged));
    }

    fn is_due(&self, now: i64) -> bool {
        let is_hit = self.updates > 0 || !self.labels.is_empty();
        let pause = |logged| now.saturating_sub(logged) >= PAUSE_MILLISECONDS;
        is_hit && self.logged.is_none_or(pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_that_is_hit_all_the_time_is_logged_once_a_minute() {
        let mut warnings = LimitWarnings::new(Limiter::Series(5));
        assert!(!warnings.is_due(0), "nothing was hit");
        let mut logged = Vec::new();
        for second in (0..130).step_by(15) {
            warnings.note(RegistryStats::default(), 7);
            if warnings.is_due(second * 1_000) {
                logged.push((second, warnings.updates));
            }
            warnings.log(&TenantId::single(), second * 1_000);
        }
        assert_eq!(logged, [(0, 7), (60, 28), (120, 28)]);
    }
}
