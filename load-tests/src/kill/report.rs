//! What came of killing a server, and what that is to reach.

use std::fmt;

use serde::Serialize;

use super::ledger::StoreFaults;
use super::options::KillOptions;
use crate::goal::{Bound, Goal, GoalLines};
use crate::state_folder::Mode;

/// An epoch is due after one interval; writing one takes less than another.
const OLDEST_EPOCH: f64 = 2.0;
/// Findings that are told on the screen; all are in the JSON.
const TOLD: usize = 10;

/// Everything that one call found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct KillReport {
    /// What outlived the processes.
    pub mode: Mode,
    /// What was lost and what was kept.
    pub losses: Losses,
    /// What the store saw.
    pub store: StoreFaults,
    /// Seconds between two epochs.
    pub epoch_interval: f64,
    /// What is not as it must be.
    pub wrong: Vec<String>,
    /// What all this is to reach.
    pub goals: Vec<Goal>,
}

/// What was lost and what was kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Losses {
    /// How often the server was killed.
    pub kills: u32,
    /// How often of these before it was ready.
    pub killed_before_ready: u32,
    /// Spans that are counted.
    pub kept_spans: f64,
    /// Spans that were answered with success after the last cut before a kill, and are not counted.
    pub lost_spans: f64,
    /// Requests that were under way at a cut, or when the process was killed and answers are what counts: of these the
    /// counters told whether they are counted.
    pub in_doubt: usize,
    /// The longest time from the last cut, or since the load began, until a kill, in microseconds.
    pub oldest_cut_microseconds: u64,
}

impl Losses {
    /// Spans were lost.
    pub(super) fn note_lost(&mut self, spans: f64) {
        self.lost_spans += spans;
    }

    /// The last cut was so many microseconds ago when the process was killed.
    pub(super) fn note_age(&mut self, microseconds: u64) {
        self.oldest_cut_microseconds = self.oldest_cut_microseconds.max(microseconds);
    }
}

impl KillReport {
    pub(super) fn new(options: &KillOptions, losses: Losses, store: StoreFaults, wrong: Vec<String>) -> Self {
        let mut report = Self {
            mode: options.mode,
            losses,
            store,
            epoch_interval: options.epoch_interval,
            wrong,
            goals: Vec::new(),
        };
        report.goals = report.goals();
        report
    }

    fn goals(&self) -> Vec<Goal> {
        let none = |what: &str, count| Goal::new(what, count as f64, Bound::AtMost(0.0));
        let mut goals = vec![
            none("samples of counters that fell", self.store.fell),
            none("samples out of order", self.store.out_of_order),
            none("samples with two values", self.store.two_values),
            none("series that ended", self.store.ended),
            none("counts that are not the model's", self.wrong.len() as u64),
        ];
        goals.push(match self.mode {
            Mode::Log => Goal::new(
                "spans that were answered and are lost",
                self.losses.lost_spans,
                Bound::AtMost(0.0),
            ),
            Mode::None | Mode::Epochs => Goal::new(
                "age of the last cut at a kill, times the interval of epochs",
                self.losses.oldest_cut_microseconds as f64 / 1e6 / self.epoch_interval,
                Bound::AtMost(OLDEST_EPOCH),
            ),
        });
        goals
    }
}

impl fmt::Display for KillReport {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let losses = &self.losses;
        writeln!(
            out,
            "killed {} times, {} of them before it was ready",
            losses.kills, losses.killed_before_ready
        )?;
        let answered = losses.kept_spans + losses.lost_spans;
        writeln!(
            out,
            "spans: {} counted, {} answered and lost ({:.2} %)",
            losses.kept_spans,
            losses.lost_spans,
            100.0 * losses.lost_spans / answered.max(1.0)
        )?;
        writeln!(
            out,
            "requests of which only the counters tell: {}; oldest cut at a kill: {:.2} s",
            losses.in_doubt,
            losses.oldest_cut_microseconds as f64 / 1e6
        )?;
        writeln!(
            out,
            "store: {} samples, {} of them came again",
            self.store.samples, self.store.came_again
        )?;
        for wrong in self.wrong.iter().take(TOLD) {
            writeln!(out, "wrong: {wrong}")?;
        }
        write!(out, "{}", GoalLines(&self.goals))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_fault_of_any_kind_misses_a_goal() {
        let missed = |store, wrong: &[&str], oldest_cut_microseconds| {
            let mut report = KillReport {
                mode: Mode::Epochs,
                losses: Losses {
                    oldest_cut_microseconds,
                    ..Losses::default()
                },
                store,
                epoch_interval: 1.0,
                wrong: wrong.iter().map(ToString::to_string).collect(),
                goals: Vec::new(),
            };
            report.goals = report.goals();
            report.goals.iter().filter(|goal| !goal.reached).count()
        };
        let store = StoreFaults::default();
        assert_eq!(missed(store, &[], 2_000_000), 0);
        assert_eq!(missed(store, &[], 2_100_000), 1);
        assert_eq!(missed(store, &["a count"], 0), 1);
        let faults = [
            StoreFaults { fell: 1, ..store },
            StoreFaults {
                out_of_order: 1,
                ..store
            },
            StoreFaults {
                two_values: 1,
                ..store
            },
            StoreFaults { ended: 1, ..store },
        ];
        for fault in faults {
            assert_eq!(missed(fault, &[], 0), 1, "{fault:?}");
        }
    }
}
