//! The exemplars of classic histograms.

use spangraph_proto::remote_write::{put_exemplar, put_label};

use crate::aggregator::family::{Family, Values};
use crate::aggregator::label_sets::LabelSets;
use crate::aggregator::lanes::Lanes;
use crate::aggregator::series_store::SeriesStore;
use crate::samples::{Chunk, ChunkKind};

impl SeriesStore {
    /// Writes the last exemplar of every bucket that got one since the last collection.
    pub(super) fn write_exemplars(&mut self, now: i64, sink: &mut dyn FnMut(Chunk)) {
        let mut writer = ExemplarWriter {
            lanes: Lanes::new(ChunkKind::Exemplars, now, sink),
            trace_id_label_name: &self.trace_id_label_name,
            now,
            label: Vec::new(),
            field: Vec::new(),
        };
        for family in &mut self.families {
            writer.write_family(family, &self.sets);
        }
        writer.lanes.finish();
    }
}

struct ExemplarWriter<'a> {
    lanes: Lanes<'a>,
    trace_id_label_name: &'a str,
    now: i64,
    label: Vec<u8>,
    field: Vec<u8>,
}

impl ExemplarWriter<'_> {
    fn write_family(&mut self, family: &mut Family, sets: &LabelSets) {
        let Values::Histogram {
            classic: Some(classic),
            ..
        } = &mut family.values
        else {
            return;
        };
        for row in 0..family.heads.rows() {
            for (bucket, exemplar) in classic.exemplars_mut(row).iter_mut().enumerate() {
                if !exemplar.take_pending() {
                    continue;
                }
                self.label.clear();
                put_label(
                    &mut self.label,
                    self.trace_id_label_name,
                    exemplar.trace_id(&mut [0; 32]),
                );
                self.field.clear();
                put_exemplar(&mut self.field, &self.label, exemplar.seconds(), self.now);
                let set = sets.get(family.heads.first(row).label_set);
                let (name, bound) = family.labels.bucket(bucket);
                self.lanes
                    .put(set.lane, &set.labels.bucket(name, bound), &self.field);
            }
        }
    }
}
