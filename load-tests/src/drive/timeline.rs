//! How a drive went over time: refusals and latencies of every tenth of a second.

use std::time::Duration;

use super::answer::Answer;

const TENTH: Duration = Duration::from_millis(100);
/// For so many tenths all must be well before it counts as over.
const CALM_TENTHS: usize = 10;

/// What was answered when, since the drive began.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Timeline {
    tenths: Vec<Tenth>,
}

/// What was answered in one tenth of a second.
#[derive(Clone, Debug, Default, PartialEq)]
struct Tenth {
    refused_or_unknown: u64,
    /// Of accepted requests, in no order.
    latencies: Vec<Duration>,
}

impl Timeline {
    /// Notes an answer that came at `at` and took `latency`.
    pub(super) fn note(&mut self, at: Duration, answer: &Answer, latency: Duration) {
        let tenth = self.tenth(position(at));
        match answer {
            Answer::Accepted { .. } => tenth.latencies.push(latency),
            _ => tenth.refused_or_unknown += 1,
        }
    }

    /// Adds what another connection noted of the same drive.
    pub(super) fn add(&mut self, other: Self) {
        for (number, mut more) in other.tenths.into_iter().enumerate() {
            let tenth = self.tenth(number);
            tenth.refused_or_unknown += more.refused_or_unknown;
            tenth.latencies.append(&mut more.latencies);
        }
    }

    /// When calm returned: from then on a second long nothing was refused, and the median of each tenth was at most
    /// `usual`. Looks from `from` on; none when that never happened.
    #[must_use]
    pub fn calm_since(&self, from: Duration, usual: Duration) -> Option<Duration> {
        let first = position(from);
        let calm: Vec<_> = self
            .tenths
            .iter()
            .skip(first)
            .map(|tenth| tenth.is_calm(usual))
            .collect();
        let after = calm
            .windows(CALM_TENTHS)
            .position(|window| window.iter().all(|is_calm| *is_calm))?;
        let since = TENTH * u32::try_from(first + after).unwrap_or(u32::MAX);
        Some(since.max(from))
    }

    #[expect(clippy::indexing_slicing, reason = "there are tenths up to `number` by then")]
    fn tenth(&mut self, number: usize) -> &mut Tenth {
        if self.tenths.len() <= number {
            self.tenths.resize_with(number + 1, Tenth::default);
        }
        &mut self.tenths[number]
    }
}

impl Tenth {
    /// Where nothing was answered at all, nothing is well.
    fn is_calm(&self, usual: Duration) -> bool {
        let mut latencies = self.latencies.clone();
        latencies.sort_unstable();
        let median = latencies.get(latencies.len() / 2);
        self.refused_or_unknown == 0 && median.is_some_and(|median| *median <= usual)
    }
}

fn position(at: Duration) -> usize {
    usize::try_from(at.as_millis() / TENTH.as_millis()).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const USUAL: Duration = Duration::from_millis(5);

    /// A drive of 3 s with an answer every 50 ms; `answer` gives each with its latency in milliseconds.
    fn timeline(answer: impl Fn(u64) -> (Answer, u64)) -> Timeline {
        let mut timeline = Timeline::default();
        for at in (0..3_000).step_by(50) {
            let (answer, latency) = answer(at);
            timeline.note(Duration::from_millis(at), &answer, Duration::from_millis(latency));
        }
        timeline
    }

    fn accepted() -> Answer {
        Answer::Accepted { rejected_spans: 0 }
    }

    fn calm_since(timeline: &Timeline, from: u64) -> Option<u128> {
        let since = timeline.calm_since(Duration::from_millis(from), USUAL);
        since.map(|since| since.as_millis())
    }

    #[test]
    fn calm_returns_after_the_last_refusal_and_the_last_slow_tenth() {
        let refusals = timeline(|at| match at {
            750 => (Answer::unknown("broken"), 1),
            _ => (accepted(), 1),
        });
        assert_eq!(calm_since(&refusals, 0), Some(800));
        let slow = timeline(|at| (accepted(), if at < 1_200 { 6 } else { 5 }));
        assert_eq!(calm_since(&slow, 0), Some(1_200));
        assert_eq!(calm_since(&slow, 1_350), Some(1_350));
    }

    #[test]
    fn a_calm_shorter_than_a_second_is_none_and_silence_is_not_calm() {
        let late_refusal = timeline(|at| match at {
            950 | 1_900 | 2_850 => (Answer::unknown("broken"), 1),
            _ => (accepted(), 1),
        });
        assert_eq!(calm_since(&late_refusal, 0), None);
        let mut silent = Timeline::default();
        silent.note(Duration::from_secs(3), &accepted(), USUAL);
        assert_eq!(calm_since(&silent, 0), None);
    }

    #[test]
    fn what_several_connections_noted_is_one_timeline() {
        let mut all = timeline(|_| (accepted(), 1));
        let mut other = Timeline::default();
        other.note(Duration::from_millis(420), &Answer::unknown("broken"), USUAL);
        all.add(other);
        assert_eq!(calm_since(&all, 0), Some(500));
    }
}
