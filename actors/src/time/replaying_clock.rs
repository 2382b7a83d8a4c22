//! The clock of a source that is read again: set by the records, not by what time it is.

use super::pipeline_time::PipelineTime;

/// The time of the records that were read.
#[derive(Debug)]
pub struct ReplayingClock {
    latest: PipelineTime,
}

impl ReplayingClock {
    /// A clock that shows `time` until a later record is read.
    #[must_use]
    pub const fn new(time: PipelineTime) -> Self {
        Self { latest: time }
    }

    /// The time of the last record.
    #[must_use]
    pub const fn time(&self) -> PipelineTime {
        self.latest
    }

    /// Shows `time` from now on, unless it shows a later one.
    pub fn advance(&mut self, time: PipelineTime) {
        self.latest = self.latest.max(time);
    }

    /// The stamp of a record that says it is of `recorded`, read as the wall clock shows `wall`: at most that, because a
    /// record of the future would expire what others wait for, and at least that of the record before it.
    pub fn stamp(&mut self, recorded: PipelineTime, wall: PipelineTime) -> PipelineTime {
        self.latest = self.latest.max(recorded.min(wall));
        self.latest
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(milliseconds: i64) -> PipelineTime {
        PipelineTime::from_unix_milliseconds(milliseconds)
    }

    #[test]
    fn a_record_has_its_own_time_but_none_of_the_future_and_none_before_the_last() {
        let mut clock = ReplayingClock::new(at(10));
        for (recorded, stamp) in [(12, 12), (11, 12), (13, 13), (500, 100), (50, 100)] {
            assert_eq!(clock.stamp(at(recorded), at(100)), at(stamp));
            assert_eq!(clock.time(), at(stamp));
        }
    }

    proptest! {
        #[test]
        fn the_same_records_get_the_same_stamps_whenever_they_are_read(
            records in prop::collection::vec(0..1_000_i64, 0..50), later in 0..1_000_i64,
        ) {
            let read_at = |wall| {
                let mut clock = ReplayingClock::new(at(0));
                records.iter().map(|record| clock.stamp(at(*record), at(wall))).collect::<Vec<_>>()
            };
            let stamps = read_at(1_000);
            prop_assert!(stamps.is_sorted());
            prop_assert_eq!(stamps, read_at(1_000 + later));
        }
    }
}
