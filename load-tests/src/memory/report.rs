//! The figures of a measurement of memory, and what they are to reach.

use std::fmt;

use serde::Serialize;

use crate::goal::{Bound, Goal, GoalLines};

const MEBIBYTE: f64 = 1_048_576.0;
/// Calls, size, and a latency of 14 bounds with its infinite one, sum and count.
const SERIES_PER_LABEL_SET: f64 = 19.0;

/// Everything that one call measured.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MemoryReport {
    /// By half-edges that wait.
    pub half_edges: Growth,
    /// By series of span metrics.
    pub series: Growth,
    /// What these are to reach.
    pub goals: Vec<Goal>,
}

/// A server before and after it was given more to hold.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Growth {
    /// Warmed up, so that it has what requests under way need.
    pub few: Standing,
    /// With everything.
    pub many: Standing,
}

/// What a server holds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Standing {
    /// How many of what is counted, by the server's own metrics.
    pub count: f64,
    /// Its resident memory in bytes.
    pub rss_bytes: u64,
}

impl MemoryReport {
    /// Holds the figures against the goals.
    #[must_use]
    pub fn new(half_edges: Growth, series: Growth) -> Self {
        let at_most = |what: &str, measured, limit| Goal::new(what, measured, Bound::AtMost(limit));
        Self {
            goals: vec![
                at_most("bytes of RSS a waiting half-edge", half_edges.bytes_each(), 200.0),
                at_most(
                    "bytes of RSS a label set of span metrics",
                    series.bytes_each() * SERIES_PER_LABEL_SET,
                    1536.0,
                ),
            ],
            half_edges,
            series,
        }
    }
}

impl Growth {
    /// What one more takes in bytes; not a number when there are no more than before.
    #[must_use]
    pub fn bytes_each(&self) -> f64 {
        let more = self.many.count - self.few.count;
        if more <= 0.0 {
            return f64::NAN;
        }
        (self.many.rss_bytes as f64 - self.few.rss_bytes as f64) / more
    }
}

impl fmt::Display for MemoryReport {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            out,
            "{:<24}{:>12}{:>10}{:>12}{:>10}{:>12}",
            "", "few", "RSS MiB", "many", "RSS MiB", "bytes each"
        )?;
        for (name, growth) in [
            ("waiting half-edges", &self.half_edges),
            ("series of span metrics", &self.series),
        ] {
            writeln!(
                out,
                "{name:<24}{:>12.0}{:>10.1}{:>12.0}{:>10.1}{:>12.1}",
                growth.few.count,
                growth.few.rss_bytes as f64 / MEBIBYTE,
                growth.many.count,
                growth.many.rss_bytes as f64 / MEBIBYTE,
                growth.bytes_each()
            )?;
        }
        write!(out, "{}", GoalLines(&self.goals))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn growth(few: (f64, u64), many: (f64, u64)) -> Growth {
        let standing = |(count, rss_bytes)| Standing { count, rss_bytes };
        Growth {
            few: standing(few),
            many: standing(many),
        }
    }

    #[test]
    fn only_what_came_on_top_is_shared_out_and_a_label_set_has_nineteen_series() {
        let half_edges = growth((100.0, 1_000_000), (1_100.0, 1_200_000));
        let series = growth((1_900.0, 1_000_000), (3_800.0, 1_153_700));
        let report = MemoryReport::new(half_edges, series);
        let measured: Vec<_> = report
            .goals
            .iter()
            .map(|goal| (goal.measured.round(), goal.reached))
            .collect();
        assert_eq!(measured, [(200.0, true), (1537.0, false)]);
    }

    #[test]
    fn nothing_more_to_hold_reaches_no_goal() {
        let same = growth((5.0, 1_000), (5.0, 900));
        let report = MemoryReport::new(same, same);
        assert!(report.goals.iter().all(|goal| !goal.reached));
    }
}
