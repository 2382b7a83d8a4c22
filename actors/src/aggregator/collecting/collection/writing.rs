//! Where a collection writes to, and what it keeps for later.

use spangraph_proto::remote_write::{put_exemplar, put_label, put_stale_native_histogram};

use crate::aggregator::collecting::Lanes;
use crate::aggregator::histograms::Exemplar;
use crate::aggregator::labels::LabelSet;
use crate::aggregator::series::{Family, Values};
use crate::batches::{Chunk, ChunkKind};

/// The lanes of a collection, and buffers for what goes into them.
#[derive(Debug)]
pub struct Writing {
    /// The time of all samples, in milliseconds since the Unix epoch.
    pub now: i64,
    /// Where series go.
    pub lanes: Lanes,
    /// The lanes and the encoded labels of native histograms that ended: their markers come after samples, as they do.
    ended_natives: Vec<(u8, Vec<u8>)>,
    label: Vec<u8>,
    /// What is encoded at present.
    pub field: Vec<u8>,
}

impl Writing {
    /// Nothing yet; series of `kind` come first.
    pub fn new(kind: ChunkKind, now_unix_milliseconds: i64) -> Self {
        Self {
            now: now_unix_milliseconds,
            lanes: Lanes::new(kind, now_unix_milliseconds),
            ended_natives: Vec::new(),
            label: Vec::new(),
            field: Vec::new(),
        }
    }

    /// Appends an exemplar to what is encoded at present.
    pub fn put_exemplar(&mut self, trace_id_label_name: &str, exemplar: &Exemplar) {
        self.label.clear();
        put_label(
            &mut self.label,
            trace_id_label_name,
            exemplar.trace_id(&mut [0; 32]),
        );
        put_exemplar(&mut self.field, &self.label, exemplar.seconds(), self.now);
    }

    /// Notes the end of the series that `set` has in `family`, when it is a native histogram.
    pub fn note_native_end(&mut self, family: &Family, set: &LabelSet) {
        if matches!(&family.values, Values::Histogram { native: Some(_), .. }) {
            let labels = set.labels.series(family.labels.plain()).concat();
            self.ended_natives.push((set.lane, labels));
        }
    }

    /// Ends the native histograms that were noted.
    pub fn put_native_ends(&mut self) {
        self.field.clear();
        put_stale_native_histogram(&mut self.field, self.now);
        for (lane, labels) in self.ended_natives.drain(..) {
            self.lanes.put(lane, &[&labels], &self.field);
        }
    }

    /// The chunks of ends alone.
    pub fn finish_ends(mut self) -> Vec<Chunk> {
        self.lanes.turn_to(ChunkKind::NativeHistograms);
        self.put_native_ends();
        self.lanes.finish()
    }
}
