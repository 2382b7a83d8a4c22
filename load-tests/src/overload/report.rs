//! What an overload showed, held against the goals.

use serde::Serialize;

use super::aftermath::{Aftermath, Recovery};
use super::bounded::BoundedMemory;
use super::capacity::Step;
use super::goals::goals;
use super::options::{Load, OverloadOptions};
use super::phase::Phase;
use crate::drive::Target;
use crate::goal::Goal;
use crate::traffic::Shape;

/// Everything that one call measured.
#[derive(Clone, Debug, Serialize)]
pub struct OverloadReport {
    /// What was sent.
    pub shape: Shape,
    /// How.
    pub target: Target,
    /// How much of it.
    pub load: Load,
    /// What it took with more and more requests under way.
    pub steps: Vec<Step>,
    /// The requests under way that brought it to its limit, and so those of full load.
    pub in_flight: usize,
    /// Full load, half of it, overload, half again.
    pub phases: Vec<Phase>,
    /// Half-edges that waited when the load dropped: of many the other half had been refused.
    pub pending_half_edges: f64,
    /// Memory with the default bound on half-edges that wait.
    pub bounded: BoundedMemory,
    /// How calm returned.
    pub recovery: Recovery,
    /// Edges of the model.
    pub edges: usize,
    /// Label sets of span metrics of the model.
    pub span_sets: usize,
    /// What is not as the model says of everything that was accepted.
    pub wrong: Vec<String>,
    /// What was to be reached.
    pub goals: Vec<Goal>,
}

impl OverloadReport {
    /// `phases` are full load, half of it, overload, half again.
    pub(super) fn new(options: &OverloadOptions, phases: Vec<Phase>, aftermath: Aftermath) -> Self {
        let goals = goals(options.load.factor, &phases, &aftermath);
        let Aftermath {
            steps,
            in_flight,
            cores: _,
            bounded,
            pending_half_edges,
            recovery,
            findings,
        } = aftermath;
        Self {
            shape: options.shape.clone(),
            target: options.target.clone(),
            load: options.load.clone(),
            steps,
            in_flight,
            phases,
            pending_half_edges,
            bounded,
            recovery,
            edges: findings.edges,
            span_sets: findings.span_sets,
            wrong: findings.wrong,
            goals,
        }
    }
}
