//! Collected samples as they wait on the disk.

use std::sync::Arc;

use bytes::Bytes;
use prost::Message;
use thiserror::Error;

use crate::batches::{Chunk, ChunkKind, Collected, Compressed, LANES, SeriesEnd};

/// A part of a collection; a field that is not known is passed over.
#[derive(Clone, PartialEq, Message)]
struct CollectedRecord {
    #[prost(message, repeated, tag = "1")]
    chunks: Vec<ChunkRecord>,
    #[prost(bool, tag = "2")]
    continues: bool,
}

#[derive(Clone, PartialEq, Message)]
struct ChunkRecord {
    #[prost(enumeration = "KindRecord", tag = "1")]
    kind: i32,
    #[prost(uint32, tag = "2")]
    lane: u32,
    #[prost(bytes = "bytes", tag = "3")]
    compressed: Bytes,
    #[prost(uint64, tag = "4")]
    plain_bytes: u64,
    #[prost(sint64, tag = "5")]
    collected_unix_milliseconds: i64,
    /// The bytes of each series.
    #[prost(uint32, repeated, tag = "6")]
    lengths: Vec<u32>,
    /// The samples of each series; none when each has one.
    #[prost(uint32, repeated, tag = "7")]
    samples: Vec<u32>,
    /// The exemplars of each series; none when none has any.
    #[prost(uint32, repeated, tag = "8")]
    exemplars: Vec<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, prost::Enumeration)]
enum KindRecord {
    Unknown = 0,
    Seeds = 1,
    Samples = 2,
    Exemplars = 3,
    NativeHistograms = 4,
}

/// Samples on the disk are whole, and mean nothing to this version.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum UnknownSamples {
    /// They are no protobuf.
    #[error("samples on the disk cannot be read: {0}")]
    Malformed(#[from] prost::DecodeError),
    /// There is something that an older version does not know.
    #[error("samples on the disk are of a kind or lane that this version does not know")]
    Unknown,
}

/// `collected` as it waits on the disk.
#[must_use]
pub fn encode(collected: &Collected) -> Vec<u8> {
    let record = CollectedRecord {
        chunks: collected.chunks.iter().map(ChunkRecord::of).collect(),
        continues: collected.continues,
    };
    record.encode_to_vec()
}

/// What [`encode`] was given.
///
/// # Errors
/// When a later version has written it.
pub fn decode(bytes: Vec<u8>) -> Result<Collected, UnknownSamples> {
    let record = CollectedRecord::decode(Bytes::from(bytes))?;
    let chunks: Option<Vec<_>> = record.chunks.into_iter().map(ChunkRecord::into_chunk).collect();
    Ok(Collected {
        chunks: chunks.ok_or(UnknownSamples::Unknown)?,
        continues: record.continues,
    })
}

impl ChunkRecord {
    fn of(chunk: &Chunk) -> Self {
        let starts = std::iter::once(0).chain(chunk.ends.iter().map(|end| end.byte));
        let lengths = chunk.ends.iter().zip(starts).map(|(end, start)| end.byte - start);
        let unless_all = |value: u32, of: fn(&SeriesEnd) -> u32| -> Vec<u32> {
            let is_usual = chunk.ends.iter().all(|end| of(end) == value);
            let values = chunk.ends.iter().filter(|_| !is_usual).map(of);
            values.collect()
        };
        Self {
            kind: KindRecord::of(chunk.kind).into(),
            lane: u32::try_from(chunk.lane).unwrap_or(u32::MAX),
            compressed: chunk.series.elements().clone(),
            plain_bytes: chunk.series.plain_bytes() as u64,
            collected_unix_milliseconds: chunk.collected_unix_milliseconds,
            lengths: lengths.collect(),
            samples: unless_all(1, |end| end.samples),
            exemplars: unless_all(0, |end| end.exemplars),
        }
    }

    fn into_chunk(self) -> Option<Chunk> {
        let kind = KindRecord::try_from(self.kind).ok()?.chunk_kind()?;
        let lane = usize::try_from(self.lane).ok().filter(|lane| *lane < LANES)?;
        let ends = self.ends();
        let plain_bytes = usize::try_from(self.plain_bytes).ok()?;
        Some(Chunk {
            kind,
            lane,
            series: Compressed::from_elements(self.compressed, plain_bytes),
            ends,
            collected_unix_milliseconds: self.collected_unix_milliseconds,
        })
    }

    fn ends(&self) -> Arc<[SeriesEnd]> {
        let mut byte = 0_u32;
        let end = |(series, length): (usize, &u32)| {
            byte = byte.saturating_add(*length);
            SeriesEnd {
                byte,
                samples: self.samples.get(series).copied().unwrap_or(1),
                exemplars: self.exemplars.get(series).copied().unwrap_or(0),
            }
        };
        self.lengths.iter().enumerate().map(end).collect()
    }
}

impl KindRecord {
    fn of(kind: ChunkKind) -> Self {
        match kind {
            ChunkKind::Seeds => Self::Seeds,
            ChunkKind::Samples => Self::Samples,
            ChunkKind::Exemplars => Self::Exemplars,
            ChunkKind::NativeHistograms => Self::NativeHistograms,
        }
    }

    fn chunk_kind(self) -> Option<ChunkKind> {
        match self {
            Self::Unknown => None,
            Self::Seeds => Some(ChunkKind::Seeds),
            Self::Samples => Some(ChunkKind::Samples),
            Self::Exemplars => Some(ChunkKind::Exemplars),
            Self::NativeHistograms => Some(ChunkKind::NativeHistograms),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::batches::Compressor;

    fn chunk() -> impl Strategy<Value = Chunk> {
        let series = proptest::collection::vec((1..300_u32, 1..3_u32, 0..3_u32), 0..20);
        let kind = proptest::sample::select(ChunkKind::ALL.to_vec());
        (kind, 0..LANES, series, any::<i64>()).prop_map(|(kind, lane, series, collected)| {
            let mut byte = 0;
            let end = |(length, samples, exemplars): (u32, u32, u32)| {
                byte += length;
                SeriesEnd {
                    byte,
                    samples,
                    exemplars,
                }
            };
            let ends: Arc<[SeriesEnd]> = series.into_iter().map(end).collect();
            Chunk {
                kind,
                lane,
                series: Compressor::new().compress(&vec![7; byte as usize]),
                ends,
                collected_unix_milliseconds: collected,
            }
        })
    }

    proptest! {
        #[test]
        fn samples_come_back_as_they_were(chunks in proptest::collection::vec(chunk(), 0..5), continues: bool) {
            let collected = Collected { chunks, continues };
            let back = decode(encode(&collected)).unwrap();
            prop_assert_eq!(format!("{back:?}"), format!("{collected:?}"));
        }

        #[test]
        fn bytes_that_are_no_samples_are_an_error_and_no_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode(bytes);
        }
    }

    #[test]
    fn a_lane_that_there_is_not_is_told() {
        let record = CollectedRecord {
            chunks: vec![ChunkRecord {
                kind: KindRecord::Seeds.into(),
                lane: 64,
                ..ChunkRecord::default()
            }],
            continues: false,
        };
        assert_eq!(
            decode(record.encode_to_vec()).unwrap_err(),
            UnknownSamples::Unknown
        );
    }
}
