//! Write requests: the parts that they are made of, and their compressed bodies.

use bytes::Bytes;

use super::counts::Counts;
use crate::samples::ChunkKind;

/// What may travel together: seeds never share a request with anything else (SPEC §7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Group {
    /// Seeds alone, so that a refused seed costs nothing else.
    Seeds,
    /// Samples and exemplars.
    Values,
    /// Native histograms alone, since a remote may refuse them for ever.
    NativeHistograms,
}

impl Group {
    /// The group that chunks of `kind` belong to.
    #[must_use]
    pub fn of(kind: ChunkKind) -> Self {
        match kind {
            ChunkKind::Seeds => Self::Seeds,
            ChunkKind::Samples | ChunkKind::Exemplars => Self::Values,
            ChunkKind::NativeHistograms => Self::NativeHistograms,
        }
    }
}

/// Whole series cut from one chunk.
#[derive(Clone, Debug)]
pub struct Part {
    /// What it holds.
    pub kind: ChunkKind,
    /// The encoded series.
    pub bytes: Bytes,
    /// How many samples or exemplars it has.
    pub count: u64,
    /// When it was collected, in milliseconds since the Unix epoch.
    pub collected_unix_milliseconds: i64,
}

impl Part {
    /// What it holds, counted.
    #[must_use]
    pub fn counts(&self) -> Counts {
        Counts::of(self.kind, self.count)
    }
}

/// Tells a request from all others of its writer, which has a queue for histograms and one for the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RequestId {
    pub(super) group: Group,
    pub(super) number: u64,
}

/// A request under way: it keeps its lanes busy until the queue is told that it ended.
#[derive(Debug)]
pub struct Request {
    pub(super) id: RequestId,
    pub(super) parts: Vec<Part>,
}

impl Request {
    /// What tells it from the writer's other requests.
    #[must_use]
    pub fn id(&self) -> RequestId {
        self.id
    }

    /// What kinds it carries.
    #[must_use]
    pub fn group(&self) -> Group {
        self.id.group
    }

    /// Its parts; of one lane in the lane's order.
    #[must_use]
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// What it carries, counted.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        self.parts.iter().for_each(|part| counts += part.counts());
        counts
    }
}

/// Makes bodies: the parts one after another are a `WriteRequest`, compressed in snappy's block format.
pub struct BodyEncoder {
    plain: Vec<u8>,
    compressed: Vec<u8>,
    encoder: snap::raw::Encoder,
}

impl BodyEncoder {
    /// An encoder whose buffers grow to the largest request.
    #[must_use]
    pub fn new() -> Self {
        Self {
            plain: Vec::new(),
            compressed: Vec::new(),
            encoder: snap::raw::Encoder::new(),
        }
    }

    /// The body of `request`.
    ///
    /// # Errors
    /// When the parts have more than 4 GiB, which snappy cannot express.
    pub fn encode(&mut self, request: &Request) -> Result<Bytes, snap::Error> {
        self.plain.clear();
        request
            .parts
            .iter()
            .for_each(|part| self.plain.extend_from_slice(&part.bytes));
        self.compressed
            .resize(snap::raw::max_compress_len(self.plain.len()), 0);
        let length = self.encoder.compress(&self.plain, &mut self.compressed)?;
        Ok(Bytes::copy_from_slice(
            self.compressed.get(..length).unwrap_or_default(),
        ))
    }
}

impl Default for BodyEncoder {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_the_parts_one_after_another_and_keeps_nothing_of_the_body_before() {
        let part = |text: &'static str| Part {
            kind: ChunkKind::Samples,
            bytes: Bytes::from_static(text.as_bytes()),
            count: 1,
            collected_unix_milliseconds: 0,
        };
        let mut encoder = BodyEncoder::new();
        let mut plain = |texts: &[&'static str]| {
            let parts = texts.iter().map(|text| part(text)).collect();
            let body = encoder
                .encode(&Request {
                    id: RequestId {
                        group: Group::Values,
                        number: 1,
                    },
                    parts,
                })
                .unwrap();
            snap::raw::Decoder::new().decompress_vec(&body).unwrap()
        };
        assert_eq!(
            plain(&["a longer text ", "in two parts"]),
            b"a longer text in two parts"
        );
        assert_eq!(plain(&["short"]), b"short");
    }
}
