//! Adds up the spans of a request that have the same labels.

use crate::batches::{Latency, SpanEntry, SpanObservation, TextError, TextId};
use crate::tables::{KeyHash, RowIndex};

/// The label sets of a request with what their spans add up to, and each span's latency.
#[derive(Debug)]
pub(super) struct MergedSpans {
    width: usize,
    /// One for each distinct label set.
    pub(super) entries: Vec<SpanEntry>,
    /// The label values of each entry.
    pub(super) labels: Vec<TextId>,
    /// One for each span whose duration can be.
    pub(super) observations: Vec<SpanObservation>,
    index: RowIndex,
    /// For the number of a span's name the entry of the last span with that name: mostly the next one's, too, so
    /// that its labels are compared instead of hashed.
    last_of_name: Vec<u32>,
}

/// The place of the span's name among the labels.
const NAME: usize = 1;

/// No entry: the labels of none are compared with.
const NO_ENTRY: u32 = u32::MAX;

/// What one span adds to its label set.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measured {
    /// How long it took.
    pub(super) latency: Latency,
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
            index: RowIndex::default(),
            last_of_name: Vec::new(),
        }
    }

    /// Adds a span to the entry of `labels`, which has the width of this table.
    ///
    /// # Errors
    /// When there are more label sets than numbers for them.
    #[inline]
    pub(super) fn add(&mut self, labels: &[TextId], measured: Measured) -> Result<(), TextError> {
        let position = match self.last_of_same_name(labels) {
            Some(entry) => entry,
            None => self.find_or_append(labels)?,
        };
        if let Some(entry) = self.entries.get_mut(position as usize) {
            entry.calls += measured.weight;
            entry.size_bytes += measured.size_bytes;
        }
        if let Some(seconds) = measured.latency.seconds() {
            self.observations.push(SpanObservation {
                entry: position,
                seconds,
                weight: measured.weight,
                trace_id: measured.trace_id,
            });
        }
        Ok(())
    }

    /// The entry of the last span of the same name, when its labels are the same.
    #[inline]
    fn last_of_same_name(&self, labels: &[TextId]) -> Option<u32> {
        let name = labels.get(NAME)?;
        let entry = *self.last_of_name.get(name.index())?;
        // Compared one by one, which for so few numbers takes less than a call.
        let known = labels_of(&self.labels, self.width, entry);
        let same =
            known.len() == labels.len() && known.iter().zip(labels).all(|(known, label)| known == label);
        same.then_some(entry)
    }

    fn remember(&mut self, name: TextId, entry: u32) {
        if !name.is_present() {
            return;
        }
        if self.last_of_name.len() <= name.index() {
            self.last_of_name.resize(name.index() + 1, NO_ENTRY);
        }
        if let Some(last) = self.last_of_name.get_mut(name.index()) {
            *last = entry;
        }
    }

    /// Stays out of line: most spans have the labels of another one of their name.
    #[inline(never)]
    fn find_or_append(&mut self, labels: &[TextId]) -> Result<u32, TextError> {
        let hash = self.index.hash(labels);
        let (known, width) = (&self.labels, self.width);
        let same = |entry| labels_of(known, width, entry) == labels;
        let entry = match self.index.find(hash, same) {
            Some(entry) => entry,
            None => self.append(hash, labels)?,
        };
        if let Some(name) = labels.get(NAME) {
            self.remember(*name, entry);
        }
        Ok(entry)
    }

    fn append(&mut self, hash: KeyHash, labels: &[TextId]) -> Result<u32, TextError> {
        let width = self.width;
        let entry = u32::try_from(self.entries.len()).map_err(|_| TextError::Full)?;
        self.entries.push(SpanEntry::default());
        self.labels.extend_from_slice(labels);
        let known = &self.labels;
        self.index
            .insert(hash, entry, |entry| labels_of(known, width, entry));
        Ok(entry)
    }
}

#[inline]
fn labels_of(labels: &[TextId], width: usize, entry: u32) -> &[TextId] {
    let start = entry as usize * width;
    labels
        .get(start..)
        .and_then(|rest| rest.get(..width))
        .unwrap_or_default()
}
