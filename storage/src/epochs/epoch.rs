//! What an epoch is, and what it holds of samples.

use std::collections::BTreeMap;

use super::keys::SourcePart;
use crate::segments::Place;

/// One atomic commit: state as of a cut, and the positions of the sources at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Epoch {
    /// The first one is 1.
    pub number: u64,
    /// The cut: what was stamped before it is in, and nothing else. In milliseconds since the Unix epoch.
    pub cut_unix_milliseconds: i64,
    /// The version of what is in the blocks, as who wrote them numbers it.
    pub content_version: u32,
    /// Up to where each source is in.
    pub positions: BTreeMap<SourcePart, u64>,
}

/// Samples of one cut that an endpoint has not taken yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueuedBatch {
    /// Rises with each batch of the state.
    pub number: u64,
    /// The cut they were collected at, in milliseconds since the Unix epoch.
    pub cut_unix_milliseconds: i64,
    /// How many samples are in it.
    pub samples: u64,
    /// Where they lie.
    pub place: Place,
}
