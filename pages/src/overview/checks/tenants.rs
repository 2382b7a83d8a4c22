//! Tenants that find no place.

use spangraph_serving::receiver_metrics::RefusalReason;

use super::refused_for;
use crate::numbers;
use crate::overview::attention::Attention;
use crate::overview::situation::Situation;
use crate::severity::Severity;

/// As many tenants run as may, and requests of others were refused.
pub fn too_many_tenants(situation: &Situation<'_>, found: &mut Vec<Attention>) {
    let refused = refused_for(situation, RefusalReason::TooManyTenants);
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
