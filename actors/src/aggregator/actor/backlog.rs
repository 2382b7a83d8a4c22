//! Parts of collections that wait until a writer has room for them, within a bound.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::batches::Collected;
use crate::writer::Counts;

/// The most samples that wait, as many as a writer queues by default; the newest part waits however large it is.
pub(super) const MOST_SAMPLES: u64 = 500_000;

/// What waits; pure.
#[derive(Debug, Default)]
pub(super) struct Backlog {
    parts: VecDeque<(Arc<Collected>, Counts)>,
    waiting: Counts,
}

impl Backlog {
    /// Whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Appends `collected`, and returns what was dropped for it: the oldest parts.
    pub(super) fn push(&mut self, collected: Arc<Collected>, most_samples: u64) -> Counts {
        let counts = counts_of(&collected);
        self.waiting += counts;
        self.parts.push_back((collected, counts));
        let mut dropped = Counts::default();
        while self.waiting.total() > most_samples && self.parts.len() > 1 {
            let oldest = self.parts.pop_front();
            let oldest = oldest.map_or_else(Counts::default, |(_, counts)| counts);
            self.waiting -= oldest;
            dropped += oldest;
        }
        dropped
    }

    /// The oldest part, to be sent.
    pub(super) fn pop(&mut self) -> Option<Arc<Collected>> {
        let (collected, counts) = self.parts.pop_front()?;
        self.waiting -= counts;
        Some(collected)
    }
}

fn counts_of(collected: &Collected) -> Counts {
    let mut counts = Counts::default();
    for chunk in &collected.chunks {
        let samples = u64::try_from(chunk.samples()).unwrap_or(u64::MAX);
        counts += Counts::of(chunk.kind, samples).with_exemplars_within(&chunk.ends);
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batches::{Chunk, ChunkKind, Compressor, SeriesEnd};

    /// A part with so many seeds and so many samples.
    fn part(seeds: usize, samples: usize) -> Arc<Collected> {
        let chunk = |kind, series| Chunk {
            kind,
            lane: 0,
            series: Compressor::new().compress(b""),
            ends: vec![
                SeriesEnd {
                    byte: 0,
                    samples: 1,
                    exemplars: 0
                };
                series
            ]
            .into(),
            collected_unix_milliseconds: 0,
        };
        let chunks = vec![chunk(ChunkKind::Seeds, seeds), chunk(ChunkKind::Samples, samples)];
        Arc::new(chunks.into())
    }

    #[test]
    fn parts_come_out_in_their_order() {
        let mut backlog = Backlog::default();
        let parts = [part(0, 1), part(0, 2)];
        for part in &parts {
            assert!(backlog.push(Arc::clone(part), 3).is_empty());
        }
        assert!(!backlog.is_empty());
        for part in &parts {
            assert!(Arc::ptr_eq(&backlog.pop().unwrap(), part));
        }
        assert!(backlog.is_empty() && backlog.pop().is_none());
    }

    #[test]
    fn beyond_the_bound_the_oldest_parts_go_and_are_counted_but_never_the_newest() {
        let mut backlog = Backlog::default();
        assert!(backlog.push(part(1, 2), 5).is_empty());
        assert!(backlog.push(part(0, 2), 5).is_empty());
        let dropped = backlog.push(part(0, 3), 5);
        assert_eq!((dropped.seeds, dropped.samples), (1, 2));
        let dropped = backlog.push(part(0, 100), 5);
        assert_eq!(dropped.samples, 5);
        assert_eq!(backlog.pop().unwrap().chunks[1].samples(), 100);
        assert!(
            backlog.push(part(0, 5), 5).is_empty(),
            "what came out takes no room"
        );
    }
}
