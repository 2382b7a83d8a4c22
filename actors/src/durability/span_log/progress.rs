//! How far the replay of a span log is.

use std::fmt;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use spangraph_storage::span_log::Progress;

/// How far a replay is; who replays notes it, and pages ask.
#[derive(Debug, Default)]
pub struct ReplayProgress(Mutex<Option<(Instant, ReplayDescription)>>);

/// A replay that is under way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReplayDescription {
    /// Requests that were applied again.
    pub requests: u64,
    /// Bytes of the log that were read.
    pub done_bytes: u64,
    /// Bytes of the log that are to be read in all.
    pub total_bytes: u64,
    /// How long it takes so far.
    pub took: Duration,
}

impl ReplayProgress {
    /// A replay has begun.
    pub fn begin(&self) {
        *self.locked() = Some((Instant::now(), ReplayDescription::default()));
    }

    /// One more request was applied, and the log was read as far as `progress`.
    pub fn note(&self, progress: Progress) {
        if let Some((_, described)) = self.locked().as_mut() {
            described.requests += 1;
            described.done_bytes = progress.done_bytes;
            described.total_bytes = progress.total_bytes;
        }
    }

    /// The replay is at its end; how it was.
    pub fn end(&self) -> Option<ReplayDescription> {
        let ended = self.describe();
        *self.locked() = None;
        ended
    }

    /// How far it is; none when nothing is replayed.
    #[must_use]
    pub fn describe(&self) -> Option<ReplayDescription> {
        self.locked().map(|(begun, described)| ReplayDescription {
            took: begun.elapsed(),
            ..described
        })
    }

    /// It is whole after every step, so nothing is amiss after a panic elsewhere.
    fn locked(&self) -> std::sync::MutexGuard<'_, Option<(Instant, ReplayDescription)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ReplayDescription {
    /// How much of it is done, in percent.
    #[must_use]
    pub fn percent(&self) -> u64 {
        let done = self.done_bytes.min(self.total_bytes);
        done.saturating_mul(100)
            .checked_div(self.total_bytes)
            .unwrap_or(0)
    }

    /// How long the rest will take at the pace so far; none before there is one.
    #[must_use]
    pub fn left(&self) -> Option<Duration> {
        let left = self.total_bytes.saturating_sub(self.done_bytes);
        let milliseconds = u64::try_from(self.took.as_millis()).unwrap_or(u64::MAX);
        let milliseconds = milliseconds.checked_mul(left)?.checked_div(self.done_bytes)?;
        Some(Duration::from_millis(milliseconds))
    }
}

/// As `/ready` and the log say it: `replaying, 63 %, about 4 s`.
impl fmt::Display for ReplayDescription {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "replaying, {} %", self.percent())?;
        match self.left() {
            Some(left) => write!(formatter, ", about {} s", left.as_millis().div_ceil(1000)),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replay_says_how_much_is_done_and_how_long_the_rest_takes() {
        let replay = ReplayDescription {
            requests: 7,
            done_bytes: 63,
            total_bytes: 100,
            took: Duration::from_millis(6_300),
        };
        assert_eq!(replay.to_string(), "replaying, 63 %, about 4 s");
        assert_eq!(ReplayDescription::default().to_string(), "replaying, 0 %");
    }

    #[test]
    fn progress_is_told_while_there_is_a_replay() {
        let progress = ReplayProgress::default();
        assert_eq!(progress.describe(), None);
        progress.begin();
        progress.note(Progress {
            done_bytes: 5,
            total_bytes: 10,
        });
        let described = progress.describe().unwrap();
        assert_eq!((described.requests, described.percent()), (1, 50));
        assert_eq!(progress.end().map(|ended| ended.requests), Some(1));
        assert_eq!(progress.describe(), None);
    }
}
