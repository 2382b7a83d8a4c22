//! Says in the log which limit was hit, and which setting to change.

use std::collections::BTreeMap;

use spangraph_config::{Limiter, TenantId};

use super::label_limits::LabelDemand;
use crate::aggregator::registry::RegistryStats;
use crate::time::TimeShift;

/// How often one tenant's limits are in the log at most.
const PAUSE_MILLISECONDS: i64 = 60_000;

/// The limits that one tenant hit since they were last logged, each as it was when it was last hit.
#[derive(Debug, Default)]
pub struct LimitWarnings {
    /// That of series or label sets.
    overflow: Option<Overflow>,
    labels: BTreeMap<String, LabelOverflow>,
    logged: Option<i64>,
}

/// Updates that the limit of series or label sets turned away.
#[derive(Debug)]
struct Overflow {
    limiter: Limiter,
    demand: usize,
    updates: u64,
}

/// Updates that lost a label's value.
#[derive(Debug)]
struct LabelOverflow {
    limit: usize,
    demand: usize,
    updates: u64,
}

impl LimitWarnings {
    /// Notes updates that the limit of series or label sets turned away.
    pub fn note(&mut self, limiter: Limiter, stats: RegistryStats, updates: u64) {
        if updates == 0 {
            return;
        }
        let before = self.overflow.as_ref().map_or(0, |overflow| overflow.updates);
        let demand = match limiter {
            Limiter::Series(_) => stats.demanded_series,
            Limiter::Entities(_) => stats.demanded_label_sets,
        };
        self.overflow = Some(Overflow {
            limiter,
            demand,
            updates: before + updates,
        });
    }

    /// Notes updates that the limit of a label's values changed.
    pub fn note_label(&mut self, limit: usize, label: &LabelDemand, updates: u64) {
        let before = self.labels.get(&label.name).map_or(0, |label| label.updates);
        let overflow = LabelOverflow {
            limit,
            demand: label.values,
            updates: before + updates,
        };
        self.labels.insert(label.name.clone(), overflow);
    }

    /// Logs what was hit, unless that was done within the last minute.
    pub fn log(&mut self, tenant: &TenantId, now_unix_milliseconds: i64) {
        if !self.is_due(now_unix_milliseconds) {
            return;
        }
        if let Some(overflow) = self.overflow.take() {
            overflow.log(tenant);
        }
        if let Some(limit) = self.labels.values().map(|label| label.limit).next_back() {
            log_labels(tenant, limit, &std::mem::take(&mut self.labels));
        }
        self.logged = Some(now_unix_milliseconds);
    }

    /// Moves the time of the last warning.
    pub fn shift(&mut self, by: TimeShift) {
        self.logged.iter_mut().for_each(|logged| by.apply(logged));
    }

    fn is_due(&self, now: i64) -> bool {
        let is_hit = self.overflow.is_some() || !self.labels.is_empty();
        let pause = |logged| now.saturating_sub(logged) >= PAUSE_MILLISECONDS;
        is_hit && self.logged.is_none_or(pause)
    }
}

impl Overflow {
    fn log(&self, tenant: &TenantId) {
        let (setting, limit) = match self.limiter {
            Limiter::Series(most) => ("metrics_generator.max_active_series", most),
            Limiter::Entities(most) => ("metrics_generator.max_active_entities", most),
        };
        let (demand, updates) = (self.demand, self.updates);
        tracing::warn!(
            %tenant, setting, limit, demand, updates,
            "a limit was hit, updates of what is new go to metric_overflow=\"true\"; raise the setting, or make fewer label sets"
        );
    }
}

fn log_labels(tenant: &TenantId, limit: usize, labels: &BTreeMap<String, LabelOverflow>) {
    let told = |(name, label): (&String, &LabelOverflow)| {
        format!(
            "{name} (about {} values, {} updates)",
            label.demand, label.updates
        )
    };
    let labels = labels.iter().map(told).collect::<Vec<_>>().join(", ");
    tracing::warn!(
        %tenant, setting = "metrics_generator.max_cardinality_per_label", limit, labels,
        "labels have more values than the limit, which become __cardinality_overflow__; raise the setting, or make fewer values"
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log_lines::Log;

    /// The fields of the lines that `warnings` writes at this second.
    fn logged_at(second: i64, warnings: &mut LimitWarnings) -> Vec<String> {
        let log = Log::default();
        let _logging = log.start();
        warnings.log(&TenantId::single(), second * 1_000);
        let lines = log.lines_with("tenant=single-tenant ");
        let fields = lines
            .iter()
            .filter_map(|line| line.split_once("tenant=single-tenant "));
        fields.map(|(_, fields)| fields.to_owned()).collect()
    }

    fn stats() -> RegistryStats {
        RegistryStats {
            demanded_series: 50,
            demanded_label_sets: 20,
            ..RegistryStats::default()
        }
    }

    fn label(name: &str, values: usize) -> LabelDemand {
        LabelDemand {
            name: name.to_owned(),
            values,
            is_over: true,
            limited_updates: 0,
        }
    }

    #[test]
    fn a_limit_that_is_hit_all_the_time_is_logged_once_a_minute() {
        let mut warnings = LimitWarnings::default();
        assert!(logged_at(0, &mut warnings).is_empty(), "nothing was hit");
        let mut seconds = Vec::new();
        for second in (0..130).step_by(15) {
            warnings.note(Limiter::Series(5), stats(), 7);
            let lines = logged_at(second, &mut warnings);
            seconds.extend(lines.into_iter().map(|line| (second, line)));
        }
        let line = |updates| {
            format!("setting=\"metrics_generator.max_active_series\" limit=5 demand=50 updates={updates}")
        };
        assert_eq!(seconds, [(0, line(7)), (60, line(28)), (120, line(28))]);
    }

    #[test]
    fn each_limit_is_named_by_itself_with_its_value() {
        let mut warnings = LimitWarnings::default();
        warnings.note(Limiter::Series(0), stats(), 0);
        warnings.note_label(3, &label("span_name", 10), 4);
        warnings.note_label(3, &label("client", 5), 2);
        warnings.note_label(3, &label("span_name", 11), 4);
        let labels = "setting=\"metrics_generator.max_cardinality_per_label\" limit=3 \
                      labels=\"client (about 5 values, 2 updates), span_name (about 11 values, 8 updates)\"";
        assert_eq!(logged_at(0, &mut warnings), [labels]);

        warnings.note(Limiter::Entities(9), stats(), 1);
        let entities = "setting=\"metrics_generator.max_active_entities\" limit=9 demand=20 updates=1";
        assert_eq!(logged_at(60, &mut warnings), [entities]);

        warnings.note(Limiter::Entities(9), stats(), 1);
        warnings.note_label(3, &label("client", 5), 2);
        assert_eq!(logged_at(120, &mut warnings).len(), 2);
        assert!(
            logged_at(180, &mut warnings).is_empty(),
            "what was logged is over"
        );
    }
}
