//! A point in time on both clocks: the steady one for waiting, the calendar's for samples.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// One moment; taken where something comes in or ticks, and passed along from there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    /// The steady clock, which expiry goes by: it never jumps.
    pub steady: Instant,
    /// Nanoseconds since the Unix epoch, which slack and samples go by.
    pub unix_nanoseconds: u64,
}

impl Moment {
    /// This moment.
    #[must_use]
    pub fn now() -> Self {
        Self {
            steady: Instant::now(),
            unix_nanoseconds: unix_nanoseconds(SystemTime::now()),
        }
    }

    /// Milliseconds since the Unix epoch.
    #[must_use]
    pub fn unix_milliseconds(&self) -> i64 {
        i64::try_from(self.unix_nanoseconds / 1_000_000).unwrap_or(i64::MAX)
    }
}

/// Nanoseconds since the Unix epoch; 0 before it, the largest number after the year 2554.
#[must_use]
pub fn unix_nanoseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}
