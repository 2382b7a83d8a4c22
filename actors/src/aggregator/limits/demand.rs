//! What was turned away: how many series and label sets there would be without a limit.

use super::distinct::RecentlyDistinct;
use crate::aggregator::series::{FamilyId, FamilyTable};
use crate::time::TimeShift;

/// The distinct label sets and series that limits lately turned away, by hashes of their labels.
#[derive(Debug)]
pub struct TurnedAway {
    label_sets: RecentlyDistinct,
    series: FamilyTable<RecentlyDistinct>,
    period_milliseconds: i64,
    period_begun: Option<i64>,
}

impl TurnedAway {
    /// Nothing turned away yet in `families` families.
    pub fn new(families: usize, period_milliseconds: i64) -> Self {
        Self {
            label_sets: RecentlyDistinct::default(),
            series: (0..families).map(|_| RecentlyDistinct::default()).collect(),
            period_milliseconds,
            period_begun: None,
        }
    }

    /// Notes a label set.
    pub fn see_label_set(&mut self, hash: u64) {
        self.label_sets.see(hash);
    }

    /// Notes the series that a label set would have in `family`.
    pub fn see_series(&mut self, family: FamilyId, hash: u64) {
        self.series[family].see(hash);
    }

    /// Forgets what was turned away longer ago than one to two periods.
    pub fn forget(&mut self, now_unix_milliseconds: i64) {
        let begun = *self.period_begun.get_or_insert(now_unix_milliseconds);
        if now_unix_milliseconds.saturating_sub(begun) >= self.period_milliseconds {
            self.period_begun = Some(now_unix_milliseconds);
            self.label_sets.begin_period();
            self.series.iter_mut().for_each(RecentlyDistinct::begin_period);
        }
    }

    /// Moves the time at which the period began.
    pub fn shift(&mut self, by: TimeShift) {
        self.period_begun.iter_mut().for_each(|begun| by.apply(begun));
    }

    /// How many label sets, estimated.
    pub fn label_sets(&self) -> usize {
        self.label_sets.estimate()
    }

    /// How many rows of each family, estimated, in the order of the families.
    pub fn rows(&self) -> impl Iterator<Item = usize> {
        self.series.iter().map(RecentlyDistinct::estimate)
    }

    /// The bytes that are allocated.
    pub fn memory_bytes(&self) -> usize {
        let series: usize = self.series.iter().map(RecentlyDistinct::memory_bytes).sum();
        self.label_sets.memory_bytes() + series
    }
}
