//! Native histograms, each with its exemplars in one series.

use spangraph_proto::remote_write::{
    put_exemplar, put_label, put_native_histogram, put_stale_native_histogram,
};

use crate::aggregator::family::{Family, Values};
use crate::aggregator::label_sets::{LabelSet, LabelSets};
use crate::aggregator::lanes::Lanes;
use crate::aggregator::series_store::SeriesStore;
use crate::samples::{Chunk, ChunkKind};

/// Writes native histograms; keeps the ends of old ones until samples were written, whose chunks come first.
pub struct NativeWriter {
    now: i64,
    trace_id_label_name: String,
    /// The lanes and the labels of series that ended, encoded.
    ended: Vec<(u8, Vec<u8>)>,
    label: Vec<u8>,
    field: Vec<u8>,
}

impl NativeWriter {
    /// A writer for a collection at `now_unix_milliseconds`.
    pub fn new(now_unix_milliseconds: i64, trace_id_label_name: &str) -> Self {
        Self {
            now: now_unix_milliseconds,
            trace_id_label_name: trace_id_label_name.to_owned(),
            ended: Vec::new(),
            label: Vec::new(),
            field: Vec::new(),
        }
    }

    /// The time of the collection.
    pub fn now(&self) -> i64 {
        self.now
    }

    /// Notes the end of the series that `set` has in `family`, when it is a native histogram.
    pub fn end(&mut self, family: &Family, set: &LabelSet) {
        if matches!(&family.values, Values::Histogram { native: Some(_), .. }) {
            let labels = set.labels.series(family.labels.plain()).concat();
            self.ended.push((set.lane, labels));
        }
    }

    /// Writes the noted ends and nothing else.
    pub fn write_only_ends(mut self, sink: &mut dyn FnMut(Chunk)) {
        let mut lanes = Lanes::new(ChunkKind::NativeHistograms, self.now, sink);
        self.write_ends(&mut lanes);
        lanes.finish();
    }

    fn write_ends(&mut self, lanes: &mut Lanes<'_>) {
        self.field.clear();
        put_stale_native_histogram(&mut self.field, self.now);
        for (lane, labels) in self.ended.drain(..) {
            lanes.put(lane, &[&labels], &self.field);
        }
    }

    fn write_family(&mut self, family: &mut Family, sets: &LabelSets, lanes: &mut Lanes<'_>) {
        let Values::Histogram {
            native: Some(native), ..
        } = &mut family.values
        else {
            return;
        };
        for row in 0..family.heads.rows() {
            self.field.clear();
            let buckets = native.histogram(row).buckets();
            put_native_histogram(&mut self.field, native.point(row, self.now), buckets);
            for exemplar in native.take_exemplars(row) {
                self.label.clear();
                let trace_id = &mut [0; 32];
                put_label(
                    &mut self.label,
                    &self.trace_id_label_name,
                    exemplar.trace_id(trace_id),
                );
                put_exemplar(&mut self.field, &self.label, exemplar.seconds(), self.now);
            }
            let set = sets.get(family.heads.first(row).label_set);
            lanes.put(set.lane, &set.labels.series(family.labels.plain()), &self.field);
        }
    }
}

impl SeriesStore {
    /// Writes every native histogram, and the ends of those that are gone.
    pub(super) fn write_natives(&mut self, mut writer: NativeWriter, sink: &mut dyn FnMut(Chunk)) {
        let mut lanes = Lanes::new(ChunkKind::NativeHistograms, writer.now, sink);
        writer.write_ends(&mut lanes);
        for family in &mut self.families {
            writer.write_family(family, &self.sets, &mut lanes);
        }
        lanes.finish();
    }
}
