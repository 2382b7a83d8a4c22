//! Adds up the spans of a request that have the same labels.

use std::hash::BuildHasher as _;

use foldhash::fast::RandomState;
use hashbrown::HashTable;

use crate::span_updates::{SpanEntry, SpanObservation};
use crate::texts::{TextError, TextId};

/// The label sets of a request with what their spans add up to, and each span's latency.
#[derive(Debug)]
pub(super) struct MergedSpans {
    width: usize,
    /// One for each distinct label set.
    pub(super) entries: Vec<SpanEntry>,
    /// The label values of each entry.
    pub(super) labels: Vec<TextId>,
    /// One for each span.
    pub(super) observations: Vec<SpanObservation>,
    index: HashTable<u32>,
    hasher: RandomState,
}

/// What one span adds to its label set.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measured {
    /// How long it took.
    pub(super) seconds: f64,
    /// How many spans it stands for.
    pub(super) weight: f64,
    /// How many bytes its encoding has.
    pub(super) size_bytes: f64,
    /// Its trace.
    pub(super) trace_id: [u8; 16],
}

impl MergedSpans {
    /// No spans yet, and room for about `expected`; label sets have `width` values.
    pub(super) fn new(width: usize, expected: usize) -> Self {
        Self {
            width,
            entries: Vec::new(),
            labels: Vec::new(),
            observations: Vec::with_capacity(expected),
            index: HashTable::new(),
            hasher: RandomState::default(),
        }
    }

    /// Adds a span to the entry of `labels`, which has the width of this table.
    ///
    /// # Errors
    /// When there are more label sets than numbers for them.
    pub(super) fn add(&mut self, labels: &[TextId], measured: Measured) -> Result<(), TextError> {
        let position = self.find_or_append(labels)?;
        if let Some(entry) = self.entries.get_mut(position as usize) {
            entry.calls += measured.weight;
            entry.size_bytes += measured.size_bytes;
        }
        self.observations.push(SpanObservation {
            entry: position,
            seconds: measured.seconds,
            weight: measured.weight,
            trace_id: measured.trace_id,
        });
        Ok(())
    }

    fn find_or_append(&mut self, labels: &[TextId]) -> Result<u32, TextError> {
        let (known, width) = (&self.labels, self.width);
        let hash = self.hasher.hash_one(labels);
        let same = |entry: &u32| labels_of(known, width, *entry) == labels;
        if let Some(entry) = self.index.find(hash, same) {
            return Ok(*entry);
        }
        let entry = u32::try_from(self.entries.len()).map_err(|_| TextError::Full)?;
        self.entries.push(SpanEntry::default());
        self.labels.extend_from_slice(labels);
        let (known, hasher) = (&self.labels, &self.hasher);
        let rehash = |entry: &u32| hasher.hash_one(labels_of(known, width, *entry));
        self.index.insert_unique(hash, entry, rehash);
        Ok(entry)
    }
}

#[inline]
fn labels_of(labels: &[TextId], width: usize, entry: u32) -> &[TextId] {
    let start = entry as usize * width;
    labels.get(start..start + width).unwrap_or_default()
}
