//! Which ends of spans are close enough to now (SPEC §1).

use super::span_counts::Outcome;

/// The ends that are neither too old nor too new, in nanoseconds since the Unix epoch, both bounds included.
#[derive(Clone, Copy, Debug)]
pub(super) struct TimeWindow {
    oldest: u64,
    newest: u64,
}

impl TimeWindow {
    /// All ends at most `slack` away from `now`.
    pub(super) fn around(now: u64, slack: u64) -> Self {
        Self {
            oldest: now.saturating_sub(slack),
            newest: now.saturating_add(slack),
        }
    }

    /// What becomes of a span that ended at `end`, if it lies outside.
    pub(super) fn outcome_outside(&self, end: u64) -> Option<Outcome> {
        if end < self.oldest {
            Some(Outcome::TooOld)
        } else if end > self.newest {
            Some(Outcome::TooNew)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bounds_are_inside() {
        let window = TimeWindow::around(100, 30);
        assert_eq!(window.outcome_outside(69), Some(Outcome::TooOld));
        assert_eq!(window.outcome_outside(70), None);
        assert_eq!(window.outcome_outside(130), None);
        assert_eq!(window.outcome_outside(131), Some(Outcome::TooNew));
        assert_eq!(TimeWindow::around(5, u64::MAX).outcome_outside(0), None);
    }
}
