//! How much of the disk is used, how fast that grows, and when it will be at its bounds; pure.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Readings are this far apart.
const APART: Duration = Duration::from_secs(60);

/// Growth is told of so long; fewer readings tell of the time since the start.
const WINDOW: usize = 60;

/// What the state takes at one time, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DiskReading {
    /// All files of the state.
    pub state: u64,
    /// What waits for the endpoint for which most waits.
    pub fullest_queue: u64,
    /// What may wait for one endpoint.
    pub most_queue: u64,
    /// What the disk has room for besides; none when it does not tell.
    pub free: Option<u64>,
}

/// Readings of the last hour.
#[derive(Clone, Debug, Default)]
pub struct DiskUse {
    last: DiskReading,
    /// The oldest first.
    readings: VecDeque<(Instant, DiskReading)>,
    at: Option<Instant>,
}

/// How what is used grew, and how long there is room at that pace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiskForecast {
    /// Over which time.
    pub over: Duration,
    /// By how many bytes the state grew in it; less than 0 when it shrank.
    pub grown: i64,
    /// When the fullest queue is at its bound, so that its oldest samples go; none when it does not grow.
    pub queue_full_in: Option<Duration>,
    /// When the disk is full; none when the state does not grow.
    pub disk_full_in: Option<Duration>,
}

impl DiskUse {
    /// Takes a reading at `now`.
    pub fn note(&mut self, reading: DiskReading, now: Instant) {
        (self.last, self.at) = (reading, Some(now));
        let is_due = |(last, _): &(Instant, DiskReading)| now.saturating_duration_since(*last) >= APART;
        if self.readings.back().is_none_or(is_due) {
            self.readings.push_back((now, reading));
        }
        if self.readings.len() > WINDOW + 1 {
            self.readings.pop_front();
        }
    }

    /// What was there at the start; growth counts from the first reading.
    pub fn found(&mut self, reading: DiskReading) {
        self.last = reading;
    }

    /// The last reading.
    #[must_use]
    pub fn last(&self) -> DiskReading {
        self.last
    }

    /// What there is to expect; none before a minute of readings.
    #[must_use]
    pub fn forecast(&self) -> Option<DiskForecast> {
        let (first_at, first) = self.readings.front()?;
        let over = self.at?.saturating_duration_since(*first_at);
        if over < APART {
            return None;
        }
        let last = self.last;
        let queue_room = last.most_queue.saturating_sub(last.fullest_queue);
        Some(DiskForecast {
            over,
            grown: last.state.cast_signed().saturating_sub(first.state.cast_signed()),
            queue_full_in: time_to_use(queue_room, first.fullest_queue, last.fullest_queue, over),
            disk_full_in: last
                .free
                .and_then(|free| time_to_use(free, first.state, last.state, over)),
        })
    }
}

/// How long `room` lasts when `before` became `after` in the time `over`.
fn time_to_use(room: u64, before: u64, after: u64, over: Duration) -> Option<Duration> {
    let grown = after.checked_sub(before).filter(|grown| *grown > 0)?;
    let seconds = u128::from(room) * u128::from(over.as_secs()) / u128::from(grown);
    Some(Duration::from_secs(u64::try_from(seconds).unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn reading(state: u64, fullest_queue: u64) -> DiskReading {
        DiskReading {
            state,
            fullest_queue,
            most_queue: 1_000,
            free: Some(6_000),
        }
    }

    #[test]
    fn what_grows_is_told_with_the_time_until_it_is_full() {
        let (mut used, begun) = (DiskUse::default(), Instant::now());
        used.note(reading(100, 0), begun);
        used.note(reading(130, 10), begun + MINUTE / 2);
        assert_eq!(used.forecast(), None, "too early to tell");
        used.note(reading(700, 200), begun + 2 * MINUTE);
        let forecast = used.forecast().unwrap();
        assert_eq!((forecast.over, forecast.grown), (2 * MINUTE, 600));
        assert_eq!(forecast.queue_full_in, Some(8 * MINUTE));
        assert_eq!(forecast.disk_full_in, Some(20 * MINUTE));
    }

    #[test]
    fn only_the_last_hour_counts_and_what_shrinks_is_never_full() {
        let (mut used, begun) = (DiskUse::default(), Instant::now());
        for minute in 0..200 {
            used.note(reading(10_000 - u64::from(minute), 5), begun + minute * MINUTE);
        }
        let forecast = used.forecast().unwrap();
        assert_eq!((forecast.over, forecast.grown), (60 * MINUTE, -60));
        assert_eq!((forecast.queue_full_in, forecast.disk_full_in), (None, None));
    }
}
