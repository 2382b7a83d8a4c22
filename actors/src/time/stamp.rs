//! Stamps: a time and the era of the clock that told it, and how whoever keeps times follows from era to era.

use std::time::Duration;

use super::pipeline_time::{PipelineTime, TimeShift};

/// When something came or ticked; taken there, and passed along from there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// When, by the clock as it was set then.
    pub time: PipelineTime,
    era: Era,
}

/// How often and how far a clock was shifted until then. Times of two eras must not be compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Era {
    number: u32,
    /// All shifts together.
    shifted: TimeShift,
}

/// The era of all times that somebody keeps.
#[derive(Clone, Copy, Debug, Default)]
pub struct Timeline {
    era: Era,
}

/// A stamp as somebody sees it who keeps times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "what is kept must be shifted before it is compared with the time"]
pub struct Followed {
    /// The time of the stamp in the era of the timeline.
    pub now: PipelineTime,
    /// By what every time that is kept is to be moved first.
    pub shift: Option<TimeShift>,
}

impl Stamp {
    /// `time` in `era`.
    #[must_use]
    pub const fn new(time: PipelineTime, era: Era) -> Self {
        Self { time, era }
    }

    /// How long after `earlier` it is, whatever was shifted between them; nothing when it is not.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        self.unshifted().since(earlier.unshifted())
    }

    /// The time that it would be had the clock never been shifted: what lies between two of these is how long it took. It
    /// is no time of day.
    #[must_use]
    pub fn unshifted(self) -> PipelineTime {
        self.time + -self.era.shifted
    }
}

/// A stamp of a clock that was never shifted.
impl From<PipelineTime> for Stamp {
    fn from(time: PipelineTime) -> Self {
        Self::new(time, Era::default())
    }
}

impl Era {
    /// The next era of the same clock, which begins as the clock is shifted by `shift`.
    #[must_use]
    pub fn after(self, shift: TimeShift) -> Self {
        Self {
            number: self.number.wrapping_add(1),
            shifted: self.shifted + shift,
        }
    }

    /// Whether it began after `other` of the same clock.
    fn is_later(self, other: Self) -> bool {
        let ahead = self.number.wrapping_sub(other.number);
        ahead != 0 && ahead <= u32::MAX / 2
    }
}

impl Timeline {
    /// Goes on to the era of `stamp` when that is later; one of an earlier era is put into this one.
    pub fn follow(&mut self, stamp: Stamp) -> Followed {
        if !stamp.era.is_later(self.era) {
            let now = stamp.unshifted() + self.era.shifted;
            return Followed { now, shift: None };
        }
        let shift = stamp.era.shifted + -self.era.shifted;
        self.era = stamp.era;
        Followed {
            now: stamp.time,
            shift: Some(shift),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;

    fn at(milliseconds: i64, era: Era) -> Stamp {
        Stamp::new(PipelineTime::from_unix_milliseconds(milliseconds), era)
    }

    fn followed(now: i64, shift: Option<i64>) -> Followed {
        Followed {
            now: PipelineTime::from_unix_milliseconds(now),
            shift: shift.map(TimeShift::from_milliseconds),
        }
    }

    #[test]
    fn a_shift_is_heard_of_once_and_older_stamps_are_put_into_the_new_era() {
        let first = Era::default();
        for by in [HOUR, -HOUR] {
            let (mut timeline, next) = (Timeline::default(), first.after(TimeShift::from_milliseconds(by)));
            assert_eq!(timeline.follow(at(10, first)), followed(10, None));
            assert_eq!(timeline.follow(at(12 + by, next)), followed(12 + by, Some(by)));
            assert_eq!(timeline.follow(at(11, first)), followed(11 + by, None));
            assert_eq!(timeline.follow(at(13 + by, next)), followed(13 + by, None));
        }
    }

    #[test]
    fn shifts_that_were_missed_come_together() {
        let (mut timeline, shift) = (Timeline::default(), TimeShift::from_milliseconds);
        let third = Era::default().after(shift(HOUR)).after(shift(-3 * HOUR));
        assert_eq!(timeline.follow(at(7, third)), followed(7, Some(-2 * HOUR)));
    }

    #[test]
    fn what_lies_between_stamps_is_told_across_shifts() {
        let next = Era::default().after(TimeShift::from_milliseconds(-HOUR));
        let (before, after) = (at(HOUR, Era::default()), at(250, next));
        assert_eq!(after.since(before), Duration::from_millis(250));
        assert_eq!(before.since(after), Duration::ZERO);
    }

    #[test]
    fn eras_are_told_apart_past_the_largest_number() {
        let last = Era {
            number: u32::MAX,
            ..Era::default()
        };
        let next = last.after(TimeShift::ZERO);
        assert!(next.is_later(last) && !last.is_later(next) && !last.is_later(last));
    }
}
