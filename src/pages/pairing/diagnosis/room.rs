//! Whether there is room for halves to wait.

use super::{Finding, FindingKind, LEAST_EVIDENCE, Recent, part_of, share};
use crate::pages::numbers;
use crate::pages::severity::Severity;

/// Halves that found no room, or else a table that is nearly full.
pub(super) fn diagnose(recent: &Recent<'_>) -> Vec<Finding> {
    let finding = table_full(recent).or_else(|| table_nearly_full(recent));
    finding.into_iter().collect()
}

fn table_full(recent: &Recent<'_>) -> Option<Finding> {
    let (client, server) = (&recent.total.client, &recent.total.server);
    let dropped = client.dropped_full + server.dropped_full;
    (dropped >= LEAST_EVIDENCE).then(|| Finding {
        severity: Severity::Bad,
        kind: FindingKind::TableFull,
        title: "Halves find no room to wait".to_owned(),
        seen: format!(
            "{} halves were dropped because {} edges waited already.",
            part_of(dropped, client.settled() + server.settled()),
            numbers::count(recent.snapshot.limit as u64),
        ),
        cause: "More calls are under way than may wait; halves that never meet another fill the table for all of \
                wait."
            .to_owned(),
        remedy: remedy(recent),
    })
}

fn table_nearly_full(recent: &Recent<'_>) -> Option<Finding> {
    let (waiting, limit) = (recent.snapshot.pending.edges, recent.snapshot.limit as u64);
    (waiting >= LEAST_EVIDENCE && share(waiting, limit) >= 0.8).then(|| Finding {
        severity: Severity::Warning,
        kind: FindingKind::TableNearlyFull,
        title: "There is little room left for halves to wait".to_owned(),
        seen: format!("{} edges wait.", part_of(waiting, limit)),
        cause: "Nearly as many calls are under way as may wait; once the table is full, halves are dropped."
            .to_owned(),
        remedy: remedy(recent),
    })
}

fn remedy(recent: &Recent<'_>) -> String {
    format!(
        "Raise metrics_generator.processor.service_graphs.max_items (now {}; an edge that waits takes some 200 \
         bytes), or lower wait (now {}); and see to halves that stay alone.",
        numbers::count(recent.snapshot.limit as u64),
        numbers::seconds(recent.snapshot.wait.as_secs_f64()),
    )
}
