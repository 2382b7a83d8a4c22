//! The last minute of a tenant's descriptions, few of them, so that there is a rate at first sight.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::aggregator::GraphDescription;

/// The widest window of a rate, in milliseconds.
pub(super) const WIDEST: i64 = 60_000;
/// Descriptions that are kept are at least so far apart, in milliseconds; the newest one may be nearer.
const APART: i64 = 9_000;
/// Large graphs are kept more rarely: so many milliseconds apart for each edge and service, up to [`FARTHEST_APART`].
const APART_FOR_EACH: i64 = 3;
/// So the window of a large graph is at least half a minute wide.
const FARTHEST_APART: i64 = 30_000;

/// Descriptions of one tenant, oldest first: at most eight, fewer of a large graph.
#[derive(Clone, Debug, Default)]
pub struct History {
    readings: VecDeque<Reading>,
}

/// A description that is kept.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    pub(super) description: Arc<GraphDescription>,
    /// The block of an epoch that it goes into; no other reading that is kept has it.
    pub(super) slot: u32,
    /// No image has had it yet.
    pub(super) is_new: bool,
}

/// Two descriptions between which rates are reckoned.
#[derive(Clone, Debug)]
pub struct Window {
    /// The older one; `None` when there is only one yet.
    pub earlier: Option<Arc<GraphDescription>>,
    /// The newest one.
    pub latest: Arc<GraphDescription>,
}

impl History {
    /// Goes on with `readings`, which an earlier process left, oldest first.
    pub(super) fn of(readings: impl IntoIterator<Item = Reading>) -> Self {
        let readings = readings.into_iter().collect();
        Self { readings }
    }

    /// Takes the newest description in. When the clock went back, what was kept is forgotten.
    pub fn record(&mut self, description: Arc<GraphDescription>) {
        let now = description.taken_unix_milliseconds;
        if self.newest().is_some_and(|newest| newest > now) {
            self.readings.clear();
        }
        if self.newest_is_provisional() {
            self.readings.pop_back();
        }
        self.forget_old(now);
        let slot = self.free_slot();
        self.readings.push_back(Reading {
            description,
            slot,
            is_new: true,
        });
    }

    /// Forgets what is older than a minute at `now_unix_milliseconds`.
    pub fn forget_old(&mut self, now_unix_milliseconds: i64) {
        self.readings
            .retain(|reading| now_unix_milliseconds.saturating_sub(reading.taken()) <= WIDEST);
    }

    /// Whether nothing is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.readings.is_empty()
    }

    /// The widest window of at most a minute; `None` without a description.
    #[must_use]
    pub fn window(&self) -> Option<Window> {
        let latest = &self.readings.back()?;
        let earlier = self.readings.front();
        let earlier = earlier.filter(|earlier| earlier.taken() < latest.taken());
        Some(Window {
            earlier: earlier.map(|earlier| Arc::clone(&earlier.description)),
            latest: Arc::clone(&latest.description),
        })
    }

    /// What was taken within the minute before `cut_unix_milliseconds`; it counts as had by an image from now on.
    pub(super) fn freeze(&mut self, cut_unix_milliseconds: i64) -> Vec<Reading> {
        let minute = cut_unix_milliseconds.saturating_sub(WIDEST)..=cut_unix_milliseconds;
        let readings = self.readings.iter_mut();
        let frozen = readings.filter(|reading| minute.contains(&reading.taken()));
        frozen
            .map(|reading| {
                let frozen = reading.clone();
                reading.is_new = false;
                frozen
            })
            .collect()
    }

    fn newest(&self) -> Option<i64> {
        self.readings.back().map(Reading::taken)
    }

    /// Whether the newest description is too near to the one before it to be kept for long.
    fn newest_is_provisional(&self) -> bool {
        let mut from_newest = self.readings.iter().rev();
        match (from_newest.next(), from_newest.next()) {
            (Some(newest), Some(before)) => newest.taken() - before.taken() < newest.apart(),
            _ => false,
        }
    }

    /// The lowest that no reading has.
    fn free_slot(&self) -> u32 {
        let is_free = |slot: &u32| self.readings.iter().all(|reading| reading.slot != *slot);
        (0..).find(is_free).unwrap_or_default()
    }
}

impl Reading {
    pub(super) fn taken(&self) -> i64 {
        self.description.taken_unix_milliseconds
    }

    /// How far it is at least from the one before it, when it is kept for long.
    fn apart(&self) -> i64 {
        let rows = self.description.edges.len() + self.description.services.len();
        let rows = i64::try_from(rows).unwrap_or(i64::MAX);
        rows.saturating_mul(APART_FOR_EACH).clamp(APART, FARTHEST_APART)
    }
}

impl Window {
    /// Its width; `None` with one description only.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a minute has few milliseconds")]
    pub fn seconds(&self) -> Option<f64> {
        let earlier = self.earlier.as_ref()?;
        let milliseconds = self.latest.taken_unix_milliseconds - earlier.taken_unix_milliseconds;
        Some(milliseconds as f64 / 1e3)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregator::EdgeDescription;

    fn at(seconds: i64) -> Arc<GraphDescription> {
        Arc::new(GraphDescription {
            taken_unix_milliseconds: seconds * 1000,
            ..GraphDescription::default()
        })
    }

    fn history(seconds: impl IntoIterator<Item = i64>) -> History {
        let mut history = History::default();
        for second in seconds {
            history.record(at(second));
        }
        history
    }

    fn width(history: &History) -> Option<f64> {
        history.window().unwrap().seconds()
    }

    #[test]
    fn one_description_has_no_window() {
        assert!(History::default().window().is_none());
        assert_eq!(width(&history([5])), None);
        assert_eq!(width(&history([5, 5])), None);
    }

    #[test]
    fn the_window_grows_to_a_minute_and_no_wider() {
        assert_eq!(width(&history([0, 10, 20])), Some(20.0));
        assert_eq!(width(&history((0..30).map(|index| index * 10))), Some(60.0));
        assert_eq!(width(&history([0, 100])), None);
    }

    #[test]
    fn a_description_each_second_does_not_make_it_long() {
        let mut history = history([]);
        for second in 0..1000 {
            history.record(at(second));
            assert!(history.readings.len() <= 8, "{}", history.readings.len());
            let highest = history.readings.iter().map(|reading| reading.slot).max();
            assert!(highest < Some(8), "{highest:?}");
        }
        assert!(width(&history).unwrap() > 50.0);
    }

    #[test]
    fn of_a_large_graph_few_descriptions_are_kept_and_the_window_is_half_a_minute_at_least() {
        let mut history = History::default();
        for second in 0..1000 {
            history.record(Arc::new(GraphDescription {
                edges: vec![EdgeDescription::default(); 12_000],
                ..(*at(second)).clone()
            }));
            assert!(history.readings.len() <= 3, "{}", history.readings.len());
            assert!(second < 30 || width(&history).unwrap() >= 30.0, "at {second} s");
        }
    }

    #[test]
    fn no_two_readings_share_a_slot() {
        let history = history((0..100).map(|index| index * 7));
        let mut slots: Vec<_> = history.readings.iter().map(|reading| reading.slot).collect();
        slots.sort_unstable();
        slots.dedup();
        assert_eq!(slots.len(), history.readings.len());
    }

    #[test]
    fn a_clock_that_goes_back_begins_anew() {
        assert_eq!(width(&history([100, 110, 50])), None);
    }
}
