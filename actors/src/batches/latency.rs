//! How long a span took, where that can be told.

/// A duration in seconds that is observed, or none that is: as large as a number, because each waiting half has one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Latency(f64);

impl Latency {
    /// That of a side that never reported: it is observed as 0 (SPEC §2).
    pub const ZERO: Self = Self(0.0);
    /// None that can be: no histogram takes it.
    pub const IMPOSSIBLE: Self = Self(-1.0);

    /// `end - start`, two times in nanoseconds since the Unix epoch; 0 when the end lies before the start.
    #[must_use]
    pub fn between(start_unix_nanoseconds: u64, end_unix_nanoseconds: u64) -> Self {
        Self(seconds_between(start_unix_nanoseconds, end_unix_nanoseconds))
    }

    /// `seconds`, which are not negative.
    #[must_use]
    pub fn of_seconds(seconds: f64) -> Self {
        Self(seconds)
    }

    /// The seconds to observe, if there are any.
    #[must_use]
    pub fn seconds(self) -> Option<f64> {
        (self.0 >= 0.0).then_some(self.0)
    }
}

/// `end - start` in seconds, 0 when negative.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "a latency needs no more than 53 bits")]
pub fn seconds_between(start_unix_nanoseconds: u64, end_unix_nanoseconds: u64) -> f64 {
    end_unix_nanoseconds.saturating_sub(start_unix_nanoseconds) as f64 / 1e9
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_latency_is_never_negative_and_an_impossible_one_is_none() {
        assert_eq!(Latency::between(5, 1_500_000_005).seconds(), Some(1.5));
        assert_eq!(Latency::between(5, 4), Latency::ZERO);
        assert_eq!(Latency::ZERO.seconds(), Some(0.0));
        assert_eq!(Latency::IMPOSSIBLE.seconds(), None);
    }
}
