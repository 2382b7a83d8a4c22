//! What a span costs in each mode, and what that is to reach.

use std::fmt;

use serde::Serialize;

use super::options::TurnsOptions;
use crate::drive::DriveReport;
use crate::goal::{Bound, Goal};
use crate::state_folder::Mode;

/// So much more may a span cost than without durable state.
const MOST_EPOCHS: f64 = 1.10;

/// The modes, driven in turns.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TurnsReport {
    /// Spans a second that were sent.
    pub rate: f64,
    /// Seconds from one collection to the next.
    pub collection_interval: f64,
    /// What each mode costs; the first one is without durable state.
    pub modes: Vec<ModeCost>,
}

/// What a span costs in one mode.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ModeCost {
    /// The mode.
    pub mode: Mode,
    /// Series at the end.
    pub series: f64,
    /// Half-edges that waited at the end of the last turn.
    pub pending_half_edges: f64,
    /// Epochs of all turns.
    pub epochs: f64,
    /// CPU seconds of the server for a million spans, also microseconds a span, of each turn.
    pub cpu_seconds_per_million: Vec<f64>,
    /// How long answers took in each turn: the 99th percentile in milliseconds.
    pub latency_p99: Vec<f64>,
}

impl TurnsReport {
    pub(super) fn new(modes: Vec<ModeCost>, turns: &TurnsOptions) -> Self {
        Self {
            rate: turns.rate,
            collection_interval: turns.collection_interval,
            modes,
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
        vec![Goal::new(
            "CPU a span with epochs, times that without durable state",
            self.ratio(Mode::Epochs),
            Bound::AtMost(MOST_EPOCHS),
        )]
    }

    fn lowest(&self, mode: Mode) -> f64 {
        let of_mode = self.modes.iter().find(|cost| cost.mode == mode);
        of_mode.map_or(f64::NAN, ModeCost::lowest)
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
        }
    }

    pub(super) fn note_turn(&mut self, cpu_seconds: f64, sent: &DriveReport) {
        let cost = cpu_seconds * 1e6 / sent.accepted_spans as f64;
        self.cpu_seconds_per_million.push(cost);
        self.latency_p99.push(sent.latency.p99);
    }

    /// The turn that others disturbed least; not a number when there was none.
    fn lowest(&self) -> f64 {
        self.cpu_seconds_per_million
            .iter()
            .copied()
            .fold(f64::NAN, f64::min)
    }
}

impl fmt::Display for TurnsReport {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            out,
            "{:<10}{:>10}{:>14}{:>10}{:>10}   CPU µs a span of each turn",
            "mode", "series", "halves wait", "epochs", "p99 ms"
        )?;
        for cost in &self.modes {
            let turns = cost.cpu_seconds_per_million.iter();
            let turns: Vec<_> = turns.map(|each| format!("{each:.3}")).collect();
            writeln!(
                out,
                "{:<10}{:>10.0}{:>14.0}{:>10.0}{:>10.2}   {}",
                format!("{:?}", cost.mode).to_lowercase(),
                cost.series,
                cost.pending_half_edges,
                cost.epochs,
                cost.latency_p99.iter().copied().fold(f64::NAN, f64::max),
                turns.join("  ")
            )?;
        }
        writeln!(
            out,
            "{:.0} spans a second, a collection each {} s; an epoch costs {:.3} CPU seconds more",
            self.rate,
            self.collection_interval,
            self.cpu_seconds_an_epoch()
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
    fn without_a_turn_no_goal_is_reached() {
        let report = report(vec![cost(Mode::None, &[1.0]), cost(Mode::Epochs, &[])]);
        assert!(!report.goals()[0].reached);
    }
}
