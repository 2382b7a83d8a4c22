//! The pause of a whole endpoint that asked to be left alone for a while.

use std::time::{Duration, Instant};

/// Until when nothing may be sent; pure: times are given.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct EndpointPause {
    until: Option<Instant>,
}

impl EndpointPause {
    /// Notes that the endpoint asked for `pause` at `now`; gives by how much that is longer than what it had asked for.
    pub(super) fn extend(&mut self, pause: Duration, now: Instant) -> Duration {
        let longer = pause.saturating_sub(self.left(now));
        if !longer.is_zero() {
            self.until = now.checked_add(pause);
        }
        longer
    }

    /// How long nothing may be sent from `now` on; zero when there is no pause.
    pub(super) fn left(&self, now: Instant) -> Duration {
        self.until
            .map_or(Duration::ZERO, |until| until.saturating_duration_since(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn the_longest_pause_that_was_asked_for_counts() {
        let (mut pause, now) = (EndpointPause::default(), Instant::now());
        assert_eq!(pause.left(now), Duration::ZERO);
        assert_eq!(pause.extend(3 * SECOND, now), 3 * SECOND);
        assert_eq!(pause.extend(SECOND, now + SECOND), Duration::ZERO);
        assert_eq!(pause.left(now + SECOND), 2 * SECOND);
        assert_eq!(pause.extend(4 * SECOND, now + SECOND), 2 * SECOND);
        assert_eq!(pause.left(now + 5 * SECOND), Duration::ZERO);
    }

    #[test]
    fn after_a_pause_the_next_counts_in_full() {
        let (mut pause, now) = (EndpointPause::default(), Instant::now());
        pause.extend(SECOND, now);
        assert_eq!(pause.extend(2 * SECOND, now + 9 * SECOND), 2 * SECOND);
        assert_eq!(pause.extend(Duration::ZERO, now + 9 * SECOND), Duration::ZERO);
    }
}
