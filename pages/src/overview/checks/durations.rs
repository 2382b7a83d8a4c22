//! The check on durations that cannot be.

use super::thresholds::ENOUGH;
use crate::numbers;
use crate::outputs::report::share;
use crate::overview::attention::Attention;
use crate::overview::situation::{Situation, TenantSituation};
use crate::severity::Severity;

/// From this share of a tenant's spans on, those whose duration cannot be are many.
const MANY_IMPOSSIBLE: f64 = 0.01;

/// A share of a tenant's spans has a duration that cannot be.
pub fn impossible_durations(situation: &Situation<'_>, found: &mut Vec<Attention>) {
    let tenants = situation.tenants.iter();
    found.extend(tenants.filter(|tenant| has_many(tenant)).map(attention));
}

fn has_many(tenant: &TenantSituation) -> bool {
    tenant.spans >= ENOUGH && share(tenant.spans_impossible_duration, tenant.spans) >= MANY_IMPOSSIBLE
}

fn attention(tenant: &TenantSituation) -> Attention {
    let treatment = if tenant.observes_impossible_durations {
        "histograms take them, so their sums and means are wrong"
    } else {
        "they are counted, and no histogram takes them"
    };
    Attention {
        severity: Severity::Warning,
        title: format!("Spans of tenant {} have durations that cannot be", tenant.id),
        detail: format!(
            "{} of {} spans in the last minute have no start, or last longer than 24 h and the slack: {treatment}",
            numbers::count(tenant.spans_impossible_duration),
            numbers::count(tenant.spans)
        ),
        remedy: "Find their sender, an old SDK or a bridge that does not fill in startTimeUnixNano, and mend it there."
            .to_owned(),
        page: tenant.page("/tenants"),
    }
}
