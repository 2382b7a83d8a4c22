//! The figures of one measurement, and their ratios.

use serde::Serialize;

use crate::drive::{Compression, DriveReport, Percentiles, Target, Transport};
use crate::goal::{Bound, Goal};
use crate::process::Usage;
use crate::traffic::Shape;

/// The receiver under test once more, when the others get compressed requests.
pub(super) const UNCOMPRESSED: &str = "same, uncompressed";

/// Everything that one call measured.
#[derive(Clone, Debug, Serialize)]
pub struct CostReport {
    /// What was sent.
    pub shape: Shape,
    /// How.
    pub target: Target,
    /// Mean bytes of a span before compression.
    pub bytes_per_span: f64,
    /// Mean spans of a request.
    pub spans_per_request: f64,
    /// The receivers; the one under test comes first.
    pub subjects: Vec<SubjectCost>,
    /// The first one's CPU time over that of the floors.
    pub ratios: Ratios,
    /// What these are to reach; none for traffic that no goal is set for.
    pub goals: Vec<Goal>,
}

/// What one receiver used.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SubjectCost {
    /// Its name.
    pub name: String,
    /// CPU seconds for a million spans in its own code.
    pub user_seconds_per_million: f64,
    /// CPU seconds for a million spans in the kernel.
    pub system_seconds_per_million: f64,
    /// Accepted spans a second, while driver and receiver shared the machine.
    pub spans_per_second: f64,
    /// The most memory it held, in MiB.
    pub peak_rss_mib: f64,
    /// How long answers took, in milliseconds.
    pub latency: Percentiles,
    /// Requests that were refused.
    pub refused_requests: u64,
    /// Requests of unknown outcome.
    pub unknown_requests: u64,
}

/// The CPU time of a span over that in a floor receiver; absent when that was not measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Ratios {
    /// (a) tonic, bytes dropped.
    pub over_drop: Option<f64>,
    /// (b) tonic, bytes walked.
    pub over_walk: Option<f64>,
    /// (c) tonic, decoded with prost.
    pub over_decode: Option<f64>,
    /// hyper alone, bytes dropped.
    pub over_hyper_drop: Option<f64>,
    /// Itself without compression.
    pub over_uncompressed: Option<f64>,
}

/// Goals are set for spans from this size on.
const LARGE_SPAN_BYTES: f64 = 550.0;

/// What a span over gRPC is to cost at most.
pub(super) fn goals(target: &Target, bytes_per_span: f64, ratios: &Ratios) -> Vec<Goal> {
    let goal = |what: &str, ratio: Option<f64>, limit| {
        let what = format!("CPU a span, times that of {what}");
        ratio.map(|ratio| Goal::new(what, ratio, Bound::AtMost(limit)))
    };
    let candidates = match (target.transport, target.compression) {
        (Transport::Grpc, Compression::None) if bytes_per_span >= LARGE_SPAN_BYTES => [
            goal("tonic, bytes dropped", ratios.over_drop, 3.5),
            goal("tonic, decoded with prost", ratios.over_decode, 0.4),
        ],
        (Transport::Grpc, Compression::Gzip) => [
            goal("itself without compression", ratios.over_uncompressed, 2.0),
            None,
        ],
        _ => [None, None],
    };
    candidates.into_iter().flatten().collect()
}

impl SubjectCost {
    /// The cost of a drive during which the receiver used `usage`.
    pub(super) fn new(name: &str, usage: &Usage, report: &DriveReport) -> Self {
        let millions = report.accepted_spans.max(1) as f64 / 1e6;
        Self {
            name: name.to_owned(),
            user_seconds_per_million: usage.user_seconds / millions,
            system_seconds_per_million: usage.system_seconds / millions,
            spans_per_second: report.spans_per_second(),
            peak_rss_mib: usage.peak_rss_bytes as f64 / f64::from(1 << 20),
            latency: report.latency,
            refused_requests: report.refused_requests(),
            unknown_requests: report.unknown_requests(),
        }
    }

    /// CPU seconds for a million spans; also microseconds a span.
    #[must_use]
    pub fn cpu_seconds_per_million(&self) -> f64 {
        self.user_seconds_per_million + self.system_seconds_per_million
    }

    /// Of two measurements of one receiver the one that others disturbed less.
    pub(super) fn or_cheaper(self, other: Option<Self>) -> Self {
        match other {
            Some(other) if other.cpu_seconds_per_million() < self.cpu_seconds_per_million() => Self {
                peak_rss_mib: other.peak_rss_mib.max(self.peak_rss_mib),
                ..other
            },
            _ => self,
        }
    }
}

impl Ratios {
    /// The first of `subjects` over the others.
    pub(super) fn of(subjects: &[SubjectCost]) -> Self {
        let cost = |name: &str| {
            let subject = subjects.iter().find(|subject| subject.name == name)?;
            Some(subject.cpu_seconds_per_million()).filter(|seconds| *seconds > 0.0)
        };
        let own = subjects.first().map(SubjectCost::cpu_seconds_per_million);
        let over = |name: &str| Some(own? / cost(name)?);
        Self {
            over_drop: over("floor: tonic, drop"),
            over_walk: over("floor: tonic, walk"),
            over_decode: over("floor: tonic, decode"),
            over_hyper_drop: over("floor: hyper, drop"),
            over_uncompressed: over(UNCOMPRESSED),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(name: &str, user: f64, system: f64) -> SubjectCost {
        let usage = Usage {
            user_seconds: user,
            system_seconds: system,
            peak_rss_bytes: 3 << 20,
            ..Usage::default()
        };
        let report = DriveReport {
            seconds: 2.0,
            accepted_spans: 500_000,
            ..DriveReport::default()
        };
        SubjectCost::new(name, &usage, &report)
    }

    #[test]
    fn costs_are_for_a_million_spans_and_ratios_of_all_cpu_time() {
        let subjects = [
            subject("server", 1.0, 0.5),
            subject("floor: tonic, drop", 0.25, 0.25),
        ];
        assert_eq!(
            (
                subjects[0].user_seconds_per_million,
                subjects[0].cpu_seconds_per_million()
            ),
            (2.0, 3.0)
        );
        assert_eq!(
            (subjects[0].spans_per_second, subjects[0].peak_rss_mib),
            (250_000.0, 3.0)
        );
        let ratios = Ratios::of(&subjects);
        assert_eq!((ratios.over_drop, ratios.over_decode), (Some(3.0), None));
    }

    #[test]
    fn the_cheaper_of_two_measurements_counts() {
        let cheaper = subject("server", 2.0, 0.0).or_cheaper(Some(subject("server", 1.0, 0.0)));
        assert_eq!(cheaper.user_seconds_per_million, 2.0);
        assert_eq!(
            subject("server", 1.0, 0.0)
                .or_cheaper(None)
                .user_seconds_per_million,
            2.0
        );
    }
}
