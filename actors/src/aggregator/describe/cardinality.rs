//! How many series a tenant has and what they come from, by one pass over its keys.

mod description;
mod key_count;
mod rankings;

use spangraph_config::Limiter;

pub use self::description::{
    CardinalityDescription, DimensionDescription, LabelDescription, LimitDescription, MetricDescription,
    ServiceSeriesDescription,
};
use self::key_count::KeyCount;
use super::bit_set::BitSet;
use crate::aggregator::registry::Registry;
use crate::aggregator::series::{FamilyTable, SeriesStore};

/// How many metrics, labels, dimensions and services are told of.
pub const MOST_RANKED: usize = 10;

impl Registry {
    /// What the series come from; the time is in milliseconds since the Unix epoch.
    ///
    /// One pass over the keys that compares numbers instead of texts: 30 to 70 ms for a million keys of 9 labels.
    /// Values are exact, what would be without a dimension is estimated.
    #[must_use]
    pub fn describe_cardinality(&self, now_unix_milliseconds: i64) -> CardinalityDescription {
        let counts = self.count_keys();
        let demand: Vec<_> = self.label_demand().collect();
        CardinalityDescription {
            labels: rankings::labels(&counts, &demand),
            limited_labels: rankings::limited_labels(demand),
            dimensions: rankings::dimensions(&counts),
            services: rankings::services(&counts),
            metrics: rankings::metrics(&self.store.families),
            ..self.describe_totals(now_unix_milliseconds)
        }
    }

    fn describe_totals(&self, now_unix_milliseconds: i64) -> CardinalityDescription {
        let stats = self.stats();
        CardinalityDescription {
            taken_unix_milliseconds: now_unix_milliseconds,
            active_series: stats.series.active,
            label_sets: stats.label_sets,
            created_series: stats.series.created,
            removed_series: stats.series.removed,
            limit: limit(&self.store),
            max_cardinality_per_label: self.store.label_limits.most(),
            limited_updates: stats.series.limited_updates,
            span_name_patterns: stats.span_name_patterns,
            ..CardinalityDescription::default()
        }
    }

    /// A label set that both layers have, or that several keys lead to, counts once.
    fn count_keys(&self) -> [KeyCount<'_>; 2] {
        let (mut seen, weights) = (BitSet::default(), series_per_row(&self.store));
        let series = |label_set| {
            let families = self.store.sets.families(label_set);
            families.map(|family| weights[family]).sum()
        };
        [self.service_graphs.key_table(), self.span_metrics.key_table()]
            .map(|table| KeyCount::of(table, &mut seen, series))
    }
}

fn limit(store: &SeriesStore) -> LimitDescription {
    let limiter = store.limits().limiter();
    LimitDescription {
        limiter,
        used: store.limits().used(),
        demanded: match limiter {
            Limiter::Series(_) => store.demanded_series(),
            Limiter::Entities(_) => store.demanded_label_sets(),
        },
    }
}

fn series_per_row(store: &SeriesStore) -> FamilyTable<usize> {
    let families = store.families.iter();
    families.map(|family| family.series_per_row()).collect()
}

#[cfg(test)]
mod tests;
