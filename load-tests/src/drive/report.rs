//! What became of what was sent: counts by answer, and how long answers took.

use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;

use super::answer::{Answer, TimedAnswer};

/// Times are kept up to a minute with three digits.
const LONGEST_MICROSECONDS: u64 = 60_000_000;

/// What became of what was sent.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct DriveReport {
    /// How long it took, in seconds.
    pub seconds: f64,
    /// Requests that were accepted.
    pub accepted_requests: u64,
    /// Spans in them.
    pub accepted_spans: u64,
    /// Spans of accepted requests that the receiver rejected.
    pub rejected_spans: u64,
    /// Bytes of accepted requests before compression.
    pub accepted_bytes: u64,
    /// Requests that were refused, by code.
    pub refused: BTreeMap<String, u64>,
    /// Spans in them.
    pub refused_spans: u64,
    /// Refusals as overloaded that do not say when to come again.
    pub refused_without_advice: u64,
    /// Requests that nobody knows of whether they were taken, by reason.
    pub unknown: BTreeMap<String, u64>,
    /// How long accepted requests took.
    pub latency: Percentiles,
    /// CPU seconds of the whole sending process meanwhile.
    pub sender_cpu_seconds: f64,
}

/// Percentiles of how long something took, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Percentiles {
    /// Half took less.
    pub p50: f64,
    /// 90 % took less.
    pub p90: f64,
    /// 99 % took less.
    pub p99: f64,
    /// 99.9 % took less.
    pub p999: f64,
    /// The longest.
    pub max: f64,
}

/// Counts of one worker.
pub(super) struct Tally {
    report: DriveReport,
    latencies: Histogram<u64>,
    accepted: Vec<TimedAnswer>,
}

impl DriveReport {
    /// Accepted spans a second.
    #[must_use]
    pub fn spans_per_second(&self) -> f64 {
        self.accepted_spans as f64 / self.seconds.max(1e-9)
    }

    /// Spans a second that were sent and answered, whatever the answer.
    #[must_use]
    pub fn offered_spans_per_second(&self) -> f64 {
        let offered = self.accepted_spans + self.rejected_spans + self.refused_spans;
        offered as f64 / self.seconds.max(1e-9)
    }

    /// All refusals.
    #[must_use]
    pub fn refused_requests(&self) -> u64 {
        self.refused.values().sum()
    }

    /// Requests of unknown outcome.
    #[must_use]
    pub fn unknown_requests(&self) -> u64 {
        self.unknown.values().sum()
    }
}

impl Tally {
    /// Nothing yet.
    ///
    /// # Errors
    /// Never with the bounds that are built in.
    pub(super) fn new() -> anyhow::Result<Self> {
        Ok(Self {
            report: DriveReport::default(),
            latencies: new_histogram()?,
            accepted: Vec::new(),
        })
    }

    /// Counts an answer to a request of `spans` spans and `bytes` bytes.
    pub(super) fn count(&mut self, answer: Answer, spans: u64, bytes: u64, timed: TimedAnswer) {
        let report = &mut self.report;
        match answer {
            Answer::Accepted { rejected_spans } => {
                report.accepted_requests += 1;
                report.accepted_spans += spans - rejected_spans.min(spans);
                report.rejected_spans += rejected_spans;
                report.accepted_bytes += bytes;
                self.latencies.saturating_record(microseconds(timed.latency));
                self.accepted.push(timed);
            }
            Answer::Refused {
                code,
                says_when_to_retry,
            } => {
                let is_overload =
                    matches!(code.as_str(), "ResourceExhausted" | "Unavailable" | "429" | "503");
                report.refused_without_advice += u64::from(is_overload && !says_when_to_retry);
                report.refused_spans += spans;
                *report.refused.entry(code).or_default() += 1;
            }
            Answer::Unknown { reason } => *report.unknown.entry(reason).or_default() += 1,
        }
    }

    /// Adds another worker's counts.
    ///
    /// # Errors
    /// Never between tallies.
    pub(super) fn add(&mut self, other: Self) -> anyhow::Result<()> {
        let (report, more) = (&mut self.report, other.report);
        report.accepted_requests += more.accepted_requests;
        report.accepted_spans += more.accepted_spans;
        report.rejected_spans += more.rejected_spans;
        report.accepted_bytes += more.accepted_bytes;
        report.refused_spans += more.refused_spans;
        report.refused_without_advice += more.refused_without_advice;
        for (own, others) in [
            (&mut report.refused, more.refused),
            (&mut report.unknown, more.unknown),
        ] {
            for (code, count) in others {
                *own.entry(code).or_default() += count;
            }
        }
        self.accepted.extend(other.accepted);
        Ok(self.latencies.add(other.latencies)?)
    }

    /// Takes out every accepted request.
    pub(super) fn take_accepted(&mut self) -> Vec<TimedAnswer> {
        std::mem::take(&mut self.accepted)
    }

    /// The report of a drive that took `elapsed`.
    pub(super) fn finish(mut self, elapsed: Duration) -> DriveReport {
        self.report.seconds = elapsed.as_secs_f64();
        self.report.latency = Percentiles::of(&self.latencies);
        self.report
    }
}

impl Percentiles {
    /// The percentiles of `times`; zeros of none.
    ///
    /// # Errors
    /// Never with the bounds that are built in.
    pub fn of_times(times: impl IntoIterator<Item = Duration>) -> anyhow::Result<Self> {
        let mut histogram = new_histogram()?;
        for time in times {
            histogram.saturating_record(microseconds(time));
        }
        Ok(Self::of(&histogram))
    }

    fn of(microseconds: &Histogram<u64>) -> Self {
        let at = |quantile| microseconds.value_at_quantile(quantile) as f64 / 1e3;
        Self {
            p50: at(0.5),
            p90: at(0.9),
            p99: at(0.99),
            p999: at(0.999),
            max: microseconds.max() as f64 / 1e3,
        }
    }
}

fn new_histogram() -> anyhow::Result<Histogram<u64>> {
    Ok(Histogram::new_with_bounds(1, LONGEST_MICROSECONDS, 3)?)
}

fn microseconds(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    fn answers_of_all_workers_are_counted_by_their_kind() {
        let refused = |says_when_to_retry| Answer::Refused {
            code: "429".to_owned(),
            says_when_to_retry,
        };
        let (mut one, mut two) = (Tally::new().unwrap(), Tally::new().unwrap());
        let after = |milliseconds| TimedAnswer {
            due: Instant::now(),
            latency: Duration::from_millis(milliseconds),
        };
        one.count(Answer::Accepted { rejected_spans: 2 }, 10, 100, after(1));
        one.count(refused(true), 10, 100, after(0));
        two.count(refused(false), 10, 100, after(0));
        two.count(Answer::unknown("broken"), 10, 100, after(0));
        two.count(Answer::Accepted { rejected_spans: 0 }, 10, 100, after(9));
        one.add(two).unwrap();
        let accepted = one.take_accepted();
        let latencies: Vec<_> = accepted.iter().map(|timed| timed.latency.as_millis()).collect();
        assert_eq!(latencies, [1, 9]);
        let report = one.finish(Duration::from_secs(2));
        assert_eq!(
            (
                report.accepted_requests,
                report.accepted_spans,
                report.rejected_spans
            ),
            (2, 18, 2)
        );
        assert_eq!(
            (
                report.refused["429"],
                report.refused_without_advice,
                report.unknown["broken"]
            ),
            (2, 1, 1)
        );
        assert_eq!(
            (report.spans_per_second(), report.offered_spans_per_second()),
            (9.0, 20.0)
        );
        assert!((0.9..1.1).contains(&report.latency.p50) && (8.9..9.1).contains(&report.latency.p99));
    }
}
