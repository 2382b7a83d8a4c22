//! Chunks that wait in a lane, and how whole series are cut from their fronts.

use std::sync::Arc;

use super::counts::Counts;
use super::halves::rebased;
use super::request::{Group, Part};
use crate::batches::{Chunk, Compressed, Compressor, LANES, SeriesEnd};

/// A chunk, or what is left of it after cuts.
#[derive(Debug)]
pub(super) struct Waiting {
    chunk: Chunk,
    collection: u64,
    first_series: usize,
    count: u64,
    /// The chunk before compression, once it was cut.
    plain: Option<Vec<u8>>,
}

impl Waiting {
    /// All of `chunk`, which came with the collection of that number.
    pub(super) fn new(chunk: Chunk, collection: u64) -> Self {
        let count = chunk.ends.iter().map(|end| u64::from(end.samples)).sum();
        Self {
            chunk,
            collection,
            first_series: 0,
            count,
            plain: None,
        }
    }

    pub(super) fn group(&self) -> Group {
        Group::of(self.chunk.kind)
    }

    pub(super) fn counts(&self) -> Counts {
        let left = self.chunk.ends.get(self.first_series..).unwrap_or_default();
        Counts::of(self.chunk.kind, self.count).with_exemplars_within(left)
    }

    pub(super) fn collection(&self) -> u64 {
        self.collection
    }

    pub(super) fn collected_unix_milliseconds(&self) -> i64 {
        self.chunk.collected_unix_milliseconds
    }

    pub(super) fn is_used_up(&self) -> bool {
        self.first_series >= self.chunk.ends.len()
    }

    /// Cuts off as many whole series as have room, and the first one in any case when `at_least_one`.
    ///
    /// A whole chunk is shared, not copied. Only one that is cut is decompressed, and each cut compressed anew: chunks
    /// are made to fill requests of the usual size, so that this is rare.
    pub(super) fn cut(&mut self, room: u64, at_least_one: bool) -> Option<Part> {
        let (next, count) = self.series_that_fit(room, at_least_one);
        if next == self.first_series {
            return None;
        }
        // What cannot be cut goes whole: a request that is too large is better than samples that are lost.
        let whole = (self.chunk.ends.len(), self.count);
        let (series, ends, (next, count)) = match self.series(next) {
            Some(series) => (series, self.ends(next), (next, count)),
            None => (self.chunk.series.clone(), Arc::clone(&self.chunk.ends), whole),
        };
        let part = Part {
            kind: self.chunk.kind,
            lane: self.chunk.lane % LANES,
            series,
            ends,
            count,
            collected_unix_milliseconds: self.chunk.collected_unix_milliseconds,
        };
        self.first_series = next;
        self.count -= count;
        Some(part)
    }

    /// The series from the first one left up to `next`; none when the chunk cannot be decompressed.
    fn series(&mut self, next: usize) -> Option<Compressed> {
        let is_whole = self.first_series == 0 && next == self.chunk.ends.len();
        if is_whole {
            return Some(self.chunk.series.clone());
        }
        if self.plain.is_none() {
            self.plain = self.chunk.series.decompress().ok();
        }
        let plain = self
            .plain
            .as_ref()?
            .get(self.byte(self.first_series)..self.byte(next))?;
        Some(Compressor::new().compress(plain))
    }

    /// Where the series from the first one left up to `next` end in [`Self::series`].
    fn ends(&self, next: usize) -> Arc<[SeriesEnd]> {
        let is_whole = self.first_series == 0 && next == self.chunk.ends.len();
        if is_whole {
            return Arc::clone(&self.chunk.ends);
        }
        let ends = self.chunk.ends.get(self.first_series..next);
        rebased(ends.unwrap_or_default(), self.byte(self.first_series))
    }

    fn series_that_fit(&self, room: u64, at_least_one: bool) -> (usize, u64) {
        let (mut next, mut count) = (self.first_series, 0);
        for end in self.chunk.ends.iter().skip(self.first_series) {
            let forced = at_least_one && next == self.first_series;
            let with_this = count + u64::from(end.samples);
            if with_this > room && !forced {
                break;
            }
            (next, count) = (next + 1, with_this);
        }
        (next, count)
    }

    /// Where series number `series` begins.
    fn byte(&self, series: usize) -> usize {
        let end = series
            .checked_sub(1)
            .and_then(|before| self.chunk.ends.get(before));
        end.map_or(0, |end| end.byte as usize)
    }
}
