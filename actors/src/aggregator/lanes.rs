//! Gathers encoded series by lane into compressed chunks.

use spangraph_proto::remote_write::put_time_series;

use crate::compressed::Compressor;
use crate::samples::{Chunk, ChunkKind, LANES, SeriesEnd};

/// The most series in one chunk. Eight chunks fill a request of the usual 2,000 samples, so that none is cut; and one is
/// about as long as the 64 KiB in which snappy looks for repetitions, so that larger ones would not become smaller.
const MAX_SERIES: usize = 250;
/// A chunk that has grown to this many bytes takes no more series.
const MAX_BYTES: usize = 256 << 10;

/// Series of one kind on their way into chunks.
#[derive(Debug)]
pub struct Lanes {
    kind: ChunkKind,
    collected_unix_milliseconds: i64,
    lanes: [Lane; LANES],
    compressor: Compressor,
    chunks: Vec<Chunk>,
    written: usize,
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
            kind,
            collected_unix_milliseconds,
            lanes: std::array::from_fn(|_| Lane::default()),
            compressor: Compressor::new(),
            chunks: Vec::new(),
            written: 0,
        }
    }

    /// Adds a series of one sample or exemplar to `lane`, which is below [`LANES`].
    pub fn put(&mut self, lane: u8, labels: &[&[u8]], field: &[u8]) {
        let buffer = &mut self.lanes[usize::from(lane)];
        put_time_series(&mut buffer.bytes, labels, field);
        let byte = u32::try_from(buffer.bytes.len()).unwrap_or(u32::MAX);
        buffer.ends.push(SeriesEnd { byte, samples: 1 });
        self.written += 1;
        if buffer.ends.len() >= MAX_SERIES || buffer.bytes.len() >= MAX_BYTES {
            self.flush(usize::from(lane));
        }
    }

    /// How many series were added so far.
    pub fn written(&self) -> usize {
        self.written
    }

    /// Goes on with series of `kind`, whose chunks come after those of the kind before.
    pub fn turn_to(&mut self, kind: ChunkKind) {
        if kind != self.kind {
            self.flush_all();
            self.kind = kind;
        }
    }

    /// The chunks that are made so far, when there are so many; they come before all later ones.
    pub fn take_chunks(&mut self, at_least: usize) -> Option<Vec<Chunk>> {
        (self.chunks.len() >= at_least).then(|| std::mem::take(&mut self.chunks))
    }

    /// All chunks that were not taken, in the order to be sent in a lane.
    pub fn finish(mut self) -> Vec<Chunk> {
        self.flush_all();
        self.chunks
    }

    fn flush_all(&mut self) {
        (0..LANES).for_each(|lane| self.flush(lane));
    }

    /// Makes a chunk of what is in `lane`, whose buffers stay.
    fn flush(&mut self, lane: usize) {
        let Lane { bytes, ends } = &mut self.lanes[lane];
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
