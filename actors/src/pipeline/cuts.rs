//! When cuts are due: on a grid that all tenants share, so that those with one interval share their cuts; pure.

use std::time::Duration;

use crate::time::{PipelineTime, TimeShift};

/// The times of cuts.
#[derive(Clone, Copy, Debug)]
pub struct Cuts {
    last: PipelineTime,
    longest: Duration,
}

impl Cuts {
    /// The last one was at `last`; at most `longest` goes by between two.
    #[must_use]
    pub fn new(last: PipelineTime, longest: Duration) -> Self {
        Self { last, longest }
    }

    /// Whether a cut is due at `now`, when tenants are collected at these `intervals`.
    pub fn is_any_due(&self, now: PipelineTime, mut intervals: impl Iterator<Item = Duration>) -> bool {
        now.since(self.last) >= self.longest || intervals.any(|interval| self.is_due(now, interval))
    }

    /// Whether what is collected every `interval` is due at a cut at `now`: a multiple of the interval has passed since the
    /// last cut.
    #[must_use]
    pub fn is_due(&self, now: PipelineTime, interval: Duration) -> bool {
        let interval = i64::try_from(interval.as_millis()).unwrap_or(i64::MAX).max(1);
        let turn = |time: PipelineTime| time.unix_milliseconds().div_euclid(interval);
        turn(now) > turn(self.last)
    }

    /// When the next cut is due, when tenants are collected at these `intervals`.
    pub fn next(&self, intervals: impl Iterator<Item = Duration>) -> PipelineTime {
        let after = |interval: Duration| {
            let interval = i64::try_from(interval.as_millis()).unwrap_or(i64::MAX).max(1);
            let turn = self.last.unix_milliseconds().div_euclid(interval);
            PipelineTime::from_unix_milliseconds(turn.saturating_add(1).saturating_mul(interval))
        };
        intervals
            .map(after)
            .fold(self.last + self.longest, PipelineTime::min)
    }

    /// A cut was made at `now`.
    pub fn made(&mut self, now: PipelineTime) {
        self.last = now;
    }

    /// The clock was shifted.
    pub fn shift(&mut self, by: TimeShift) {
        self.last += by;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(unix_milliseconds: i64) -> PipelineTime {
        PipelineTime::from_unix_milliseconds(unix_milliseconds)
    }

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn tenants_of_one_interval_share_their_cuts() {
        let mut cuts = Cuts::new(at(14_000), 60 * SECOND);
        assert!(!cuts.is_due(at(14_900), 15 * SECOND));
        assert!(cuts.is_due(at(15_050), 15 * SECOND));
        assert!(cuts.is_any_due(at(15_050), [15 * SECOND].into_iter()));
        cuts.made(at(15_050));
        assert!(!cuts.is_due(at(29_999), 15 * SECOND));
        assert!(cuts.is_due(at(29_999), 10 * SECOND));
        assert!(cuts.is_due(at(31_000), 15 * SECOND));
    }

    #[test]
    fn a_cut_comes_also_when_nobody_is_collected_for_long() {
        let cuts = Cuts::new(at(0), 5 * SECOND);
        assert!(!cuts.is_any_due(at(4_999), [60 * SECOND].into_iter()));
        assert!(cuts.is_any_due(at(5_000), [60 * SECOND].into_iter()));
        assert!(!cuts.is_due(at(5_000), 60 * SECOND));
    }

    #[test]
    fn the_next_cut_is_the_first_that_is_due() {
        let cuts = Cuts::new(at(14_000), 60 * SECOND);
        let intervals = [15 * SECOND, 10 * SECOND];
        assert_eq!(cuts.next(intervals.into_iter()), at(15_000));
        assert_eq!(cuts.next([10 * SECOND].into_iter()), at(20_000));
        assert_eq!(cuts.next([].into_iter()), at(74_000));
        for interval in intervals {
            let next = cuts.next([interval].into_iter());
            assert!(
                cuts.is_due(next, interval)
                    && !cuts.is_due(next + TimeShift::from_milliseconds(-1), interval)
            );
        }
    }

    #[test]
    fn a_clock_that_is_set_back_leaves_the_cuts_as_far_apart() {
        let mut cuts = Cuts::new(at(100_000), 5 * SECOND);
        cuts.shift(TimeShift::from_milliseconds(-90_000));
        assert!(!cuts.is_any_due(at(11_000), [].into_iter()));
        assert!(cuts.is_any_due(at(15_000), [].into_iter()));
    }
}
