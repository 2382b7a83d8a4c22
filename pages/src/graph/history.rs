//! The last minute of a tenant's descriptions, few of them, so that there is a rate at first sight.

use std::collections::VecDeque;
use std::sync::Arc;

use spangraph_actors::aggregator::GraphDescription;

/// The widest window of a rate, in milliseconds.
const WIDEST: i64 = 60_000;
/// Descriptions that are kept are at least so far apart, in milliseconds; the newest one may be nearer.
const APART: i64 = 9_000;

/// Descriptions of one tenant, oldest first: at most eight.
#[derive(Clone, Debug, Default)]
pub struct History {
    descriptions: VecDeque<Arc<GraphDescription>>,
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
    /// Takes the newest description in. When the clock went back, what was kept is forgotten.
    pub fn record(&mut self, description: Arc<GraphDescription>) {
        let now = description.taken_unix_milliseconds;
        if self.newest().is_some_and(|newest| newest > now) {
            self.descriptions.clear();
        }
        if self.newest_is_provisional() {
            self.descriptions.pop_back();
        }
        self.descriptions.push_back(description);
        self.descriptions
            .retain(|kept| now.saturating_sub(kept.taken_unix_milliseconds) <= WIDEST);
    }

    /// The widest window of at most a minute; `None` without a description.
    #[must_use]
    pub fn window(&self) -> Option<Window> {
        let latest = Arc::clone(self.descriptions.back()?);
        let earlier = self.descriptions.front().cloned();
        let earlier =
            earlier.filter(|earlier| earlier.taken_unix_milliseconds < latest.taken_unix_milliseconds);
        Some(Window { earlier, latest })
    }

    fn newest(&self) -> Option<i64> {
        self.descriptions
            .back()
            .map(|description| description.taken_unix_milliseconds)
    }

    /// Whether the newest description is too near to the one before it to be kept for long.
    fn newest_is_provisional(&self) -> bool {
        let mut from_newest = self.descriptions.iter().rev();
        match (from_newest.next(), from_newest.next()) {
            (Some(newest), Some(before)) => {
                newest.taken_unix_milliseconds - before.taken_unix_milliseconds < APART
            }
            _ => false,
        }
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
        let history = history(0..1000);
        assert!(history.descriptions.len() <= 8, "{}", history.descriptions.len());
        assert!(width(&history).unwrap() > 50.0);
    }

    #[test]
    fn a_clock_that_goes_back_begins_anew() {
        assert_eq!(width(&history([100, 110, 50])), None);
    }
}
