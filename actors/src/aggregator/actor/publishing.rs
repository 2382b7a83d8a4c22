//! What an aggregator tells of its series by metrics.

use super::Aggregator;

impl Aggregator {
    pub(super) fn publish(&mut self) {
        let stats = self.registry.stats();
        let (now, before) = (stats.series, self.counted.series);
        let metrics = &self.metrics;
        metrics.active_series.set(signed(now.active));
        metrics.active_entities.set(signed(stats.label_sets));
        metrics.span_name_patterns.set(signed(stats.span_name_patterns));
        metrics.demanded_series.set(signed(stats.demanded_series));
        metrics.demanded_entities.set(signed(stats.demanded_label_sets));
        metrics
            .limited_updates
            .inc_by(now.limited_updates - before.limited_updates);
        metrics.series_created.inc_by(now.created - before.created);
        metrics.series_removed.inc_by(now.removed - before.removed);
        let limiter = self.settings.registry.limiter;
        self.warnings
            .note(limiter, stats, now.limited_updates - before.limited_updates);
        self.counted = stats;
    }

    pub(super) fn publish_labels(&mut self) {
        for label in self.registry.label_demand() {
            let labels = &self.metrics.labels;
            labels.demanded_values(&label.name).set(signed(label.values));
            let before = self.label_updates.get(&label.name).copied().unwrap_or(0);
            let limited = label.limited_updates - before;
            if limited > 0 {
                labels.limited_updates(&label.name).inc_by(limited);
                let most = self.settings.registry.max_cardinality_per_label;
                self.warnings.note_label(most, &label, limited);
                self.label_updates.insert(label.name, label.limited_updates);
            }
        }
    }
}

fn signed(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
