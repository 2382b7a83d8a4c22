//! What frames hold: blocks and samples, compressed when that makes them shorter, and changes of the image.

use crate::segments::{Frame, SegmentError};

/// The most bytes of a block or a batch.
pub const MAX_PART_BYTES: usize = 64 << 20;

const BLOCK_PLAIN: u32 = 1;
const BLOCK_ZSTD: u32 = 2;

const SAMPLES_PLAIN: u32 = 3;
const SAMPLES_ZSTD: u32 = 6;

/// A frame that holds the change that makes an image of the empty one.
pub const SNAPSHOT: u32 = 4;
/// A frame that holds a change.
pub const CHANGE: u32 = 5;

/// Fast, and within a few percent of the levels above for columns of numbers.
const LEVEL: i32 = 1;

/// Compresses blocks and samples.
pub struct PartEncoder {
    /// None when there is no memory for one. All is written plain then.
    compressor: Option<zstd::bulk::Compressor<'static>>,
    payload: Vec<u8>,
}

impl PartEncoder {
    pub fn new() -> Self {
        Self {
            compressor: zstd::bulk::Compressor::new(LEVEL).ok(),
            payload: Vec::new(),
        }
    }

    /// The kind and the payload of the frame that holds `block`.
    pub fn block<'a>(&'a mut self, block: &'a [u8]) -> Result<(u32, &'a [u8]), SegmentError> {
        self.encode(block, [BLOCK_PLAIN, BLOCK_ZSTD])
    }

    /// The kind and the payload of the frame that holds `samples`. Those that snappy has compressed already become a third
    /// shorter.
    pub fn samples<'a>(&'a mut self, samples: &'a [u8]) -> Result<(u32, &'a [u8]), SegmentError> {
        self.encode(samples, [SAMPLES_PLAIN, SAMPLES_ZSTD])
    }

    fn encode<'a>(
        &'a mut self,
        part: &'a [u8],
        [plain, compressed]: [u32; 2],
    ) -> Result<(u32, &'a [u8]), SegmentError> {
        let length = checked_length(part)?;
        let bytes = self.compress(part, length).unwrap_or_default();
        let payload = self.payload.get(..bytes).unwrap_or_default();
        match bytes {
            1.. if payload.len() < part.len() => Ok((compressed, payload)),
            _ => Ok((plain, part)),
        }
    }

    /// Leaves the length and the compressed part in the payload, and returns how long that is.
    fn compress(&mut self, part: &[u8], length: u32) -> Option<usize> {
        let bound = zstd::zstd_safe::compress_bound(part.len());
        self.payload.resize(4 + bound, 0);
        let (prefix, room) = self.payload.split_first_chunk_mut()?;
        *prefix = length.to_le_bytes();
        let compressed = self.compressor.as_mut()?.compress_to_buffer(part, room);
        Some(4 + compressed.ok()?)
    }
}

/// The length of a block or batch; an error when it is too long.
pub fn checked_length(bytes: &[u8]) -> Result<u32, SegmentError> {
    let bytes = bytes.len();
    let length = u32::try_from(bytes).ok().filter(|_| bytes <= MAX_PART_BYTES);
    length.ok_or(SegmentError::TooLong { bytes })
}

/// The block that a frame holds; none when it holds none.
pub fn decode_block(frame: Frame) -> Option<Vec<u8>> {
    match frame.kind {
        BLOCK_PLAIN => Some(frame.payload),
        BLOCK_ZSTD => decompress(&frame.payload),
        _ => None,
    }
}

/// The samples that a frame holds; none when it holds none.
pub fn decode_samples(frame: Frame) -> Option<Vec<u8>> {
    match frame.kind {
        SAMPLES_PLAIN => Some(frame.payload),
        SAMPLES_ZSTD => decompress(&frame.payload),
        _ => None,
    }
}

fn decompress(payload: &[u8]) -> Option<Vec<u8>> {
    let (length, compressed) = payload.split_first_chunk()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    let within = Some(length).filter(|length| *length <= MAX_PART_BYTES)?;
    let part = zstd::bulk::decompress(compressed, within).ok()?;
    (part.len() == length).then_some(part)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn round_trip(encoder: &mut PartEncoder, block: &[u8]) -> (u32, usize, Option<Vec<u8>>) {
        let (kind, payload) = encoder.block(block).unwrap();
        let payload = payload.to_owned();
        (kind, payload.len(), decode_block(Frame { kind, payload }))
    }

    #[test]
    fn a_block_is_compressed_only_when_that_makes_it_shorter() {
        let mut encoder = PartEncoder::new();
        let (kind, bytes, block) = round_trip(&mut encoder, &[7; 10_000]);
        assert!((kind, bytes < 100) == (BLOCK_ZSTD, true), "{bytes} bytes");
        assert_eq!(block.unwrap(), [7; 10_000]);
        let (kind, bytes, block) = round_trip(&mut encoder, b"short");
        assert_eq!((kind, bytes, block.unwrap()), (BLOCK_PLAIN, 5, b"short".to_vec()));
    }

    #[test]
    fn samples_are_compressed_too_and_are_no_block() {
        let mut encoder = PartEncoder::new();
        let samples = [7; 10_000];
        let (kind, payload) = encoder.samples(&samples).unwrap();
        assert!(payload.len() < 100, "{} bytes", payload.len());
        let payload = payload.to_owned();
        let frame = Frame { kind, payload };
        assert_eq!(decode_block(frame.clone()), None);
        assert_eq!(decode_samples(frame).unwrap(), samples);
    }

    #[test]
    fn a_block_that_says_that_it_is_longer_than_blocks_can_be_takes_no_memory() {
        let payload = u32::MAX.to_le_bytes().to_vec();
        let kind = BLOCK_ZSTD;
        assert_eq!(decode_block(Frame { kind, payload }), None);
        assert!(checked_length(&vec![0; MAX_PART_BYTES + 1]).is_err());
    }

    proptest! {
        #[test]
        fn every_block_is_read_as_it_was_written(blocks in proptest::collection::vec(proptest::collection::vec(0..4_u8, 0..300), 1..5)) {
            let mut encoder = PartEncoder::new();
            for block in blocks {
                prop_assert_eq!(round_trip(&mut encoder, &block).2, Some(block));
            }
        }
    }
}
