//! Encoded samples on their way from an aggregator to the writers.

use super::compressed::Compressed;

/// How many lanes there are: a series always travels in the same one, and a lane is sent in order.
pub const LANES: usize = 64;

/// What a chunk holds; requests never mix seeds with anything else, so that a refused seed costs no sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChunkKind {
    /// Zeros before the first value of new series (SPEC §7).
    Seeds,
    /// Values, and staleness markers.
    Samples,
    /// Exemplars, for endpoints that take them.
    Exemplars,
    /// Native histograms with their exemplars, for endpoints that take them; requests never mix them with others.
    NativeHistograms,
}

impl ChunkKind {
    /// All of them, in the order in which they stand in a lane.
    pub const ALL: [Self; 4] = [
        Self::Seeds,
        Self::Samples,
        Self::Exemplars,
        Self::NativeHistograms,
    ];
}

/// Where one series of a chunk ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeriesEnd {
    /// The end of its bytes, from the start of the chunk.
    pub byte: u32,
    /// How many samples or exemplars it has, at least 1.
    pub samples: u32,
    /// How many exemplars go along with the native histogram that it is; 0 for all else.
    pub exemplars: u32,
}

/// Series of one lane, encoded as fields of a remote-write 1.0 `WriteRequest`.
///
/// The compressed bytes are a run of `timeseries` fields (tag, length, `TimeSeries`): any run that is cut at a
/// [`SeriesEnd`], and any concatenation of such runs, is a `WriteRequest`.
#[derive(Clone, Debug)]
pub struct Chunk {
    /// What it holds.
    pub kind: ChunkKind,
    /// The lane, below [`LANES`].
    pub lane: usize,
    /// The encoded series, compressed when the chunk was made: that is how it waits and how it is sent.
    pub series: Compressed,
    /// The ends of the series before compression, ascending.
    pub ends: std::sync::Arc<[SeriesEnd]>,
    /// The time of all samples in milliseconds since the Unix epoch (of seeds: the time of collection).
    pub collected_unix_milliseconds: i64,
}

impl Chunk {
    /// How many samples or exemplars the chunk holds.
    #[must_use]
    pub fn samples(&self) -> usize {
        self.ends.iter().map(|end| end.samples as usize).sum()
    }
}

/// What one collection of a tenant's series gave, or a part of it that comes before the rest; a lane's chunks stand in the order seeds, samples, exemplars, native histograms.
#[derive(Clone, Debug, Default)]
pub struct Collected {
    /// The chunks; within a lane they are to be sent in this order.
    pub chunks: Vec<Chunk>,
    /// Whether this goes on with the collection that was handed on last.
    pub continues: bool,
}

impl From<Vec<Chunk>> for Collected {
    /// A collection, or the first part of one.
    fn from(chunks: Vec<Chunk>) -> Self {
        Self {
            chunks,
            continues: false,
        }
    }
}
