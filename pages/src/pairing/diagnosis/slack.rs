//! Spans whose time is too far from now.

use super::{Finding, FindingKind, LEAST_EVIDENCE, Recent, part_of, share};
use crate::numbers;
use crate::severity::Severity;

/// Spans that are too old, and spans that are too new.
pub(super) fn diagnose(recent: &Recent<'_>) -> Vec<Finding> {
    too_old(recent).into_iter().chain(too_new(recent)).collect()
}

fn too_old(recent: &Recent<'_>) -> Option<Finding> {
    let spans = recent.description.recent_spans;
    Some(Finding {
        severity: severity(spans.too_old, spans.received)?,
        kind: FindingKind::SpansTooOld,
        title: "Spans are discarded as too old".to_owned(),
        seen: format!(
            "{} spans ended more than {} ago when they came.",
            part_of(spans.too_old, spans.received),
            slack(recent)
        ),
        cause: "Something before us holds spans back: tail sampling, long batches, a queue after an outage; or the \
                clocks of the senders are behind."
            .to_owned(),
        remedy: "Raise metrics_generator.metrics_ingestion_time_range_slack (for one tenant: \
                 ingestion_time_range_slack) above the decision wait of tail sampling, or send spans here before \
                 they are sampled, which also gives true rates."
            .to_owned(),
    })
}

fn too_new(recent: &Recent<'_>) -> Option<Finding> {
    let spans = recent.description.recent_spans;
    Some(Finding {
        severity: severity(spans.too_new, spans.received)?,
        kind: FindingKind::SpansTooNew,
        title: "Spans are discarded as too new".to_owned(),
        seen: format!(
            "{} spans end more than {} in the future.",
            part_of(spans.too_new, spans.received),
            slack(recent)
        ),
        cause: "The clocks of the senders are ahead of ours, or ours is behind.".to_owned(),
        remedy: "Keep all clocks in step with NTP; look at the senders' hosts first, then at ours."
            .to_owned(),
    })
}

fn severity(discarded: u64, received: u64) -> Option<Severity> {
    match share(discarded, received) {
        _ if discarded < LEAST_EVIDENCE => None,
        little if little < 0.01 => None,
        some if some < 0.1 => Some(Severity::Warning),
        _ => Some(Severity::Bad),
    }
}

fn slack(recent: &Recent<'_>) -> String {
    numbers::seconds(recent.description.slack.as_secs_f64())
}
