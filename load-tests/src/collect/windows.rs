//! Parts answers by whether a collection ran while they were waited for.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::arrivals::Collection;
use crate::drive::{Percentiles, TimedAnswer};

/// Answers with and without a collection meanwhile.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Parted {
    /// Answers while a collection ran.
    pub(super) during: Answers,
    /// All others.
    pub(super) between: Answers,
    /// Half of the collections have a 99th percentile of answers not above this, in milliseconds.
    pub(super) usual_p99_during: f64,
    /// The same of spells without a collection that are as many and as long.
    pub(super) usual_p99_between: f64,
}

/// Some of the answers.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Answers {
    /// How many there are.
    pub(super) count: usize,
    /// How long they took, in milliseconds.
    pub(super) latency: Percentiles,
}

/// Two clocks, read at the same moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clocks {
    steady: Instant,
    since_epoch: Duration,
}

impl Clocks {
    /// Reads both.
    pub(super) fn now() -> Self {
        Self {
            steady: Instant::now(),
            since_epoch: SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default(),
        }
    }

    /// A time of the other clock in that of this process.
    fn steady(&self, unix_milliseconds: i64) -> Instant {
        let at = Duration::from_millis(u64::try_from(unix_milliseconds).unwrap_or_default());
        if at >= self.since_epoch {
            self.steady + (at - self.since_epoch)
        } else {
            let ago = self.since_epoch - at;
            self.steady.checked_sub(ago).unwrap_or(self.steady)
        }
    }
}

/// Parts `answers`. A collection runs from the time of its samples until the last of them has arrived.
///
/// # Errors
/// Never with the bounds that are built in.
pub(super) fn part(
    answers: &[TimedAnswer],
    collections: &[Collection],
    clocks: Clocks,
) -> anyhow::Result<Parted> {
    let windows: Vec<Window> = collections
        .iter()
        .map(|collection| (clocks.steady(collection.unix_milliseconds), collection.arrived))
        .collect();
    let meets_any = |answer: &&TimedAnswer| windows.iter().any(|window| meets(answer, *window));
    let (during, between): (Vec<_>, Vec<_>) = answers.iter().partition(meets_any);
    Ok(Parted {
        during: Answers::of(&during)?,
        between: Answers::of(&between)?,
        usual_p99_during: usual_p99(answers, &windows)?,
        usual_p99_between: usual_p99(answers, &halfway(&windows))?,
    })
}

/// From when until when.
type Window = (Instant, Instant);

fn meets(answer: &TimedAnswer, (from, to): Window) -> bool {
    answer.due <= to && answer.due + answer.latency >= from
}

/// Windows as long as these, each halfway between the beginnings of two.
fn halfway(windows: &[Window]) -> Vec<Window> {
    let pairs = windows.iter().zip(windows.iter().skip(1));
    pairs
        .map(|((from, to), (next, _))| {
            let later = next.saturating_duration_since(*from) / 2;
            (*from + later, *to + later)
        })
        .collect()
}

/// The median of what the windows with answers have as 99th percentile, in milliseconds; not a number when none has any.
fn usual_p99(answers: &[TimedAnswer], windows: &[Window]) -> anyhow::Result<f64> {
    let mut each = Vec::new();
    for window in windows {
        let met: Vec<_> = answers.iter().filter(|answer| meets(answer, *window)).collect();
        if !met.is_empty() {
            each.push(Answers::of(&met)?.latency.p99);
        }
    }
    each.sort_by(f64::total_cmp);
    Ok(each.get(each.len() / 2).copied().unwrap_or(f64::NAN))
}

impl Answers {
    fn of(answers: &[&TimedAnswer]) -> anyhow::Result<Self> {
        Ok(Self {
            count: answers.len(),
            latency: Percentiles::of_times(answers.iter().map(|answer| answer.latency))?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_that_are_waited_for_while_a_collection_runs_stand_apart() {
        let clocks = Clocks::now();
        let start = i64::try_from(clocks.since_epoch.as_millis()).unwrap() + 1_000;
        let at = |milliseconds| clocks.steady(start) + Duration::from_millis(milliseconds);
        let collection = Collection {
            unix_milliseconds: start + 100,
            samples: 1,
            arrived: at(200),
        };
        let answer = |due, latency| TimedAnswer {
            due: at(due),
            latency: Duration::from_millis(latency),
        };
        let answers = [
            answer(0, 50),
            answer(60, 70),
            answer(120, 5),
            answer(190, 900),
            answer(210, 3),
        ];
        let parted = part(&answers, &[collection], clocks).unwrap();
        assert_eq!((parted.during.count, parted.between.count), (3, 2));
        assert!(
            parted.during.latency.max > 800.0 && parted.between.latency.max < 60.0,
            "{parted:?}"
        );
    }

    #[test]
    fn spells_without_a_collection_lie_halfway_and_one_slow_collection_is_not_usual() {
        let start = Instant::now();
        let at = |milliseconds| start + Duration::from_millis(milliseconds);
        let windows = [(at(0), at(10)), (at(100), at(130)), (at(200), at(210))];
        assert_eq!(halfway(&windows), [(at(50), at(60)), (at(150), at(180))]);
        let answer = |due, latency| TimedAnswer {
            due: at(due),
            latency: Duration::from_millis(latency),
        };
        let answers = [
            answer(5, 1),
            answer(105, 90),
            answer(205, 2),
            answer(55, 1),
            answer(155, 1),
        ];
        let usual = usual_p99(&answers, &windows).unwrap();
        assert!((1.9..2.1).contains(&usual), "{usual}");
    }
}
