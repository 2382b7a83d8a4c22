//! A time of the pipeline in whole milliseconds, and what it can be moved by.

use std::ops::{Add, AddAssign, Neg, Sub};
use std::time::Duration;

/// Milliseconds since the Unix epoch. All arithmetic ends at the bounds of what it can hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PipelineTime(i64);

/// By how many milliseconds a clock was set forward, or back when it is negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeShift(i64);

impl PipelineTime {
    /// Before all others.
    pub const MIN: Self = Self(i64::MIN);

    /// So many milliseconds after the Unix epoch, or before it when they are negative.
    #[must_use]
    pub const fn from_unix_milliseconds(milliseconds: i64) -> Self {
        Self(milliseconds)
    }

    /// Milliseconds since the Unix epoch, as samples have them.
    #[must_use]
    pub const fn unix_milliseconds(self) -> i64 {
        self.0
    }

    /// Nanoseconds since the Unix epoch, as spans have them; 0 before it, the largest number after the year 2554.
    #[must_use]
    pub fn unix_nanoseconds(self) -> u64 {
        u64::try_from(self.0).unwrap_or(0).saturating_mul(1_000_000)
    }

    /// How long after `earlier` it is; nothing when it is not.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.milliseconds_since(earlier))
    }

    /// The same in milliseconds.
    #[must_use]
    pub fn milliseconds_since(self, earlier: Self) -> u64 {
        u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0)
    }

    /// What moves `other` to it.
    #[must_use]
    pub const fn shift_from(self, other: Self) -> TimeShift {
        TimeShift(self.0.saturating_sub(other.0))
    }
}

/// A part of a millisecond counts as a whole one, so that no deadline is early.
impl Add<Duration> for PipelineTime {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(whole_milliseconds(duration)))
    }
}

/// A part of a millisecond counts as a whole one.
impl Sub<Duration> for PipelineTime {
    type Output = Self;

    fn sub(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(whole_milliseconds(duration)))
    }
}

impl Add<TimeShift> for PipelineTime {
    type Output = Self;

    fn add(self, shift: TimeShift) -> Self {
        Self(self.0.saturating_add(shift.0))
    }
}

impl AddAssign<TimeShift> for PipelineTime {
    fn add_assign(&mut self, shift: TimeShift) {
        *self = *self + shift;
    }
}

impl TimeShift {
    /// No shift.
    pub const ZERO: Self = Self(0);

    /// So many milliseconds forward, or back when they are negative.
    #[must_use]
    pub const fn from_milliseconds(milliseconds: i64) -> Self {
        Self(milliseconds)
    }

    /// How many milliseconds forward; negative when it is back.
    #[must_use]
    pub const fn milliseconds(self) -> i64 {
        self.0
    }

    /// Moves a time that is kept in milliseconds since the Unix epoch.
    pub const fn apply(self, unix_milliseconds: &mut i64) {
        *unix_milliseconds = unix_milliseconds.saturating_add(self.0);
    }

    /// How far, in either direction.
    #[must_use]
    pub const fn distance(self) -> Duration {
        Duration::from_millis(self.0.unsigned_abs())
    }

    /// Whether it is back.
    #[must_use]
    pub const fn is_back(self) -> bool {
        self.0 < 0
    }
}

impl From<Duration> for TimeShift {
    fn from(duration: Duration) -> Self {
        Self(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX))
    }
}

impl Add for TimeShift {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Neg for TimeShift {
    type Output = Self;

    fn neg(self) -> Self {
        Self(self.0.saturating_neg())
    }
}

fn whole_milliseconds(duration: Duration) -> i64 {
    let seconds = i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
    let rest = i64::from(duration.subsec_nanos().div_ceil(1_000_000));
    seconds.saturating_mul(1_000).saturating_add(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: i64) -> PipelineTime {
        PipelineTime::from_unix_milliseconds(milliseconds)
    }

    #[test]
    fn durations_are_added_and_taken_off_in_whole_milliseconds() {
        assert_eq!(at(5) + Duration::from_millis(3), at(8));
        assert_eq!(at(5) + Duration::from_nanos(1), at(6));
        assert_eq!(at(5) - Duration::from_micros(2_001), at(2));
        assert_eq!(at(5) - Duration::from_secs(1), at(-995));
    }

    #[test]
    fn what_is_since_is_never_less_than_nothing() {
        assert_eq!(at(1_500).since(at(500)), Duration::from_secs(1));
        assert_eq!(at(500).since(at(1_500)), Duration::ZERO);
    }

    #[test]
    fn a_shift_moves_one_time_to_another() {
        for (from, to) in [(5, 3_600_005), (3_600_005, 5), (7, 7)] {
            let shift = at(to).shift_from(at(from));
            assert_eq!((at(from) + shift, at(to) + -shift), (at(to), at(from)));
            let mut kept = from;
            shift.apply(&mut kept);
            assert_eq!(kept, to);
            assert_eq!(shift.is_back(), to < from);
            assert_eq!(shift.distance(), Duration::from_millis(from.abs_diff(to)));
        }
    }

    #[test]
    fn arithmetic_ends_at_the_bounds() {
        let (first, last) = (PipelineTime::MIN, at(i64::MAX));
        assert_eq!((last + Duration::MAX, first - Duration::MAX), (last, first));
        assert_eq!(last.since(first), Duration::from_millis(i64::MAX.unsigned_abs()));
        assert_eq!(first + first.shift_from(last), first);
        assert_eq!((first + Duration::MAX).unix_milliseconds(), -1);
        assert_eq!(-TimeShift(i64::MIN), TimeShift(i64::MAX));
    }

    #[test]
    fn spans_have_it_in_nanoseconds() {
        assert_eq!(
            at(1_700_000_000_123).unix_nanoseconds(),
            1_700_000_000_123_000_000
        );
        assert_eq!(
            (at(-1).unix_nanoseconds(), at(i64::MAX).unix_nanoseconds()),
            (0, u64::MAX)
        );
    }
}
