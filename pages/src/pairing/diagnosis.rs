//! Says in words what a picture of pairing means, when it is one that is known.

mod partners;
mod room;
mod slack;
mod timing;

use serde::Serialize;
use spangraph_actors::matcher::{FateCounts, PairingCounts, PairingDescription, ServiceCounts};
use utoipa::ToSchema;

use crate::numbers;
use crate::severity::Severity;

/// The pictures that are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// Services begin traces of their own instead of going on with their callers'.
    ContextNotPropagated,
    /// Only a part of the halves finds the other, on both sides alike.
    TracesSplit,
    /// Client halves of services that no server half answers.
    CalleeMissing,
    /// Server halves of services whose caller's half does not come.
    CallerMissing,
    /// Halves come after their edge was given up.
    LateHalves,
    /// Halves come so far apart that they nearly miss each other.
    HalvesFarApart,
    /// Spans end too long ago.
    SpansTooOld,
    /// Spans end in the future.
    SpansTooNew,
    /// Halves find no room to wait.
    TableFull,
    /// There is little room left.
    TableNearlyFull,
    /// Halves find each other.
    Healthy,
}

/// What is seen, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// Which picture it is.
    pub kind: FindingKind,
    /// The picture in a few words.
    pub title: String,
    /// The numbers it rests on.
    pub seen: String,
    /// What is the likely cause.
    pub cause: String,
    /// What to do, with the setting or the place to look at.
    pub remedy: String,
}

/// Fewer halves, edges or spans than this prove nothing.
pub(super) const LEAST_EVIDENCE: u64 = 20;

/// What is recent, with sums that several pictures need.
struct Recent<'s> {
    description: &'s PairingDescription,
    counts: &'s PairingCounts,
    total: ServiceCounts,
    /// Edges of which both halves came.
    met: u64,
    /// Halves that came after their edge was given up.
    late: u64,
}

/// What the recent counts of `description` mean, the worst first; nothing when there is too little to go by.
#[must_use]
pub fn diagnose(description: &PairingDescription) -> Vec<Finding> {
    let recent = Recent::of(description);
    let findings = [
        room::diagnose(&recent),
        partners::diagnose(&recent),
        timing::diagnose(&recent),
        slack::diagnose(&recent),
    ];
    let mut findings: Vec<_> = findings.into_iter().flatten().collect();
    if findings.is_empty() {
        findings.extend(recent.healthy());
    }
    findings.sort_by_key(|finding| finding.severity);
    findings
}

impl<'s> Recent<'s> {
    fn of(description: &'s PairingDescription) -> Self {
        let counts = &description.recent;
        Self {
            description,
            counts,
            total: counts.total(),
            met: counts.gaps.count(),
            late: counts.lateness.count(),
        }
    }

    /// The services whose `side` has at least [`LEAST_EVIDENCE`] settled halves.
    fn services(
        &self,
        side: fn(&ServiceCounts) -> &FateCounts,
    ) -> impl Iterator<Item = (&'s str, &'s FateCounts)> {
        let named = self
            .counts
            .services
            .iter()
            .map(move |each| (service_name(each.service.as_deref()), side(&each.counts)));
        named.filter(|(_, counts)| counts.settled() >= LEAST_EVIDENCE)
    }

    fn healthy(&self) -> Option<Finding> {
        (self.met >= LEAST_EVIDENCE).then(|| Finding {
            severity: Severity::Good,
            kind: FindingKind::Healthy,
            title: "Halves find each other".to_owned(),
            seen: format!(
                "{} edges have both halves{}.",
                numbers::count(self.met),
                self.usual_gap()
            ),
            cause: "Trace context is propagated, and wait is long enough.".to_owned(),
            remedy: "There is nothing to do.".to_owned(),
        })
    }

    fn usual_gap(&self) -> String {
        let gap = self.counts.gaps.quantile_at_most(0.99);
        gap.map_or(String::new(), |gap| {
            format!(
                "; 99 % of them came within {} of each other",
                numbers::seconds(gap.as_secs_f64())
            )
        })
    }
}

/// How a service is called that may have no name, or be many.
#[must_use]
pub fn service_name(service: Option<&str>) -> &str {
    match service {
        Some("") => "(no name)",
        Some(name) => name,
        None => "(other services)",
    }
}

/// `part` of `whole`, 0 of nothing.
#[expect(clippy::cast_precision_loss, reason = "a share needs no more than 53 bits")]
fn share(part: u64, whole: u64) -> f64 {
    part as f64 / whole.max(1) as f64
}

/// `120 of 200 (60 %)`.
fn part_of(part: u64, whole: u64) -> String {
    let percent = numbers::share(share(part, whole));
    format!(
        "{} of {} ({percent})",
        numbers::count(part),
        numbers::count(whole)
    )
}

/// The first names of a list, and how many more there are.
fn listed(names: &[&str]) -> String {
    const SHOWN: usize = 3;
    let shown = names.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests;
