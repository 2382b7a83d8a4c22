//! Halves that come too late, or nearly so.

use std::time::Duration;

use super::{Finding, FindingKind, LEAST_EVIDENCE, Recent, part_of, share};
use crate::numbers;
use crate::severity::Severity;

/// What halves that come late and halves that come nearly late say; one of them is enough.
pub(super) fn diagnose(recent: &Recent<'_>) -> Vec<Finding> {
    let finding = late_halves(recent).or_else(|| halves_far_apart(recent));
    finding.into_iter().collect()
}

fn late_halves(recent: &Recent<'_>) -> Option<Finding> {
    let all = recent.met + recent.late;
    if recent.late < LEAST_EVIDENCE || share(recent.late, all) < 0.01 {
        return None;
    }
    let wait = recent.description.wait;
    let lateness = recent
        .counts
        .lateness
        .quantile_at_most(0.99)
        .unwrap_or(wait)
        .min(wait);
    Some(Finding {
        severity: if share(recent.late, all) < 0.1 {
            Severity::Warning
        } else {
            Severity::Bad
        },
        kind: FindingKind::LateHalves,
        title: "Halves come after their edge was given up".to_owned(),
        seen: format!(
            "{} second halves came too late, 99 % of them by at most {}; wait is {}.",
            part_of(recent.late, all),
            seconds(lateness),
            seconds(wait),
        ),
        cause:
            "Calls take longer than wait, or the spans of some services are held back by batching, queues or \
                retries on their way."
                .to_owned(),
        remedy: raise_wait(wait + lateness),
    })
}

/// Gaps of more than half of `wait` are close to being too long.
fn halves_far_apart(recent: &Recent<'_>) -> Option<Finding> {
    let wait = recent.description.wait;
    let (bound, far) = far_gaps(recent)?;
    (far >= LEAST_EVIDENCE && share(far, recent.met) >= 0.02).then(|| Finding {
        severity: Severity::Warning,
        kind: FindingKind::HalvesFarApart,
        title: format!("Halves arrive more than {} apart", seconds(bound)),
        seen: format!(
            "Of {} edges the second half came more than {} after the first; wait is {}.",
            part_of(far, recent.met),
            seconds(bound),
            seconds(wait),
        ),
        cause: "Calls take nearly as long as wait, or services send their spans in batches of very different age."
            .to_owned(),
        remedy: raise_wait(wait * 2),
    })
}

/// The first bound of at least half of `wait`, and how many gaps are longer.
fn far_gaps(recent: &Recent<'_>) -> Option<(Duration, u64)> {
    let wait = recent.description.wait;
    let buckets = recent.counts.gaps.buckets(wait);
    let near = buckets
        .iter()
        .position(|bucket| bucket.at_most.is_some_and(|most| most >= wait / 2))?;
    let (near, far) = buckets.split_at_checked(near + 1)?;
    let bound = near.last()?.at_most?;
    (bound < wait).then(|| (bound, far.iter().map(|bucket| bucket.count).sum()))
}

fn raise_wait(to: Duration) -> String {
    format!(
        "Raise metrics_generator.processor.service_graphs.wait to {} s or more, and max_items with it; or let the \
         services send their spans sooner.",
        to.as_secs_f64().ceil()
    )
}

fn seconds(duration: Duration) -> String {
    numbers::seconds(duration.as_secs_f64())
}
