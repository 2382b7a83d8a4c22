//! Relabels the series of each collection before they are queued; what became of a series is remembered.

mod labels;
mod rules;
#[cfg(test)]
pub(super) mod tests;
mod validity;

use std::collections::BTreeMap;
use std::slice;

use foldhash::fast::RandomState;
use hashbrown::HashMap;
use spangraph_config::RelabelRule;
use spangraph_proto::remote_write::{labels, put_label, put_time_series, split_time_series};

use super::counts::Counts;
use crate::batches::{Chunk, Collected, Compressor, SeriesEnd};
use labels::Labels;

/// Below this many, series that are gone are not looked for.
const FEW: usize = 1024;

/// Applies one endpoint's rules.
///
/// What they make of a series is worked out once and found again by its encoded labels. Series that are collected no
/// more are forgotten when they are half as many as the others, so it holds at most 2.5 times the series of a collection.
pub struct Relabeler {
    rules: Vec<RelabelRule>,
    outcomes: HashMap<Vec<u8>, Remembered, RandomState>,
    collections: u64,
    seen: usize,
    compressor: Compressor,
}

/// What is left of one collection.
#[derive(Debug, Default)]
pub struct Relabelled {
    /// The series to send; each is in the lane that it was in.
    pub collected: Collected,
    /// What the series that are not sent had, by what dropped them.
    pub dropped: BTreeMap<DroppedBy, Counts>,
}

/// What drops a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DroppedBy {
    /// The rule of that number, from 0 on.
    Rule(usize),
    /// No store can take what the rules made of it: it has no name, or a name that none can have.
    AfterRelabelling,
}

struct Remembered {
    outcome: Outcome,
    last_seen: u64,
}

enum Outcome {
    Unchanged,
    Changed(Box<[u8]>),
    Dropped(DroppedBy),
}

impl DroppedBy {
    /// It as a label's value.
    #[must_use]
    pub fn as_text(self) -> String {
        match self {
            Self::Rule(number) => number.to_string(),
            Self::AfterRelabelling => "after_relabelling".to_owned(),
        }
    }
}

impl Relabeler {
    /// Applies `rules`; `None` when there are none.
    #[must_use]
    pub fn new(rules: &[RelabelRule]) -> Option<Self> {
        (!rules.is_empty()).then(|| Self {
            rules: rules.to_vec(),
            outcomes: HashMap::default(),
            collections: 0,
            seen: 0,
            compressor: Compressor::new(),
        })
    }

    /// Relabels all series of a collection, or of a part of one: samples, seeds, staleness markers, exemplars and
    /// histograms alike.
    pub fn apply(&mut self, collected: &Collected) -> Relabelled {
        if !collected.continues {
            self.forget_the_gone();
            self.collections += 1;
            self.seen = 0;
        }
        let mut relabelled = Relabelled::default();
        relabelled.collected.continues = collected.continues;
        for chunk in &collected.chunks {
            let chunk = self.chunk(chunk, &mut relabelled.dropped);
            relabelled.collected.chunks.push(chunk);
        }
        relabelled
    }

    /// How many series are remembered.
    #[cfg(test)]
    fn remembered(&self) -> usize {
        self.outcomes.len()
    }

    fn chunk(&mut self, chunk: &Chunk, dropped: &mut BTreeMap<DroppedBy, Counts>) -> Chunk {
        // What cannot be read cannot be relabelled: its series are dropped, and counted.
        let plain = chunk.series.decompress().unwrap_or_default();
        let mut bytes = Vec::with_capacity(plain.len());
        let mut ends = Vec::with_capacity(chunk.ends.len());
        let mut start = 0;
        for end in chunk.ends.iter() {
            let series = plain.get(start..end.byte as usize).unwrap_or_default();
            start = end.byte as usize;
            match self.put_series(series, &mut bytes) {
                None => {
                    let byte = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
                    ends.push(SeriesEnd { byte, ..*end });
                }
                Some(by) => {
                    let counts = Counts::of(chunk.kind, u64::from(end.samples));
                    *dropped.entry(by).or_default() += counts.with_exemplars_within(slice::from_ref(end));
                }
            }
        }
        Chunk {
            series: self.compressor.compress(&bytes),
            ends: ends.into(),
            kind: chunk.kind,
            lane: chunk.lane,
            collected_unix_milliseconds: chunk.collected_unix_milliseconds,
        }
    }

    /// Appends `series` as the rules make it, or tells what drops it.
    fn put_series(&mut self, series: &[u8], out: &mut Vec<u8>) -> Option<DroppedBy> {
        let Some((labels, content)) = split_time_series(series) else {
            return Some(DroppedBy::AfterRelabelling);
        };
        match self.outcome(labels) {
            Outcome::Unchanged => out.extend_from_slice(series),
            Outcome::Changed(labels) => put_time_series(out, &[labels], content),
            Outcome::Dropped(by) => return Some(*by),
        }
        None
    }

    fn outcome(&mut self, encoded: &[u8]) -> &Outcome {
        let rules = &self.rules;
        let entry = self.outcomes.entry_ref(encoded);
        let remembered = entry.or_insert_with(|| Remembered {
            outcome: outcome_of(encoded, rules),
            last_seen: 0,
        });
        if remembered.last_seen != self.collections {
            remembered.last_seen = self.collections;
            self.seen += 1;
        }
        &remembered.outcome
    }

    /// Only after all parts of a collection it is known which series were in none.
    fn forget_the_gone(&mut self) {
        if self.outcomes.len() > FEW.max(self.seen + self.seen / 2) {
            let now = self.collections;
            self.outcomes.retain(|_, remembered| remembered.last_seen == now);
        }
    }
}

fn outcome_of(encoded: &[u8], rules: &[RelabelRule]) -> Outcome {
    let before = Labels::of(labels(encoded));
    if !is_all_text(encoded) {
        return Outcome::Dropped(DroppedBy::AfterRelabelling);
    }
    let after = match rules::apply(before.clone(), rules) {
        Ok(labels) => labels.sorted(),
        Err(number) => return Outcome::Dropped(DroppedBy::Rule(number)),
    };
    if !validity::is_valid(&after, &before) {
        return Outcome::Dropped(DroppedBy::AfterRelabelling);
    }
    let mut changed = Vec::with_capacity(encoded.len());
    for (name, value) in after {
        put_label(&mut changed, &name, &value);
    }
    if changed == encoded {
        Outcome::Unchanged
    } else {
        Outcome::Changed(changed.into())
    }
}

/// Whether all labels could be read: their reader ends at the first that is no text, and what is behind it would be lost.
fn is_all_text(encoded: &[u8]) -> bool {
    let mut read = Vec::with_capacity(encoded.len());
    for (name, value) in labels(encoded) {
        put_label(&mut read, name, value);
    }
    read == encoded
}
