//! What needs attention first: the findings of all checks, the worst first.

use super::attention::Attention;
use super::checks;
use super::situation::Situation;

/// One thing to look for; adds what it finds.
type Check = fn(&Situation<'_>, &mut Vec<Attention>);

/// In the order in which equally bad findings are told: from what concerns everything to single tenants.
const CHECKS: [Check; 20] = [
    checks::obstacle,
    checks::loading,
    checks::state_not_kept,
    checks::unclaimed_samples,
    checks::requests_not_logged,
    checks::refused,
    checks::too_many_tenants,
    checks::gate,
    checks::endpoints,
    checks::samples_dropped,
    checks::actors,
    checks::rate_limited,
    checks::strangers_limited,
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

#[cfg(test)]
mod tests;
