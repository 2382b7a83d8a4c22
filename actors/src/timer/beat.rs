//! When ticks are due, and how late they come: a pure metronome.

use std::time::{Duration, Instant};

/// Ticks that are due at equal intervals; one that is late does not put off the next.
#[derive(Clone, Copy, Debug)]
pub struct Beat {
    interval: Duration,
    due: Instant,
}

impl Beat {
    /// Ticks every `interval` from `start` on, the first one an interval later.
    #[must_use]
    pub fn new(interval: Duration, start: Instant) -> Self {
        Self {
            interval,
            due: start + interval,
        }
    }

    /// How late the tick is that came at `now`; the next one is due an interval after this one was.
    pub fn tick(&mut self, now: Instant) -> Duration {
        let delay = now.saturating_duration_since(self.due);
        self.due += self.interval;
        delay
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_are_told_and_do_not_add_up() {
        let (start, milliseconds) = (Instant::now(), Duration::from_millis);
        let mut beat = Beat::new(milliseconds(100), start);
        let mut delay = |at| beat.tick(start + milliseconds(at));
        assert_eq!(delay(100), Duration::ZERO);
        assert_eq!(delay(230), milliseconds(30));
        assert_eq!(delay(301), milliseconds(1));
        assert_eq!(delay(399), Duration::ZERO, "a tick that comes early is not late");
    }

    #[test]
    fn ticks_that_are_made_up_for_are_late_one_by_one() {
        let (start, milliseconds) = (Instant::now(), Duration::from_millis);
        let mut beat = Beat::new(milliseconds(100), start);
        let delays = [350, 350, 350].map(|at| beat.tick(start + milliseconds(at)));
        assert_eq!(delays, [milliseconds(250), milliseconds(150), milliseconds(50)]);
    }
}
