//! What needs attention first: the findings of all checks, the worst first, each with its remedy.

use serde::Serialize;
use utoipa::ToSchema;

use super::checks;
use super::situation::Situation;
use crate::severity::Severity;

/// Something that needs attention.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Attention {
    /// How bad it is.
    pub severity: Severity,
    /// What is the matter.
    pub title: String,
    /// The numbers behind it.
    pub detail: String,
    /// What to do.
    pub remedy: String,
    /// The page that shows more.
    pub page: String,
}

/// One thing to look for; adds what it finds.
type Check = fn(&Situation<'_>, &mut Vec<Attention>);

/// In the order in which equally bad findings are told: from what concerns everything to single tenants.
const CHECKS: [Check; 16] = [
    checks::obstacle,
    checks::loading,
    checks::refused,
    checks::too_many_tenants,
    checks::gate,
    checks::endpoints,
    checks::samples_dropped,
    checks::actors,
    checks::rate_limited,
    checks::limits,
    checks::pending,
    checks::outside_slack,
    checks::impossible_durations,
    checks::pairing,
    checks::nobody_takes,
    checks::open_listeners,
];

/// What needs attention in `situation`, the worst first.
#[must_use]
pub fn attention(situation: &Situation<'_>) -> Vec<Attention> {
    let mut found = Vec::new();
    CHECKS.iter().for_each(|check| check(situation, &mut found));
    found.sort_by_key(|attention| attention.severity);
    found
}
