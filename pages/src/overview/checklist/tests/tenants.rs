//! Tenants that send more than they may.

use super::*;

#[test]
fn tenants_that_find_no_place() {
    let refused = position(RefusalReason::TooManyTenants);
    let found = after(|case| case.now.refused[refused] = 1);
    assert_found(
        found,
        "further tenants",
        Severity::Bad,
        "spangraph.admission.max_tenants",
    );
}

#[test]
fn a_tenant_whose_ingestion_limit_refused_requests() {
    let found = after(|case| case.tenant.requests_limited = 1).unwrap();
    assert_eq!(found.page, "/tenants/shop%26co");
    assert_found(
        Some(found),
        "shop&co sends more",
        Severity::Bad,
        "ingestion.rate_limit_bytes",
    );
}

#[test]
fn tenants_that_do_not_run_and_send_more_than_they_may() {
    let found = after(|case| case.now.totals.strangers_limited = 3).unwrap();
    assert!(found.detail.starts_with("3 requests"), "{found:?}");
    assert_found(
        Some(found),
        "Tenants that do not run send more",
        Severity::Bad,
        "ingestion.burst_size_bytes",
    );
}

#[test]
fn limits_that_are_reached_or_nearly() {
    let found = after(|case| case.tenant.limited = 90);
    assert_found(
        found,
        "nearly reached max_active_series",
        Severity::Warning,
        "Raise max_active_series",
    );
    assert_eq!(after(|case| case.tenant.limited = 89), None);
    let reached = after(|case| case.tenant.updates_limited = 1).unwrap();
    assert_eq!(reached.page, "/cardinality?tenant=shop%26co");
    assert_found(Some(reached), "has reached", Severity::Bad, "dimension");
    let unlimited = after(|case| (case.tenant.limit, case.tenant.limited) = (0, 1_000));
    assert_eq!(unlimited, None);
}
