//! Goals: what a measurement is to reach, and whether it did.

use std::fmt;
use std::process::ExitCode;

use clap::Args;
use serde::Serialize;

/// One number that a measurement is to reach.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Goal {
    /// What is measured, its unit included, as it reads before a number.
    pub what: String,
    /// What came out; not a number when nothing did, which reaches no goal.
    pub measured: f64,
    /// Where it is to lie.
    #[serde(flatten)]
    pub bound: Bound,
    /// Whether it lies there.
    pub reached: bool,
}

/// Where a number is to lie.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// Not above.
    AtMost(f64),
    /// Not below.
    AtLeast(f64),
}

/// Goals as they stand under a table for people, a line each.
#[derive(Clone, Copy, Debug)]
pub struct GoalLines<'a>(pub &'a [Goal]);

/// What a missed goal means.
#[derive(Args, Clone, Copy, Debug, Default)]
pub struct Judging {
    /// Fail when a goal is missed, instead of only saying so.
    #[arg(long)]
    pub strict: bool,
}

impl Goal {
    /// `measured` held against `bound`.
    pub fn new(what: impl Into<String>, measured: f64, bound: Bound) -> Self {
        let reached = match bound {
            Bound::AtMost(limit) => measured <= limit,
            Bound::AtLeast(limit) => measured >= limit,
        };
        Self {
            what: what.into(),
            measured,
            bound,
            reached,
        }
    }
}

impl Judging {
    /// How a command that measured `goals` ends.
    #[must_use]
    pub fn exit_code(self, goals: &[Goal]) -> ExitCode {
        if self.strict && goals.iter().any(|goal| !goal.reached) {
            ExitCode::FAILURE
        } else {
            ExitCode::SUCCESS
        }
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.reached { "reached" } else { "MISSED" };
        write!(
            out,
            "{verdict:<9}{}: {:.2}, {}",
            self.what, self.measured, self.bound
        )
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtMost(limit) => write!(out, "at most {limit}"),
            Self::AtLeast(limit) => write!(out, "at least {limit}"),
        }
    }
}

impl fmt::Display for GoalLines<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|goal| writeln!(out, "{goal}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goal_is_reached_on_its_bound_and_never_without_a_number() {
        let reached = |measured, bound| Goal::new("it", measured, bound).reached;
        assert!(reached(2.0, Bound::AtMost(2.0)) && !reached(2.1, Bound::AtMost(2.0)));
        assert!(reached(2.0, Bound::AtLeast(2.0)) && !reached(1.9, Bound::AtLeast(2.0)));
        assert!(!reached(f64::NAN, Bound::AtMost(2.0)) && !reached(f64::NAN, Bound::AtLeast(2.0)));
    }

    #[test]
    fn a_goal_reads_as_a_line_and_as_json() {
        let goal = Goal::new("CPU a span, times prost's", 0.5, Bound::AtMost(0.4));
        assert_eq!(
            goal.to_string(),
            "MISSED   CPU a span, times prost's: 0.50, at most 0.4"
        );
        let json = serde_json::to_value(&goal).unwrap();
        assert_eq!(
            json,
            serde_json::json!({
                "what": "CPU a span, times prost's", "measured": 0.5, "at_most": 0.4, "reached": false,
            })
        );
    }

    #[test]
    fn a_missed_goal_fails_only_when_that_is_asked_for() {
        let goals = [Goal::new("it", 3.0, Bound::AtMost(2.0))];
        let code = |strict, goals: &[Goal]| format!("{:?}", Judging { strict }.exit_code(goals));
        assert_eq!(code(true, &goals), format!("{:?}", ExitCode::FAILURE));
        assert_eq!(code(false, &goals), format!("{:?}", ExitCode::SUCCESS));
        assert_eq!(code(true, &[]), format!("{:?}", ExitCode::SUCCESS));
    }
}
