//! The exemplars of classic histograms.

use super::Writing;
use crate::aggregator::series::{FamilyId, SeriesStore, Values};

impl SeriesStore {
    /// Writes the last exemplar of every bucket of a series that got one since the last collection. A series that was
    /// not sent yet keeps its own.
    pub(super) fn write_exemplars(&mut self, id: FamilyId, row: usize, writing: &mut Writing) {
        let family = &mut self.families[id];
        let head = family.heads.first(row);
        let Values::Histogram {
            classic: Some(classic),
            ..
        } = &mut family.values
        else {
            return;
        };
        if !head.sent {
            return;
        }
        let buckets = family.labels.buckets();
        for ((name, bound), exemplar) in buckets.zip(classic.exemplars_mut(row)) {
            if exemplar.take_pending() {
                writing.field.clear();
                writing.put_exemplar(&self.trace_id_label_name, exemplar);
                let set = self.sets.get(head.label_set);
                writing
                    .lanes
                    .put(set.lane, &set.labels.bucket(name, bound), &writing.field);
            }
        }
    }
}
