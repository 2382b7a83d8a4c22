//! Where a collection writes to, and what it keeps for later.

use std::sync::Arc;

use spangraph_proto::remote_write::{put_exemplar, put_label};

use super::SeriesView;
use crate::aggregator::collecting::Lanes;
use crate::aggregator::histograms::Exemplar;
use crate::aggregator::labels::EncodedLabels;
use crate::aggregator::series::FamilyId;
use crate::batches::{Chunk, ChunkKind};

/// The lanes of a collection, and buffers for what goes into them.
#[derive(Debug)]
pub struct Writing {
    /// The number of the collection.
    pub collection: u32,
    /// The time of all samples, in milliseconds since the Unix epoch.
    pub now: i64,
    /// Where series go.
    pub lanes: Lanes,
    /// What is encoded at present.
    pub field: Vec<u8>,
    /// The exemplars of what is encoded at present.
    pub exemplars: Vec<Exemplar>,
    label: Vec<u8>,
}

/// A series that was sent, and is removed.
#[derive(Clone, Debug)]
pub struct EndedSeries {
    /// What it was.
    pub family: FamilyId,
    /// Its labels.
    pub labels: EncodedLabels<Arc<[u8]>>,
    /// Its lane.
    pub lane: u8,
}

impl Writing {
    /// Nothing yet; series of `kind` come first.
    pub fn new(kind: ChunkKind, collection: u32, now_unix_milliseconds: i64) -> Self {
        Self {
            collection,
            now: now_unix_milliseconds,
            lanes: Lanes::new(kind, now_unix_milliseconds),
            field: Vec::new(),
            exemplars: Vec::new(),
            label: Vec::new(),
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

    /// The chunks of these ends alone.
    pub fn into_ends(mut self, view: SeriesView<'_>, ended: &[EndedSeries]) -> Vec<Chunk> {
        for series in ended {
            view.write_end(series, &mut self);
        }
        self.lanes.turn_to(ChunkKind::NativeHistograms);
        for series in ended {
            view.write_native_end(series, &mut self);
        }
        self.lanes.finish()
    }
}
