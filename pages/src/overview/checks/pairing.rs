//! The checks on what spans become: edges, or nothing.

use super::thresholds::{ENOUGH, NEARLY};
use crate::numbers;
use crate::outputs::report::share;
use crate::overview::attention::Attention;
use crate::overview::situation::Situation;
use crate::severity::Severity;

/// From this share of a tenant's spans on, those outside of the slack are many.
const MANY_OUTSIDE: f64 = 0.2;

/// Below this share of halves that are paired, the graph is more guesses than facts.
const FEW_PAIRED: f64 = 0.5;

/// A tenant's pending table is full, or nearly.
pub fn pending(situation: &Situation<'_>, found: &mut Vec<Attention>) {
    for tenant in situation.tenants {
        let is_full = tenant.halves_dropped > 0;
        if !is_full && share(tenant.pending_edges, tenant.max_items) < NEARLY {
            continue;
        }
        let how = if is_full { "full" } else { "nearly full" };
        found.push(Attention {
            severity: if is_full { Severity::Bad } else { Severity::Warning },
            title: format!("The pending table of tenant {} is {how}", tenant.id),
            detail: format!(
                "{} of {} edges wait for a half; {} halves found no room in the last minute",
                numbers::count(tenant.pending_edges),
                numbers::count(tenant.max_items),
                numbers::count(tenant.halves_dropped)
            ),
            remedy: "Raise service_graphs.max_items when memory allows, or spangraph.matcher.max_text_bytes when few edges \
                     wait with long texts; see why so many halves wait."
                .to_owned(),
            page: tenant.page("/pairing"),
        });
    }
}

/// A large share of a tenant's spans comes too late or too early.
pub fn outside_slack(situation: &Situation<'_>, found: &mut Vec<Attention>) {
    for tenant in situation.tenants {
        let outside = share(tenant.spans_outside_slack, tenant.spans);
        if tenant.spans < ENOUGH || outside < MANY_OUTSIDE {
            continue;
        }
        found.push(Attention {
            severity: Severity::Bad,
            title: format!("Spans of tenant {} come outside of the slack", tenant.id),
            detail: format!(
                "{} of {} spans in the last minute were discarded",
                numbers::share(outside),
                numbers::count(tenant.spans)
            ),
            remedy: "Raise metrics_generator.metrics_ingestion_time_range_slack when senders hold spans back, as tail \
                     sampling does; else compare the clocks."
                .to_owned(),
            page: tenant.page("/pairing"),
        });
    }
}

/// Few of a tenant's halves find their other half.
pub fn pairing(situation: &Situation<'_>, found: &mut Vec<Attention>) {
    for tenant in situation.tenants {
        let halves = tenant.halves_paired + tenant.halves_alone;
        let paired = share(tenant.halves_paired, halves);
        if halves < ENOUGH || paired >= FEW_PAIRED {
            continue;
        }
        found.push(Attention {
            severity: Severity::Warning,
            title: format!("Few calls of tenant {} find their other side", tenant.id),
            detail: format!(
                "{} of {} halves were paired in the last minute",
                numbers::share(paired),
                numbers::count(halves)
            ),
            remedy: "Look at the pairing page: trace context may not be propagated, a side may not be instrumented or \
                     go to another replica, or service_graphs.wait may be too short."
                .to_owned(),
            page: tenant.page("/pairing"),
        });
    }
}
