//! Native histograms, each with its exemplars in one series.

use spangraph_proto::remote_write::put_native_histogram;

use super::Writing;
use crate::aggregator::series::{FamilyId, SeriesStore, Values};

impl SeriesStore {
    /// Writes a native histogram that was begun.
    pub(super) fn write_native(&mut self, id: FamilyId, row: usize, writing: &mut Writing) {
        let family = &mut self.families[id];
        let head = family.heads.first(row);
        let Values::Histogram {
            native: Some(native), ..
        } = &mut family.values
        else {
            return;
        };
        if !head.sent {
            return;
        }
        writing.field.clear();
        let buckets = native.histogram(row).buckets();
        put_native_histogram(&mut writing.field, native.point(row, writing.now), buckets);
        let mut exemplars = 0;
        for exemplar in native.take_exemplars(row) {
            writing.put_exemplar(&self.trace_id_label_name, &exemplar);
            exemplars += 1;
        }
        let set = self.sets.get(head.label_set);
        let labels = set.labels.series(family.labels.plain());
        writing
            .lanes
            .put_with_exemplars(set.lane, &labels, &writing.field, exemplars);
    }
}
