//! Everything that one call measured.

use std::fmt;

use serde::Serialize;

use super::large_report::LargeReport;
use super::turns_report::TurnsReport;
use crate::goal::{Goal, GoalLines};

/// What durable state costs.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct DurabilityReport {
    /// The modes in turns, when that was asked for.
    pub turns: Option<TurnsReport>,
    /// Large state, when that was asked for.
    pub large: Option<LargeReport>,
    /// What these are to reach.
    pub goals: Vec<Goal>,
}

impl DurabilityReport {
    pub(super) fn note_turns(&mut self, turns: TurnsReport) {
        self.goals.extend(turns.goals());
        self.turns = Some(turns);
    }

    pub(super) fn note_large(&mut self, large: LargeReport) {
        self.goals.extend(large.goals());
        self.large = Some(large);
    }
}

impl fmt::Display for DurabilityReport {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(turns) = &self.turns {
            write!(out, "{turns}")?;
        }
        if let Some(large) = &self.large {
            write!(out, "{large}")?;
        }
        write!(out, "{}", GoalLines(&self.goals))
    }
}
