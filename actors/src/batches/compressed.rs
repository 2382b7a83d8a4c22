//! Bytes in snappy's block format that can be joined without touching what is compressed.

use bytes::Bytes;

/// The longest run of literal bytes in one element: what its two bytes of length can say.
const LONGEST_LITERAL: usize = 1 << 16;
/// The tag of a literal whose length, less one, stands in the two bytes that follow.
const LITERAL_TAG: u8 = 61 << 2;

/// Compressed bytes without the length that snappy writes before them.
///
/// What follows that length are elements: literals, and copies of what the same call compressed. A copy says how far
/// back it reaches, never where. So the elements of several calls stand one after the other behind one length.
#[derive(Clone, Debug)]
pub struct Compressed {
    elements: Bytes,
    plain_bytes: usize,
}

/// Compresses; its buffer grows to the largest result.
pub struct Compressor {
    buffer: Vec<u8>,
    encoder: snap::raw::Encoder,
}

impl Compressor {
    /// A compressor.
    #[must_use]
    pub fn new() -> Self {
        Self {
            buffer: Vec::new(),
            encoder: snap::raw::Encoder::new(),
        }
    }

    /// Compresses `plain`.
    pub fn compress(&mut self, plain: &[u8]) -> Compressed {
        self.buffer.resize(snap::raw::max_compress_len(plain.len()), 0);
        let length = self.encoder.compress(plain, &mut self.buffer);
        let compressed = length.ok().and_then(|length| self.buffer.get(..length));
        let elements = compressed.and_then(without_length);
        Compressed {
            // Only 4 GiB and more cannot be compressed, and no chunk comes near that; nothing is lost even then.
            elements: elements.map_or_else(|| literals(plain), Bytes::copy_from_slice),
            plain_bytes: plain.len(),
        }
    }
}

impl Compressed {
    /// How many bytes it was before.
    #[must_use]
    pub fn plain_bytes(&self) -> usize {
        self.plain_bytes
    }

    /// What [`Self::elements`] gave, of so many bytes before they were compressed.
    #[must_use]
    pub fn from_elements(elements: Bytes, plain_bytes: usize) -> Self {
        Self {
            elements,
            plain_bytes,
        }
    }

    /// The elements, without a length before them.
    #[must_use]
    pub fn elements(&self) -> &Bytes {
        &self.elements
    }

    /// What was compressed.
    ///
    /// # Errors
    /// When that was 4 GiB or more, which snappy cannot express.
    pub fn decompress(&self) -> Result<Vec<u8>, snap::Error> {
        snap::raw::Decoder::new().decompress_vec(&join_compressed([self]))
    }
}

/// One snappy block of all `parts`, as if they had been compressed one after the other.
pub fn join_compressed<'a>(parts: impl IntoIterator<Item = &'a Compressed, IntoIter: Clone>) -> Bytes {
    let parts = parts.into_iter();
    let (mut plain, mut compressed) = (0, 0);
    for part in parts.clone() {
        plain += part.plain_bytes;
        compressed += part.elements.len();
    }
    let mut joined = Vec::with_capacity(compressed + LONGEST_LENGTH);
    put_length(&mut joined, plain);
    parts.for_each(|part| joined.extend_from_slice(&part.elements));
    joined.into()
}

/// The bytes of a length: 7 bits each.
const LONGEST_LENGTH: usize = usize::BITS.div_ceil(7) as usize;

fn put_length(out: &mut Vec<u8>, length: usize) {
    let mut rest = length;
    while rest >= 0x80 {
        out.push(rest.to_le_bytes()[0] | 0x80);
        rest >>= 7;
    }
    out.push(rest.to_le_bytes()[0]);
}

fn without_length(block: &[u8]) -> Option<&[u8]> {
    let last = block.iter().position(|byte| byte & 0x80 == 0)?;
    block.get(last + 1..)
}

/// `plain` as elements that compress nothing.
fn literals(plain: &[u8]) -> Bytes {
    let mut elements = Vec::with_capacity(plain.len() + 3 * plain.len().div_ceil(LONGEST_LITERAL));
    for literal in plain.chunks(LONGEST_LITERAL) {
        let [low, high, ..] = (literal.len() - 1).to_le_bytes();
        elements.extend_from_slice(&[LITERAL_TAG, low, high]);
        elements.extend_from_slice(literal);
    }
    elements.into()
}

impl Default for Compressor {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for Compressor {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Compressor").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn decompressed(body: &[u8]) -> Vec<u8> {
        snap::raw::Decoder::new().decompress_vec(body).unwrap()
    }

    #[test]
    fn nothing_compressed_is_an_empty_block() {
        assert_eq!(join_compressed([]), Bytes::from_static(&[0]));
        let nothing = Compressor::new().compress(b"");
        assert_eq!(decompressed(&join_compressed([&nothing, &nothing])), b"");
    }

    #[test]
    fn what_repeats_gets_small_before_and_after_it_is_joined() {
        let text = b"the same again and again, ".repeat(1_000);
        let compressed = Compressor::new().compress(&text);
        let joined = join_compressed([&compressed, &compressed]);
        assert!(joined.len() < text.len() / 8, "{} bytes", joined.len());
        assert_eq!(decompressed(&joined), text.repeat(2));
    }

    #[test]
    fn what_cannot_be_compressed_goes_as_it_is() {
        for length in [0, 1, LONGEST_LITERAL, LONGEST_LITERAL + 1, 3 * LONGEST_LITERAL] {
            let plain: Vec<_> = (0..length).map(|number| number.to_le_bytes()[0]).collect();
            let stored = Compressed {
                elements: literals(&plain),
                plain_bytes: plain.len(),
            };
            assert_eq!(
                decompressed(&join_compressed([&stored, &Compressor::new().compress(b"end")])),
                [&plain[..], b"end"].concat()
            );
        }
    }

    proptest! {
        #[test]
        fn joined_parts_decompress_to_one_after_the_other(
            // Few different bytes, so that there is much to copy; some parts have several blocks of 64 KiB.
            parts in vec((vec(0u8..3, 0..300), 1usize..600), 0..6),
        ) {
            let parts: Vec<_> = parts.into_iter().map(|(bytes, times)| bytes.repeat(times)).collect();
            let mut compressor = Compressor::new();
            let compressed: Vec<_> = parts.iter().map(|part| compressor.compress(part)).collect();
            prop_assert_eq!(decompressed(&join_compressed(&compressed)), parts.concat());
            for (part, compressed) in parts.iter().zip(&compressed) {
                prop_assert_eq!(compressed.plain_bytes(), part.len());
                prop_assert_eq!(&compressed.decompress().unwrap(), part);
            }
        }
    }
}
