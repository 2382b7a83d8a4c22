//! Spans that do not become edges.

use super::*;

#[test]
fn pending_tables_that_are_full_or_nearly() {
    let found = after(|case| case.tenant.pending_edges = 90);
    assert_found(
        found,
        "nearly full",
        Severity::Warning,
        "service_graphs.max_items",
    );
    assert_eq!(after(|case| case.tenant.pending_edges = 89), None);
    let full = after(|case| case.tenant.halves_dropped = 1);
    assert_found(full, "is full", Severity::Bad, "max_items");
}

#[test]
fn spans_outside_of_the_slack_in_a_large_share() {
    let found = after(|case| case.tenant.spans_outside_slack = 200);
    assert_found(
        found,
        "slack",
        Severity::Bad,
        "metrics_ingestion_time_range_slack",
    );
    assert_eq!(after(|case| case.tenant.spans_outside_slack = 199), None);
    let few = after(|case| (case.tenant.spans, case.tenant.spans_outside_slack) = (49, 49));
    assert_eq!(few, None);
}

#[test]
fn halves_of_which_few_are_paired() {
    let paired =
        |paired, alone| after(|case| (case.tenant.halves_paired, case.tenant.halves_alone) = (paired, alone));
    assert_found(paired(49, 51), "other side", Severity::Warning, "pairing page");
    assert_eq!(paired(50, 50), None);
    assert_eq!(paired(0, 49), None, "too few to tell");
}

#[test]
fn durations_that_cannot_be_of_a_share_of_spans() {
    let many = |case: &mut Case| case.tenant.spans_impossible_duration = 10;
    let found = after(many);
    assert_found(
        found,
        "durations that cannot be",
        Severity::Warning,
        "startTimeUnixNano",
    );
    assert!(after(many).unwrap().detail.contains("no histogram takes them"));
    let observed = after(|case| {
        many(case);
        case.tenant.observes_impossible_durations = true;
    });
    assert!(observed.unwrap().detail.contains("means are wrong"));
    assert_eq!(after(|case| case.tenant.spans_impossible_duration = 9), None);
}
