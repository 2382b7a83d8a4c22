//! What a span costs in each mode, and what that is to reach.

use std::fmt;

use serde::Serialize;

use super::large_report::Spread;
use super::options::TurnsOptions;
use crate::drive::DriveReport;
use crate::goal::{Bound, Goal};
use crate::state_folder::Mode;

/// So much more may a span cost than without durable state.
const MOST_EPOCHS: f64 = 1.10;
const MOST_LOG: f64 = 1.35;
/// So much of what is taken without durable state is to be taken when all is logged.
const LEAST_THROUGHPUT: f64 = 0.7;

/// The modes, driven in turns.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TurnsReport {
    /// Spans a second that were sent.
    pub rate: f64,
    /// Seconds from one collection to the next.
    pub collection_interval: f64,
    /// What each mode costs.
    pub modes: Vec<ModeCost>,
    /// How long the disk takes to sync what is as large as a request, in seconds.
    pub disk_sync: Spread,
}

/// What a span costs in one mode.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ModeCost {
    /// The mode.
    pub mode: Mode,
    /// Series at the end.
    pub series: f64,
    /// Half-edges that waited in the last turn, before as much was sent as is taken.
    pub pending_half_edges: f64,
    /// Epochs of all turns.
    pub epochs: f64,
    /// CPU seconds of the server for a million spans, also microseconds a span, of each turn.
    pub cpu_seconds_per_million: Vec<f64>,
    /// How long answers took in each turn at the rate: the 99th percentile in milliseconds.
    pub latency_p99: Vec<f64>,
    /// Spans a second that were taken in each turn when as much was sent as is taken.
    pub spans_per_second: Vec<f64>,
}

impl TurnsReport {
    pub(super) fn new(modes: Vec<ModeCost>, syncs: &[f64], turns: &TurnsOptions) -> Self {
        Self {
            rate: turns.rate,
            collection_interval: turns.collection_interval,
            modes,
            disk_sync: Spread::of(syncs),
        }
    }

    /// CPU time a span of `mode` over that without durable state; not a number when one is missing.
    #[must_use]
    pub fn ratio(&self, mode: Mode) -> f64 {
        self.lowest(mode) / self.lowest(Mode::None)
    }

    /// CPU seconds that each interval costs beyond what it costs without durable state.
    #[must_use]
    pub fn cpu_seconds_an_epoch(&self) -> f64 {
        let more = self.lowest(Mode::Epochs) - self.lowest(Mode::None);
        more * self.rate * self.collection_interval / 1e6
    }

    /// What is to be reached.
    pub(super) fn goals(&self) -> Vec<Goal> {
        vec![
            Goal::new(
                "CPU a span with epochs, times that without durable state",
                self.ratio(Mode::Epochs),
                Bound::AtMost(MOST_EPOCHS),
            ),
            Goal::new(
                "CPU a span with a log, times that without durable state",
                self.ratio(Mode::Log),
                Bound::AtMost(MOST_LOG),
            ),
            Goal::new(
                "spans a second with a log, times those without durable state",
                self.most_spans(Mode::Log) / self.most_spans(Mode::None),
                Bound::AtLeast(LEAST_THROUGHPUT),
            ),
            Goal::new(
                "99th percentile of answers with a log, in milliseconds",
                self.latency(Mode::Log),
                // A slow sync of the disk is no fault of the log.
                Bound::AtMost(self.latency(Mode::None) + self.disk_sync.p99 * 1e3),
            ),
        ]
    }

    fn lowest(&self, mode: Mode) -> f64 {
        self.least(mode, |cost| &cost.cpu_seconds_per_million)
    }

    fn latency(&self, mode: Mode) -> f64 {
        self.least(mode, |cost| &cost.latency_p99)
    }

    fn most_spans(&self, mode: Mode) -> f64 {
        let turns = self.of(mode).map(|cost| cost.spans_per_second.iter());
        turns.into_iter().flatten().copied().fold(f64::NAN, f64::max)
    }

    /// That of the turn that others disturbed least; not a number when there was none.
    fn least(&self, mode: Mode, figures: impl Fn(&ModeCost) -> &Vec<f64>) -> f64 {
        let turns = self.of(mode).map(|cost| figures(cost).iter());
        turns.into_iter().flatten().copied().fold(f64::NAN, f64::min)
    }

    fn of(&self, mode: Mode) -> Option<&ModeCost> {
        self.modes.iter().find(|cost| cost.mode == mode)
    }
}

impl ModeCost {
    pub(super) fn new(mode: Mode) -> Self {
        Self {
            mode,
            series: 0.0,
            pending_half_edges: 0.0,
            epochs: 0.0,
            cpu_seconds_per_million: Vec::new(),
            latency_p99: Vec::new(),
            spans_per_second: Vec::new(),
        }
    }

    pub(super) fn note_turn(&mut self, cpu_seconds: f64, sent: &DriveReport) {
        let cost = cpu_seconds * 1e6 / sent.accepted_spans as f64;
        self.cpu_seconds_per_million.push(cost);
        self.latency_p99.push(sent.latency.p99);
    }
}

impl fmt::Display for TurnsReport {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            out,
            "{:<10}{:>10}{:>14}{:>10}{:>10}{:>12}   CPU µs a span of each turn",
            "mode", "series", "halves wait", "epochs", "p99 ms", "spans/s"
        )?;
        for cost in &self.modes {
            let turns = cost.cpu_seconds_per_million.iter();
            let turns: Vec<_> = turns.map(|each| format!("{each:.3}")).collect();
            writeln!(
                out,
                "{:<10}{:>10.0}{:>14.0}{:>10.0}{:>10.2}{:>12.0}   {}",
                format!("{:?}", cost.mode).to_lowercase(),
                cost.series,
                cost.pending_half_edges,
                cost.epochs,
                self.latency(cost.mode),
                self.most_spans(cost.mode),
                turns.join("  ")
            )?;
        }
        writeln!(
            out,
            "CPU and p99 at {:.0} spans a second, a collection each {} s; an epoch costs {:.3} CPU seconds more",
            self.rate,
            self.collection_interval,
            self.cpu_seconds_an_epoch()
        )?;
        writeln!(
            out,
            "the disk syncs as much as a request in {:.2} ms usually, p99 {:.2} ms",
            self.disk_sync.p50 * 1e3,
            self.disk_sync.p99 * 1e3
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cost(mode: Mode, turns: &[f64]) -> ModeCost {
        let sent = DriveReport {
            accepted_spans: 1_000_000,
            ..DriveReport::default()
        };
        let mut cost = ModeCost::new(mode);
        turns.iter().for_each(|seconds| cost.note_turn(*seconds, &sent));
        cost
    }

    fn report(modes: Vec<ModeCost>) -> TurnsReport {
        TurnsReport {
            rate: 100_000.0,
            collection_interval: 10.0,
            modes,
            disk_sync: Spread::of(&[0.002]),
        }
    }

    #[test]
    fn the_cheapest_turns_are_compared_and_what_an_epoch_costs_more_is_told() {
        let report = report(vec![
            cost(Mode::None, &[1.2, 1.0]),
            cost(Mode::Epochs, &[1.05, 1.9]),
        ]);
        assert_eq!(report.ratio(Mode::Epochs), 1.05);
        assert!(report.goals()[0].reached);
        assert!((report.cpu_seconds_an_epoch() - 0.05).abs() < 1e-9);
    }

    #[test]
    fn a_log_may_take_as_much_longer_as_the_disk_and_take_seven_tenths() {
        let with = |mode, latency, spans| ModeCost {
            latency_p99: vec![latency, 90.0],
            spans_per_second: vec![spans, 1.0],
            ..cost(mode, &[1.0])
        };
        let reached = |latency, spans| {
            let report = report(vec![with(Mode::None, 3.0, 1e6), with(Mode::Log, latency, spans)]);
            let goals = report.goals();
            (goals[2].reached, goals[3].reached)
        };
        assert_eq!(reached(5.0, 0.7e6), (true, true));
        assert_eq!(reached(5.1, 0.69e6), (false, false));
    }

    #[test]
    fn without_a_turn_no_goal_is_reached() {
        let report = report(vec![cost(Mode::None, &[1.0]), cost(Mode::Epochs, &[])]);
        assert!(!report.goals()[0].reached);
    }
}
