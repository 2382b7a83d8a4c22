//! What a collection writes of a store, live or frozen: reading alone, so that both are written by the same lines.

use spangraph_proto::remote_write::{
    STALE_MARKER_BITS, SampleField, put_native_histogram, put_stale_native_histogram,
};

use super::{EndedSeries, Writing};
use crate::aggregator::histograms::NativeHistograms;
use crate::aggregator::labels::LabelSet;
use crate::aggregator::series::{Family, FamilyId, FamilyTable, SeriesHead, Tombstones, Values};
use crate::tables::Column;

/// The series of a store, and what else a collection needs to know.
#[derive(Clone, Copy, Debug)]
pub struct SeriesView<'s> {
    /// The series.
    pub families: &'s FamilyTable<Family>,
    /// Their label sets, at the places that their numbers say.
    pub sets: &'s Column<LabelSet>,
    /// When removed series were last sent.
    pub tombstones: &'s Tombstones,
    /// The label of an exemplar; `None` when nobody wants any.
    pub exemplar_label: Option<&'s str>,
}

impl<'s> SeriesView<'s> {
    /// Begins a series that was never sent with a 0 in the past, if it is of a kind that has one.
    pub fn write_seed(&self, id: FamilyId, row: usize, writing: &mut Writing) {
        let family = &self.families[id];
        let head = family.heads.first(row);
        if head.born != writing.collection || !family.is_seeded() {
            return;
        }
        let set = self.set_of(head);
        if let Some(time) = self.tombstones.seed_time(&set.labels.bytes, id, writing.now) {
            let field = SampleField::new(time);
            family.for_each_series(&set.labels, |labels| {
                writing.lanes.put(set.lane, labels, field.as_bytes());
            });
        }
    }

    /// Writes the staleness markers of a series that was removed; that of a native histogram comes later, as they do.
    pub fn write_end(&self, ended: &EndedSeries, writing: &mut Writing) {
        let marker = SampleField::new(writing.now).with_bits(STALE_MARKER_BITS);
        self.families[ended.family].for_each_series(&ended.labels, |labels| {
            writing.lanes.put(ended.lane, labels, marker.as_bytes());
        });
    }

    /// Writes the staleness marker of a series that was removed, when it was a native histogram.
    pub fn write_native_end(&self, ended: &EndedSeries, writing: &mut Writing) {
        let family = &self.families[ended.family];
        if family.is_native() {
            writing.field.clear();
            put_stale_native_histogram(&mut writing.field, writing.now);
            let labels = ended.labels.series(family.labels.plain());
            writing.lanes.put(ended.lane, &labels, &writing.field);
        }
    }

    /// Writes the value of a series, unless it was born after the collection began.
    pub fn write_sample(&self, id: FamilyId, row: usize, writing: &mut Writing) {
        let field = SampleField::new(writing.now);
        let family = &self.families[id];
        let Some(set) = self.set_if_sent(family, row, writing) else {
            return;
        };
        family.for_each_sample(row, &set.labels, |labels, value| {
            let sample = field.with_bits(value.to_bits());
            writing.lanes.put(set.lane, labels, sample.as_bytes());
        });
    }

    /// Writes the last exemplar of every bucket of a classic histogram that got one since the last collection.
    pub fn write_exemplars(&self, id: FamilyId, row: usize, writing: &mut Writing) {
        let family = &self.families[id];
        let Values::Histogram {
            classic: Some(classic),
            ..
        } = &family.values
        else {
            return;
        };
        let Some(exemplar_label) = self.exemplar_label else {
            return;
        };
        let Some(set) = self.set_if_sent(family, row, writing) else {
            return;
        };
        for ((name, bound), exemplar) in family.labels.buckets().zip(classic.exemplars(row)) {
            if exemplar.is_pending(writing.collection) {
                writing.field.clear();
                writing.put_exemplar(exemplar_label, exemplar);
                let labels = set.labels.bucket(name, bound);
                writing.lanes.put(set.lane, &labels, &writing.field);
            }
        }
    }

    /// Writes a native histogram with its exemplars, as one series.
    pub fn write_native(&self, id: FamilyId, row: usize, writing: &mut Writing) {
        let family = &self.families[id];
        let Values::Histogram {
            native: Some(native), ..
        } = &family.values
        else {
            return;
        };
        let Some(set) = self.set_if_sent(family, row, writing) else {
            return;
        };
        writing.field.clear();
        let buckets = native.histogram(row).buckets();
        put_native_histogram(&mut writing.field, native.point(row, writing.now), buckets);
        let exemplars = match self.exemplar_label {
            Some(label) => put_pending(native, row, label, writing),
            None => 0,
        };
        let labels = set.labels.series(family.labels.plain());
        writing
            .lanes
            .put_with_exemplars(set.lane, &labels, &writing.field, exemplars);
    }

    /// The label set of a series that the collection sends.
    fn set_if_sent(&self, family: &Family, row: usize, writing: &Writing) -> Option<&'s LabelSet> {
        let head = family.heads.first(row);
        (head.born <= writing.collection).then(|| self.set_of(head))
    }

    fn set_of(&self, head: &SeriesHead) -> &'s LabelSet {
        self.sets.first(head.label_set.index())
    }
}

/// Appends the exemplars of a native histogram that the collection sends, and tells how many.
fn put_pending(native: &NativeHistograms, row: usize, label: &str, writing: &mut Writing) -> u32 {
    let mut pending = std::mem::take(&mut writing.exemplars);
    native.pending_exemplars(row, writing.collection, &mut pending);
    let mut exemplars = 0;
    for exemplar in &pending {
        writing.put_exemplar(label, exemplar);
        exemplars += 1;
    }
    writing.exemplars = pending;
    exemplars
}
