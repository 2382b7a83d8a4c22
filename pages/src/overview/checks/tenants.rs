//! The checks on tenants that send more than they may.

use spangraph_serving::receiver_metrics::RefusalReason;

use super::thresholds::NEARLY;
use crate::links::Link;
use crate::numbers;
use crate::outputs::report::share;
use crate::overview::attention::Attention;
use crate::overview::situation::Situation;
use crate::severity::Severity;

/// As many tenants run as may, and requests of others were refused.
pub fn too_many_tenants(situation: &Situation<'_>, found: &mut Vec<Attention>) {
    let refused = situation.refused_for(RefusalReason::TooManyTenants);
    if refused == 0 {
        return;
    }
    found.push(Attention {
        severity: Severity::Bad,
        title: "Requests of further tenants are refused".to_owned(),
        detail: format!(
            "as many tenants run as may; {} requests of others were refused in the last minute",
            numbers::count(refused)
        ),
        remedy: "Look whether all tenants are real: whoever reaches a receiver can name any, unless credentials decide \
                 it. Raise spangraph.admission.max_tenants when they are, and memory allows."
            .to_owned(),
        page: "/tenants".to_owned(),
    });
}

/// A tenant sends more than it may.
pub fn rate_limited(situation: &Situation<'_>, found: &mut Vec<Attention>) {
    for tenant in situation.tenants {
        if tenant.requests_limited == 0 {
            continue;
        }
        found.push(Attention {
            severity: Severity::Bad,
            title: format!("Tenant {} sends more than it may", tenant.id),
            detail: format!(
                "{} requests were refused in the last minute by its ingestion limit",
                numbers::count(tenant.requests_limited)
            ),
            remedy:
                "Its senders are told when to come again, unless a request is larger than the burst. Raise \
                     ingestion.rate_limit_bytes or burst_size_bytes of the tenant, or let it sample."
                    .to_owned(),
            page: Link::to("/tenants").segment(&tenant.id).to_string(),
        });
    }
}

/// Tenants of which no request was ever taken send more than they may.
pub fn strangers_limited(situation: &Situation<'_>, found: &mut Vec<Attention>) {
    let refused = situation
        .window
        .increase(|reading| reading.totals.strangers_limited);
    if refused == 0 {
        return;
    }
    found.push(Attention {
        severity: Severity::Bad,
        title: "Tenants that do not run send more than they may".to_owned(),
        detail: format!(
            "{} requests of tenants of which none was taken were refused in the last minute by an ingestion limit",
            numbers::count(refused)
        ),
        remedy: "spangraph_requests_limited_total names those that have an entry in the override file. Raise \
                 ingestion.burst_size_bytes above the largest batch of their senders."
            .to_owned(),
        page: "/tenants".to_owned(),
    });
}

/// A tenant's limit of series or label sets is reached, or nearly.
pub fn limits(situation: &Situation<'_>, found: &mut Vec<Attention>) {
    for tenant in situation.tenants {
        let used = share(tenant.limited, tenant.limit);
        let is_reached = tenant.updates_limited > 0;
        if !is_reached && used < NEARLY {
            continue;
        }
        let how = if is_reached { "reached" } else { "nearly reached" };
        found.push(Attention {
            severity: if is_reached { Severity::Bad } else { Severity::Warning },
            title: format!("Tenant {} has {how} {}", tenant.id, tenant.limit_setting),
            detail: format!(
                "{} of {} are taken; {} updates were turned away in the last minute",
                numbers::count(tenant.limited),
                numbers::count(tenant.limit),
                numbers::count(tenant.updates_limited)
            ),
            remedy: format!(
                "New label sets go to metric_overflow=\"true\". Raise {}, or drop the dimension with the most values.",
                tenant.limit_setting
            ),
            page: tenant.page("/cardinality"),
        });
    }
}
