//! Whether there is room for halves to wait.

use super::{Finding, FindingKind, LEAST_EVIDENCE, Recent, part_of, share};
use crate::numbers;
use crate::severity::Severity;

/// Halves that found no room, or else a table that is nearly full.
pub(super) fn diagnose(recent: &Recent<'_>) -> Vec<Finding> {
    let finding = table_full(recent)
        .or_else(|| table_nearly_full(recent))
        .or_else(|| texts_nearly_full(recent));
    finding.into_iter().collect()
}

fn table_full(recent: &Recent<'_>) -> Option<Finding> {
    let (client, server) = (&recent.total.client, &recent.total.server);
    let dropped = client.dropped_full + server.dropped_full;
    if dropped < LEAST_EVIDENCE {
        return None;
    }
    let dropped = part_of(dropped, client.settled() + server.settled());
    if share_of_texts(recent) > share_of_edges(recent) {
        return Some(Finding {
            severity: Severity::Bad,
            kind: FindingKind::TableFull,
            title: "The texts of halves find no room to wait".to_owned(),
            seen: format!(
                "{dropped} halves were dropped because the texts of {} edges that waited already took {}.",
                numbers::count(recent.description.pending.edges),
                numbers::bytes(recent.description.text_bytes),
            ),
            cause: TEXTS_CAUSE.to_owned(),
            remedy: texts_remedy(recent),
        });
    }
    Some(Finding {
        severity: Severity::Bad,
        kind: FindingKind::TableFull,
        title: "Halves find no room to wait".to_owned(),
        seen: format!(
            "{dropped} halves were dropped because {} edges waited already.",
            numbers::count(recent.description.limit as u64),
        ),
        cause: "More calls are under way than may wait; halves that never meet another fill the table for all of \
                wait."
            .to_owned(),
        remedy: remedy(recent),
    })
}

fn table_nearly_full(recent: &Recent<'_>) -> Option<Finding> {
    let (waiting, limit) = (recent.description.pending.edges, recent.description.limit as u64);
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

fn texts_nearly_full(recent: &Recent<'_>) -> Option<Finding> {
    (share_of_texts(recent) >= 0.8).then(|| Finding {
        severity: Severity::Warning,
        kind: FindingKind::TableNearlyFull,
        title: "There is little room left for the texts of halves that wait".to_owned(),
        seen: format!(
            "The texts of {} edges that wait take {}.",
            numbers::count(recent.description.pending.edges),
            numbers::bytes(recent.description.text_bytes),
        ),
        cause: TEXTS_CAUSE.to_owned(),
        remedy: texts_remedy(recent),
    })
}

/// What fills the room of texts before that of edges.
const TEXTS_CAUSE: &str = "Service names, peers or dimensions are long and differ from call to call; once their room is \
                           full, halves are dropped.";

fn share_of_edges(recent: &Recent<'_>) -> f64 {
    share(recent.description.pending.edges, recent.description.limit as u64)
}

fn share_of_texts(recent: &Recent<'_>) -> f64 {
    share(
        recent.description.text_bytes,
        recent.description.text_limit as u64,
    )
}

fn texts_remedy(recent: &Recent<'_>) -> String {
    format!(
        "Find the attribute that names each call differently and take it out of dimensions, peer_attributes or \
         database_name_attributes; or raise spangraph.matcher.max_text_bytes (now {}).",
        numbers::bytes(recent.description.text_limit as u64),
    )
}

fn remedy(recent: &Recent<'_>) -> String {
    format!(
        "Raise metrics_generator.processor.service_graphs.max_items (now {}; an edge that waits takes some 200 \
         bytes), or lower wait (now {}); and see to halves that stay alone.",
        numbers::count(recent.description.limit as u64),
        numbers::seconds(recent.description.wait.as_secs_f64()),
    )
}
