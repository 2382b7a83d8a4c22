//! Counters of one tenant or of all together, read without asking any actor.

use prometheus_client::metrics::counter::Counter;

use super::tenant::TenantMetrics;
use crate::writer::DeliveryTotals;

/// What one tenant has, or all have together; counts are since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PipelineTotals {
    /// Requests that an ingestion limit refused.
    pub requests_limited: u64,
    /// Spans accepted.
    pub spans_received: u64,
    /// Spans refused as invalid in accepted requests.
    pub spans_rejected: u64,
    /// Spans that came outside of the slack, too old or too new.
    pub spans_outside_slack: u64,
    /// Spans whose duration cannot be.
    pub spans_impossible_duration: u64,
    /// Halves whose edge was completed.
    pub halves_paired: u64,
    /// Halves whose other side never came: made up, or given up.
    pub halves_alone: u64,
    /// Halves that found no room to wait.
    pub halves_dropped: u64,
    /// Edges counted.
    pub edges: u64,
    /// Edges that wait for a half now.
    pub pending_edges: u64,
    /// Series held now.
    pub active_series: u64,
    /// Updates that a limit turned away.
    pub limited_updates: u64,
    /// Requests of tenants that do not run that an ingestion limit refused; known of all tenants together only.
    pub strangers_limited: u64,
    /// What the writers have sent and lost; known of all tenants together only.
    pub delivery: DeliveryTotals,
}

impl PipelineTotals {
    /// Adds what a tenant has, by its metrics, and the edges of it that wait.
    pub(crate) fn add(&mut self, metrics: &TenantMetrics, pending_edges: usize) {
        let limited = &metrics.requests_limited;
        self.requests_limited += limited.rate_limited.get() + limited.larger_than_burst.get();
        self.spans_received += metrics.spans_received.get();
        self.spans_rejected += metrics.spans_rejected.get();
        self.spans_outside_slack += metrics.discarded.too_old.get() + metrics.discarded.too_new.get();
        self.spans_impossible_duration += metrics.impossible_durations.total();
        self.halves_paired += metrics.halves.paired.get();
        self.halves_alone += metrics.halves.virtual_node.get() + metrics.halves.expired.get();
        self.halves_dropped += metrics.halves.dropped_full.get();
        self.edges += metrics.edges.iter().map(Counter::get).sum::<u64>();
        self.pending_edges += u64::try_from(pending_edges).unwrap_or(u64::MAX);
        self.active_series += u64::try_from(metrics.active_series.get()).unwrap_or(0);
        self.limited_updates += metrics.limited_updates.get();
    }
}
