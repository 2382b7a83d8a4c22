//! The figures of both ends of what was scaled, and what they are to reach.

use std::fmt;

use serde::Serialize;

use super::options::Axis;
use crate::drive::DriveReport;
use crate::goal::{Bound, Goal, GoalLines};
use crate::traffic::Round;

/// So much more may a span cost at the end than at the start.
const MOST_GROWTH: f64 = 1.5;

/// Everything that one call measured.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ScaleReport {
    /// What was scaled, in the order in which it was measured.
    pub axes: Vec<AxisCost>,
    /// What the growths are to reach.
    pub goals: Vec<Goal>,
}

/// What a span costs at both ends of what was scaled.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AxisCost {
    /// What was scaled.
    pub axis: Axis,
    /// Where there is little of it.
    pub start: EndCost,
    /// Where there is much.
    pub end: EndCost,
}

/// What a span costs at one end, and what there was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct EndCost {
    /// What the server had after the measurement, as it says itself.
    pub reached: Reached,
    /// Mean bytes of a span.
    pub bytes_per_span: f64,
    /// Mean spans of a request.
    pub spans_per_request: f64,
    /// CPU seconds of the server for a million spans, also microseconds a span: the lowest of all turns.
    pub cpu_seconds_per_million: f64,
    /// Resident memory in bytes.
    pub rss_bytes: u64,
    /// Requests that were refused in all turns; their cost is shared out over the accepted ones.
    pub refused_requests: u64,
}

/// What a server has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Reached {
    /// Services that have span metrics; none counted where there are several tenants.
    pub services: Option<usize>,
    /// Series.
    pub series: f64,
    /// Tenants with series.
    pub tenants: usize,
}

impl ScaleReport {
    /// Holds the growths against the goal.
    #[must_use]
    pub fn new(axes: Vec<AxisCost>) -> Self {
        let goal = |axis: &AxisCost| {
            let what = format!("CPU a span with many {}, times that with few", axis.axis);
            Goal::new(what, axis.growth(), Bound::AtMost(MOST_GROWTH))
        };
        Self {
            goals: axes.iter().map(goal).collect(),
            axes,
        }
    }
}

impl AxisCost {
    /// The cost at the end over that at the start.
    #[must_use]
    pub fn growth(&self) -> f64 {
        self.end.cpu_seconds_per_million / self.start.cpu_seconds_per_million
    }
}

impl EndCost {
    /// What is known of a `round` before it is sent.
    pub(super) fn of(round: &Round) -> Self {
        Self {
            bytes_per_span: round.bytes() as f64 / round.spans() as f64,
            spans_per_request: round.spans() as f64 / round.templates().count() as f64,
            cpu_seconds_per_million: f64::INFINITY,
            ..Self::default()
        }
    }

    /// Notes a turn, which counts when others disturbed it less than those before.
    pub(super) fn note_turn(&mut self, cpu_seconds: f64, sent: &DriveReport) {
        self.refused_requests += sent.refused_requests();
        let cost = cpu_seconds * 1e6 / sent.accepted_spans as f64;
        self.cpu_seconds_per_million = self.cpu_seconds_per_million.min(cost);
    }
}

impl fmt::Display for ScaleReport {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            out,
            "{:<10}{:>10}{:>10}{:>10}{:>12}{:>15}{:>10}{:>10}{:>10}",
            "scaled",
            "services",
            "series",
            "tenants",
            "bytes/span",
            "spans/request",
            "RSS MiB",
            "refused",
            "CPU µs"
        )?;
        for cost in &self.axes {
            write_end(out, cost.axis, &cost.start)?;
            write_end(out, cost.axis, &cost.end)?;
        }
        write!(out, "{}", GoalLines(&self.goals))
    }
}

fn write_end(out: &mut fmt::Formatter<'_>, axis: Axis, end: &EndCost) -> fmt::Result {
    let services = end
        .reached
        .services
        .map_or_else(String::new, |count| count.to_string());
    writeln!(
        out,
        "{:<10}{services:>10}{:>10.0}{:>10}{:>12.0}{:>15.0}{:>10.0}{:>10}{:>10.2}",
        axis.to_string(),
        end.reached.series,
        end.reached.tenants,
        end.bytes_per_span,
        end.spans_per_request,
        end.rss_bytes as f64 / f64::from(1 << 20),
        end.refused_requests,
        end.cpu_seconds_per_million
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cheapest_turn_of_each_end_counts() {
        let sent = DriveReport {
            accepted_spans: 2_000_000,
            ..DriveReport::default()
        };
        let end = |turns: &[f64]| {
            let mut cost = EndCost::of(&Round::replaying(Vec::new()));
            turns.iter().for_each(|seconds| cost.note_turn(*seconds, &sent));
            cost
        };
        let axis = AxisCost {
            axis: Axis::Series,
            start: end(&[4.0, 2.0]),
            end: end(&[3.2, 5.0]),
        };
        assert_eq!(axis.start.cpu_seconds_per_million, 1.0);
        let report = ScaleReport::new(vec![axis]);
        assert!((report.goals[0].measured - 1.6).abs() < 1e-9 && !report.goals[0].reached);
    }

    #[test]
    fn without_a_turn_no_goal_is_reached() {
        let cost = EndCost::of(&Round::replaying(Vec::new()));
        let axis = AxisCost {
            axis: Axis::Tenants,
            start: cost,
            end: cost,
        };
        assert!(!ScaleReport::new(vec![axis]).goals[0].reached);
    }
}
