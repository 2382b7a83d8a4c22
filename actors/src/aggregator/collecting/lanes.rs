//! Gathers encoded series by lane into compressed chunks.

use spangraph_proto::remote_write::put_time_series;

use crate::batches::{Chunk, ChunkKind, Compressor, LANES, SeriesEnd};

/// The most series in one chunk. Eight chunks fill a request of the usual 2,000 samples, so that none is cut; and one is
/// about as long as the 64 KiB in which snappy looks for repetitions, so that larger ones would not become smaller.
const MAX_SERIES: usize = 250;
/// A chunk that has grown to this many bytes takes no more series.
const MAX_BYTES: usize = 256 << 10;

/// Series of one kind on their way into chunks.
#[derive(Debug)]
pub struct Lanes {
    lanes: [Lane; LANES],
    cut: Cut,
    written: usize,
}

/// The chunks that are made so far, and what the next ones have in common.
#[derive(Debug)]
struct Cut {
    kind: ChunkKind,
    collected_unix_milliseconds: i64,
    compressor: Compressor,
    chunks: Vec<Chunk>,
}

#[derive(Debug, Default)]
struct Lane {
    bytes: Vec<u8>,
    ends: Vec<SeriesEnd>,
}

impl Lanes {
    /// Empty lanes for series of `kind`.
    pub fn new(kind: ChunkKind, collected_unix_milliseconds: i64) -> Self {
        Self {
            lanes: std::array::from_fn(|_| Lane::default()),
            cut: Cut {
                kind,
                collected_unix_milliseconds,
                compressor: Compressor::new(),
                chunks: Vec::new(),
            },
            written: 0,
        }
    }

    /// Adds a series of one sample or exemplar to `lane`, which is below [`LANES`].
    pub fn put(&mut self, lane: u8, labels: &[&[u8]], field: &[u8]) {
        self.put_with_exemplars(lane, labels, field, 0);
    }

    /// As [`Self::put`], of a native histogram with so many exemplars in its field.
    #[expect(
        clippy::indexing_slicing,
        reason = "a lane is what is left of a hash by the number of lanes"
    )]
    pub fn put_with_exemplars(&mut self, lane: u8, labels: &[&[u8]], field: &[u8], exemplars: u32) {
        let buffer = &mut self.lanes[usize::from(lane)];
        put_time_series(&mut buffer.bytes, labels, field);
        let byte = u32::try_from(buffer.bytes.len()).unwrap_or(u32::MAX);
        buffer.ends.push(SeriesEnd {
            byte,
            samples: 1,
            exemplars,
        });
        self.written += 1;
        if buffer.ends.len() >= MAX_SERIES || buffer.bytes.len() >= MAX_BYTES {
            self.cut.flush(usize::from(lane), buffer);
        }
    }

    /// How many series were added so far.
    pub fn written(&self) -> usize {
        self.written
    }

    /// Goes on with series of `kind`, whose chunks come after those of the kind before.
    pub fn turn_to(&mut self, kind: ChunkKind) {
        if kind != self.cut.kind {
            self.flush_all();
            self.cut.kind = kind;
        }
    }

    /// The chunks that are made so far, when there are so many; they come before all later ones.
    pub fn take_chunks(&mut self, at_least: usize) -> Option<Vec<Chunk>> {
        let chunks = &mut self.cut.chunks;
        (chunks.len() >= at_least).then(|| std::mem::take(chunks))
    }

    /// All chunks that were not taken, in the order to be sent in a lane.
    pub fn finish(mut self) -> Vec<Chunk> {
        self.flush_all();
        self.cut.chunks
    }

    fn flush_all(&mut self) {
        for (lane, buffer) in self.lanes.iter_mut().enumerate() {
            self.cut.flush(lane, buffer);
        }
    }
}

impl Cut {
    /// Makes a chunk of what is in `lane`, whose buffers stay.
    fn flush(&mut self, lane: usize, Lane { bytes, ends }: &mut Lane) {
        if ends.is_empty() {
            return;
        }
        self.chunks.push(Chunk {
            kind: self.kind,
            lane,
            series: self.compressor.compress(bytes),
            ends: ends.as_slice().into(),
            collected_unix_milliseconds: self.collected_unix_milliseconds,
        });
        bytes.clear();
        ends.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunks(put: impl FnOnce(&mut Lanes)) -> Vec<Chunk> {
        let mut lanes = Lanes::new(ChunkKind::Samples, 5);
        put(&mut lanes);
        lanes.finish()
    }

    #[test]
    fn what_is_of_another_kind_comes_after_all_that_was_before() {
        let chunks = chunks(|lanes| {
            lanes.put(7, &[b"labels"], b"sample");
            lanes.turn_to(ChunkKind::Samples);
            lanes.put(7, &[b"labels"], b"sample");
            lanes.turn_to(ChunkKind::Exemplars);
            lanes.put(7, &[b"labels"], b"exemplar");
            assert_eq!(lanes.written(), 3);
        });
        let kinds: Vec<_> = chunks.iter().map(|chunk| (chunk.kind, chunk.samples())).collect();
        assert_eq!(kinds, [(ChunkKind::Samples, 2), (ChunkKind::Exemplars, 1)]);
    }

    #[test]
    fn a_chunk_holds_series_of_one_lane_and_no_more_than_fit() {
        let chunks = chunks(|lanes| {
            for _ in 0..MAX_SERIES + 1 {
                lanes.put(7, &[b"labels"], b"sample");
            }
            lanes.put(3, &[b"labels"], b"sample");
        });
        let sizes: Vec<_> = chunks.iter().map(|chunk| (chunk.lane, chunk.samples())).collect();
        assert_eq!(sizes, [(7, MAX_SERIES), (3, 1), (7, 1)]);
    }

    #[test]
    fn long_labels_make_shorter_chunks() {
        let labels = vec![b'x'; MAX_BYTES / 4];
        let chunks = chunks(|lanes| {
            for _ in 0..5 {
                lanes.put(0, &[labels.as_slice()], b"sample");
            }
        });
        let sizes: Vec<_> = chunks.iter().map(Chunk::samples).collect();
        assert_eq!(sizes, [4, 1]);
    }
}
