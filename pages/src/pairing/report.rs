//! What the pairing page tells, as JSON.

use std::collections::HashMap;
use std::time::Duration;

use serde::Serialize;
use spangraph_actors::matcher::{
    AGE_SHARES, DurationBucket, FateCounts, PairingCounts, PairingDescription, Pending, ServiceCounts,
    SlackCounts,
};
use spangraph_config::TenantId;
use utoipa::ToSchema;

use super::diagnosis::{Finding, diagnose};

/// How the halves of a tenant's calls find each other.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PairingReport {
    /// Whose.
    pub tenant: String,
    /// What the recent counts mean, the worst first; empty when there is too little to go by.
    pub findings: Vec<Finding>,
    /// How long a half waits for the other: `wait`.
    pub wait_seconds: f64,
    /// How far from now a span may end: `metrics_ingestion_time_range_slack`.
    pub slack_seconds: f64,
    /// How far back what is recent goes, between 5 and 10 minutes; null when that is to the start.
    pub recent_seconds: Option<f64>,
    /// What waits now.
    pub pending: PendingReport,
    /// Halves by service and side, those with most halves that stayed alone recently first.
    pub services: Vec<SideReport>,
    /// How long the first half of an edge waited for the second, of recent edges that have both.
    pub gaps: Vec<DurationCount>,
    /// How long after their edge was given up recent late halves came; only one further `wait` is watched.
    pub lateness: Vec<DurationCount>,
    /// Spans recently.
    pub recent_spans: SpansReport,
    /// Spans since the start.
    pub spans: SpansReport,
}

/// The edges that wait for a half.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PendingReport {
    /// How many there are.
    pub edges: u64,
    /// How many there may be: `max_items`.
    pub limit: u64,
    /// The bytes that the texts of edges that wait take.
    pub text_bytes: u64,
    /// The most bytes that they may take: `spangraph.matcher.max_text_bytes`.
    pub text_limit_bytes: u64,
    /// Their halves of kinds client and producer.
    pub client_halves: u64,
    /// Their halves of kinds server and consumer.
    pub server_halves: u64,
    /// How long they have waited.
    pub ages: Vec<DurationCount>,
}

/// How many durations lie between the bound before and this one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct DurationCount {
    /// The upper bound, which is included; null for what is longer than all bounds.
    pub at_most_seconds: Option<f64>,
    /// How many there are.
    pub count: u64,
}

/// Which side of a call a half is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SideName {
    /// Kinds client and producer.
    Client,
    /// Kinds server and consumer.
    Server,
}

/// The halves of a service on one side.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SideReport {
    /// The service; null for all services together past the first thousand of a matcher.
    pub service: Option<String>,
    /// The side.
    pub side: SideName,
    /// What became of them recently.
    pub recent: FateReport,
    /// What became of them since the start.
    pub since_start: FateReport,
}

/// What became of halves. Each is in one of the fields, late ones in `late` too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct FateReport {
    /// Their edge was completed.
    pub completed: u64,
    /// Their other side was made up.
    pub virtual_node: u64,
    /// They were given up.
    pub expired: u64,
    /// They found no room to wait.
    pub dropped_full: u64,
    /// A filter policy dropped them or their counterpart.
    pub dropped_filtered: u64,
    /// They came after their edge was given up.
    pub late: u64,
}

/// Spans, and those of them that the slack discards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SpansReport {
    /// Spans accepted.
    pub received: u64,
    /// Spans that ended longer ago than the slack.
    pub too_old: u64,
    /// Spans that end later than the slack allows.
    pub too_new: u64,
}

impl PairingReport {
    /// What `description` tells of `tenant`.
    #[must_use]
    pub fn new(tenant: &TenantId, description: &PairingDescription) -> Self {
        Self {
            tenant: tenant.to_string(),
            findings: diagnose(description),
            wait_seconds: description.wait.as_secs_f64(),
            slack_seconds: description.slack.as_secs_f64(),
            recent_seconds: description.window.map(|window| window.as_secs_f64()),
            pending: PendingReport::new(description),
            services: sides(&description.since_start, &description.recent),
            gaps: counts(&description.recent.gaps.buckets(description.wait)),
            lateness: counts(&description.recent.lateness.buckets(description.wait)),
            recent_spans: description.recent_spans.into(),
            spans: description.spans.into(),
        }
    }
}

impl PendingReport {
    fn new(description: &PairingDescription) -> Self {
        let pending = &description.pending;
        Self {
            edges: pending.edges,
            limit: description.limit as u64,
            text_bytes: description.text_bytes,
            text_limit_bytes: description.text_limit as u64,
            client_halves: pending.client_halves,
            server_halves: pending.server_halves,
            ages: ages(pending, description.wait),
        }
    }
}

impl FateReport {
    /// Halves that met no other.
    #[must_use]
    pub fn alone(&self) -> u64 {
        self.virtual_node + self.expired
    }
}

impl From<FateCounts> for FateReport {
    fn from(counts: FateCounts) -> Self {
        Self {
            completed: counts.completed,
            virtual_node: counts.virtual_node,
            expired: counts.expired,
            dropped_full: counts.dropped_full,
            dropped_filtered: counts.dropped_filtered,
            late: counts.late,
        }
    }
}

impl From<SlackCounts> for SpansReport {
    fn from(counts: SlackCounts) -> Self {
        Self {
            received: counts.received,
            too_old: counts.too_old,
            too_new: counts.too_new,
        }
    }
}

fn ages(pending: &Pending, wait: Duration) -> Vec<DurationCount> {
    let bounds = AGE_SHARES.map(|share| Some(wait.mul_f64(share).as_secs_f64()));
    let bounds = bounds.into_iter().chain([None]);
    let counts = bounds.zip(pending.ages);
    counts
        .map(|(at_most_seconds, count)| DurationCount {
            at_most_seconds,
            count,
        })
        .collect()
}

fn counts(buckets: &[DurationBucket]) -> Vec<DurationCount> {
    let count = |bucket: &DurationBucket| DurationCount {
        at_most_seconds: bucket.at_most.map(|most| most.as_secs_f64()),
        count: bucket.count,
    };
    buckets.iter().map(count).collect()
}

/// A row for each side that ever had a half.
fn sides(since_start: &PairingCounts, recent: &PairingCounts) -> Vec<SideReport> {
    let recent = recent.services.iter().map(|each| (&each.service, each.counts));
    let recent: HashMap<_, ServiceCounts> = recent.collect();
    let mut rows = Vec::new();
    for each in &since_start.services {
        let lately = recent.get(&each.service).copied().unwrap_or_default();
        let sides = [
            (SideName::Client, each.counts.client, lately.client),
            (SideName::Server, each.counts.server, lately.server),
        ];
        let had_halves = sides
            .into_iter()
            .filter(|(_, all, _)| *all != FateCounts::default());
        rows.extend(had_halves.map(|(side, all, lately)| SideReport {
            service: each.service.as_deref().map(str::to_owned),
            side,
            recent: lately.into(),
            since_start: all.into(),
        }));
    }
    rows.sort_by_key(|row| std::cmp::Reverse((row.recent.alone(), row.since_start.alone())));
    rows
}

#[cfg(test)]
mod tests;
