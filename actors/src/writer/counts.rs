//! Counts of what is written, by kind.

use std::ops::{AddAssign, SubAssign};

use crate::batches::{ChunkKind, SeriesEnd};

/// How many samples of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Zeros before new series.
    pub seeds: u64,
    /// Values and staleness markers.
    pub samples: u64,
    /// Exemplars.
    pub exemplars: u64,
    /// Native histograms.
    pub histograms: u64,
    /// Exemplars within native histograms. They take no room of their own, so that no total has them.
    pub histogram_exemplars: u64,
}

impl Counts {
    /// `count` of `kind` and none of the others.
    #[must_use]
    pub fn of(kind: ChunkKind, count: u64) -> Self {
        let mut counts = Self::default();
        match kind {
            ChunkKind::Seeds => counts.seeds = count,
            ChunkKind::Samples => counts.samples = count,
            ChunkKind::Exemplars => counts.exemplars = count,
            ChunkKind::NativeHistograms => counts.histograms = count,
        }
        counts
    }

    /// The same, with the exemplars within the series that end at `ends`.
    #[must_use]
    pub fn with_exemplars_within(self, ends: &[SeriesEnd]) -> Self {
        Self {
            histogram_exemplars: ends.iter().map(|end| u64::from(end.exemplars)).sum(),
            ..self
        }
    }

    /// All exemplars, alone and within native histograms.
    #[must_use]
    pub fn all_exemplars(&self) -> u64 {
        self.exemplars + self.histogram_exemplars
    }

    /// Those of `kind` alone.
    #[must_use]
    pub fn only(&self, kind: ChunkKind) -> Self {
        let mut counts = Self::of(kind, self.get(kind));
        if kind == ChunkKind::NativeHistograms {
            counts.histogram_exemplars = self.histogram_exemplars;
        }
        counts
    }

    /// How many of `kind`.
    #[must_use]
    pub fn get(&self, kind: ChunkKind) -> u64 {
        match kind {
            ChunkKind::Seeds => self.seeds,
            ChunkKind::Samples => self.samples,
            ChunkKind::Exemplars => self.exemplars,
            ChunkKind::NativeHistograms => self.histograms,
        }
    }

    /// All kinds together.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.seeds + self.samples + self.exemplars + self.histograms
    }

    /// Whether there is nothing of any kind.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.total() == 0
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.seeds += other.seeds;
        self.samples += other.samples;
        self.exemplars += other.exemplars;
        self.histograms += other.histograms;
        self.histogram_exemplars += other.histogram_exemplars;
    }
}

impl SubAssign for Counts {
    fn sub_assign(&mut self, other: Self) {
        self.seeds = self.seeds.saturating_sub(other.seeds);
        self.samples = self.samples.saturating_sub(other.samples);
        self.exemplars = self.exemplars.saturating_sub(other.exemplars);
        self.histograms = self.histograms.saturating_sub(other.histograms);
        self.histogram_exemplars = self.histogram_exemplars.saturating_sub(other.histogram_exemplars);
    }
}
