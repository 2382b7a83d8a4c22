//! Gathers encoded series by lane and hands them on in chunks.

use bytes::Bytes;
use spangraph_proto::remote_write::put_time_series;

use crate::samples::{Chunk, ChunkKind, LANES, SeriesEnd};

/// The most series in one chunk: as many samples as a request holds by default.
const MAX_SERIES: usize = 2_000;
/// A chunk that has grown to this many bytes takes no more series.
const MAX_BYTES: usize = 4 << 20;

/// Series of one kind on their way into chunks.
pub struct Lanes<'a> {
    kind: ChunkKind,
    collected_unix_milliseconds: i64,
    lanes: [Lane; LANES],
    sink: &'a mut dyn FnMut(Chunk),
}

#[derive(Default)]
struct Lane {
    bytes: Vec<u8>,
    ends: Vec<SeriesEnd>,
}

impl<'a> Lanes<'a> {
    /// Empty lanes whose chunks go to `sink`.
    pub fn new(kind: ChunkKind, collected_unix_milliseconds: i64, sink: &'a mut dyn FnMut(Chunk)) -> Self {
        Self {
            kind,
            collected_unix_milliseconds,
            lanes: std::array::from_fn(|_| Lane::default()),
            sink,
        }
    }

    /// Adds a series of one sample or exemplar to `lane`, which is below [`LANES`].
    pub fn put(&mut self, lane: u8, labels: &[&[u8]], field: &[u8]) {
        let buffer = &mut self.lanes[usize::from(lane)];
        put_time_series(&mut buffer.bytes, labels, field);
        let byte = u32::try_from(buffer.bytes.len()).unwrap_or(u32::MAX);
        buffer.ends.push(SeriesEnd { byte, samples: 1 });
        if buffer.ends.len() >= MAX_SERIES || buffer.bytes.len() >= MAX_BYTES {
            self.flush(usize::from(lane));
        }
    }

    /// Hands on what has not filled a chunk.
    pub fn finish(mut self) {
        for lane in 0..LANES {
            self.flush(lane);
        }
    }

    fn flush(&mut self, lane: usize) {
        let Lane { bytes, ends } = std::mem::take(&mut self.lanes[lane]);
        if ends.is_empty() {
            return;
        }
        (self.sink)(Chunk {
            kind: self.kind,
            lane,
            bytes: Bytes::from(bytes),
            ends: ends.into(),
            collected_unix_milliseconds: self.collected_unix_milliseconds,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunks(put: impl FnOnce(&mut Lanes<'_>)) -> Vec<Chunk> {
        let mut chunks = Vec::new();
        let mut sink = |chunk| chunks.push(chunk);
        let mut lanes = Lanes::new(ChunkKind::Samples, 5, &mut sink);
        put(&mut lanes);
        lanes.finish();
        chunks
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
        let labels = vec![b'x'; 1 << 20];
        let chunks = chunks(|lanes| {
            for _ in 0..5 {
                lanes.put(0, &[labels.as_slice()], b"sample");
            }
        });
        let sizes: Vec<_> = chunks.iter().map(Chunk::samples).collect();
        assert_eq!(sizes, [4, 1]);
    }
}
