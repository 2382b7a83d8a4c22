//! The readings of the last two minutes, and what follows from those of a window.

use std::collections::VecDeque;
use std::time::Duration;

use super::reading::Reading;

/// How long readings are kept.
pub const KEPT: Duration = Duration::from_secs(120);

/// The most readings that are kept, so that a clock that stands still fills no memory.
const MOST: usize = 121;

/// The readings of the last two minutes, oldest first.
#[derive(Debug, Default)]
pub struct Ring(VecDeque<Reading>);

/// The readings of one window of time, oldest first; rates are between its first and its last.
#[derive(Clone, Debug, Default)]
pub struct Window(Vec<Reading>);

impl Ring {
    /// Adds a reading, which is not older than those before it, and forgets those that are too old.
    pub fn push(&mut self, reading: Reading) {
        self.0.push_back(reading);
        let is_old = |first: &Reading| reading.at.saturating_duration_since(first.at) > KEPT;
        while self.0.len() > MOST || self.0.front().is_some_and(is_old) {
            self.0.pop_front();
        }
    }

    /// The readings of the last `length`, and the one just before, so that the window has all of its length.
    pub fn window(&self, length: Duration) -> Window {
        let Some(last) = self.0.back() else {
            return Window::default();
        };
        let is_inside = |reading: &&Reading| last.at.saturating_duration_since(reading.at) < length;
        let inside = self.0.iter().rev().take_while(is_inside).count();
        let from = self.0.len().saturating_sub(inside + 1);
        Window(self.0.iter().skip(from).copied().collect())
    }
}

impl Window {
    /// A window with `readings`, oldest first.
    #[must_use]
    pub fn new(readings: Vec<Reading>) -> Self {
        Self(readings)
    }

    /// The time between its first reading and its last.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        let (first, last) = (self.0.first(), self.0.last());
        first.zip(last).map_or(Duration::ZERO, |(first, last)| {
            last.at.saturating_duration_since(first.at)
        })
    }

    /// The last reading; `None` when there is none yet.
    #[must_use]
    pub fn last(&self) -> Option<&Reading> {
        self.0.last()
    }

    /// The largest value of `gauge`.
    #[must_use]
    pub fn most(&self, gauge: impl Fn(&Reading) -> usize) -> usize {
        self.0.iter().map(gauge).max().unwrap_or(0)
    }

    /// By how much `counter` rose.
    #[must_use]
    pub fn increase(&self, counter: impl Fn(&Reading) -> u64) -> u64 {
        let (first, last) = (self.0.first(), self.0.last());
        first
            .zip(last)
            .map_or(0, |(first, last)| counter(last).saturating_sub(counter(first)))
    }

    /// By how much `counter` rose a second; 0 when there is no time in the window.
    #[must_use]
    pub fn rate(&self, counter: impl Fn(&Reading) -> u64) -> f64 {
        per_second(self.increase(counter), self.elapsed())
    }

    /// By how much `counter` rose a second, between each reading and the next.
    #[must_use]
    pub fn points(&self, counter: impl Fn(&Reading) -> u64) -> Vec<f64> {
        let pairs = self.0.iter().zip(self.0.iter().skip(1));
        pairs
            .map(|(earlier, later)| {
                let rise = counter(later).saturating_sub(counter(earlier));
                per_second(rise, later.at.saturating_duration_since(earlier.at))
            })
            .collect()
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a rate need not be exact to the last digit"
)]
fn per_second(rise: u64, elapsed: Duration) -> f64 {
    if elapsed.is_zero() {
        0.0
    } else {
        rise as f64 / elapsed.as_secs_f64()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use proptest::prelude::*;

    use super::*;

    /// A ring with a reading a second, of a counter with `values`.
    fn ring(values: &[u64]) -> Ring {
        let (mut ring, start) = (Ring::default(), Instant::now());
        for (second, spans_received) in (0..).zip(values) {
            let mut reading = Reading::zero(start + Duration::from_secs(second));
            reading.totals.spans_received = *spans_received;
            ring.push(reading);
        }
        ring
    }

    fn spans(reading: &Reading) -> u64 {
        reading.totals.spans_received
    }

    #[test]
    fn a_window_without_two_readings_has_no_rate() {
        for values in [&[][..], &[7]] {
            let window = ring(values).window(KEPT);
            assert_eq!((window.rate(spans), window.increase(spans)), (0.0, 0));
            assert!(window.points(spans).is_empty());
        }
    }

    #[test]
    fn rates_are_those_of_the_last_seconds_only() {
        let ring = ring(&[0, 1_000, 1_010, 1_030]);
        let window = ring.window(Duration::from_secs(2));
        assert_eq!((window.increase(spans), window.rate(spans)), (30, 15.0));
        assert_eq!(window.points(spans), [10.0, 20.0]);
        assert_eq!(ring.window(KEPT).increase(spans), 1_030);
    }

    #[test]
    fn two_minutes_are_kept() {
        let values: Vec<_> = (0..500).collect();
        let window = ring(&values).window(KEPT);
        assert_eq!((window.elapsed(), window.increase(spans)), (KEPT, 120));
        assert_eq!(window.points(spans), [1.0; 120]);
    }

    proptest! {
        #[test]
        fn points_add_up_to_the_increase(rises in proptest::collection::vec(0_u64..1_000, 2..300), seconds in 1_u64..120) {
            let values: Vec<_> = rises.iter().scan(0, |sum, rise| { *sum += rise; Some(*sum) }).collect();
            let window = ring(&values).window(Duration::from_secs(seconds));
            let points = window.points(spans);
            prop_assert_eq!(points.iter().sum::<f64>(), window.increase(spans) as f64);
            prop_assert!(points.len() as u64 <= seconds);
            let naive: u64 = rises.iter().skip(1).rev().take(usize::try_from(seconds).unwrap()).sum();
            prop_assert_eq!(window.increase(spans), naive);
        }
    }
}
