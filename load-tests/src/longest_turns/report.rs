//! The longest turns after each step, and what they are to reach.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;
use spangraph_test_support::exposition::Scrape;

use super::steps::Step;
use crate::goal::{Bound, Goal, GoalLines};

const LONGEST: &str = "spangraph_actor_longest_turn_seconds";
/// The actors whose turns could grow with series and halves.
const ACTORS: [&str; 2] = ["aggregator", "matcher"];
/// The most milliseconds of a turn.
const MOST_MILLISECONDS: f64 = 5.0;

/// Everything that one call measured.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LongestTurnsReport {
    /// The most series that there were, as the server says itself.
    pub series: f64,
    /// What was done, in its order.
    pub steps: Vec<StepTurns>,
    /// What the longest turns are to reach.
    pub goals: Vec<Goal>,
}

/// The longest turns after one step.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StepTurns {
    /// What was done.
    pub step: Step,
    /// The longest turn so far in milliseconds, by `actor turn`.
    pub longest_milliseconds: BTreeMap<String, f64>,
}

impl LongestTurnsReport {
    /// Holds the longest turns of all steps against the goal.
    #[must_use]
    pub fn new(series: f64, steps: Vec<StepTurns>) -> Self {
        let last = steps.last().map(|step| &step.longest_milliseconds);
        let goal = |(turn, milliseconds): (&String, &f64)| {
            let what = format!("longest {turn} turn in milliseconds");
            Goal::new(what, *milliseconds, Bound::AtMost(MOST_MILLISECONDS))
        };
        Self {
            series,
            goals: last.into_iter().flatten().map(goal).collect(),
            steps,
        }
    }
}

impl StepTurns {
    /// What the server's own `metrics` tell after `step`.
    pub(super) fn read(step: Step, metrics: &Scrape) -> Self {
        let turns = metrics.select(LONGEST, &[]);
        let turns = turns.filter(|turn| ACTORS.contains(&turn.label("actor")));
        let longest = turns.map(|turn| {
            let kind = format!("{} {}", turn.label("actor"), turn.label("turn"));
            (kind, turn.value * 1e3)
        });
        Self {
            step,
            longest_milliseconds: longest.collect(),
        }
    }
}

impl fmt::Display for LongestTurnsReport {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kinds = self
            .steps
            .iter()
            .flat_map(|step| step.longest_milliseconds.keys());
        let kinds: BTreeSet<_> = kinds.collect();
        write!(out, "{:<24}", "longest turn so far, ms")?;
        for step in &self.steps {
            write!(out, "{:>13}", step.step.to_string())?;
        }
        writeln!(out)?;
        for kind in kinds {
            write!(out, "{kind:<24}")?;
            for step in &self.steps {
                let longest = step.longest_milliseconds.get(kind);
                let longest = longest.map_or_else(String::new, |milliseconds| format!("{milliseconds:.2}"));
                write!(out, "{longest:>13}")?;
            }
            writeln!(out)?;
        }
        writeln!(out, "{:.0} series at most", self.series)?;
        write!(out, "{}", GoalLines(&self.goals))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_turns_after_the_last_step_are_held_against_the_goal() {
        let step = |step, milliseconds: f64| {
            let page = format!(
                "{LONGEST}{{actor=\"aggregator\",turn=\"collect\"}} {}\n",
                milliseconds / 1e3
            );
            StepTurns::read(step, &Scrape::parse(&page).unwrap())
        };
        let report = LongestTurnsReport::new(7.0, vec![step(Step::Births, 1.0), step(Step::Ends, 6.0)]);
        let [goal] = &report.goals[..] else {
            panic!("{report:?}")
        };
        assert!(!goal.reached && (goal.measured - 6.0).abs() < 1e-9);
        let table = report.to_string();
        assert!(
            table.contains("aggregator collect") && table.contains("1.00"),
            "{table}"
        );
    }
}
