//! What one request gives to its tenant's span metrics, merged by label set before it is sent.

use std::sync::Arc;

use actix::prelude::*;

use super::texts::{TextId, Texts};
use crate::admission::Submission;
use crate::tenants::TenantProfile;
use crate::time::Stamp;

/// The span metrics of one request; texts are numbers in [`SpanUpdates::texts`].
#[derive(Clone, Debug, Default)]
pub struct SpanUpdates {
    /// The texts, shared with the request's half-edges.
    pub texts: Arc<Texts>,
    /// One entry for each distinct label set of the request, in the order of their first spans.
    pub entries: Vec<SpanEntry>,
    /// For each entry the values of its labels, absent where a label is off or has no value; in this order:
    /// `service`, `span_name`, `span_kind`, `status_code`, `status_message`, the dimensions, the dimension
    /// mappings (both in the settings' order), `job`, `instance`.
    pub labels: Vec<TextId>,
    /// One for each span, in the request's order; none for a span whose duration cannot be.
    pub observations: Vec<SpanObservation>,
    /// One for each resource that is a target (SPEC §3, `traces_target_info`), when target info is on.
    pub targets: Vec<TargetInfo>,
    /// The labels of all targets, one after the other: name (already sanitised) and value.
    pub target_labels: Vec<(TextId, TextId)>,
    /// One for each distinct host (SPEC §4), when host info is on.
    pub hosts: Vec<HostInfo>,
}

/// How many labels an entry has besides dimensions and mappings.
pub const FIXED_SPAN_LABELS: usize = 7;

/// The counts of one label set.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SpanEntry {
    /// How many spans, each weighted by its multiplier.
    pub calls: f64,
    /// The encoded bytes of these spans, never weighted.
    pub size_bytes: f64,
}

/// The latency of one span.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SpanObservation {
    /// The position of its label set in [`SpanUpdates::entries`].
    pub entry: u32,
    /// End minus start, 0 when negative.
    pub seconds: f64,
    /// The span's multiplier.
    pub weight: f64,
    /// The span's trace.
    pub trace_id: [u8; 16],
}

/// One target: where its labels end in [`SpanUpdates::target_labels`]; they begin where those of the one before end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TargetInfo {
    /// The end of its labels.
    pub labels_end: u32,
}

/// One host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HostInfo {
    /// The label `grafana_host_id`.
    pub id: TextId,
    /// The label `host_source`: the attribute that named it.
    pub source: TextId,
}

/// Span metrics of one request, on their way to the tenant's aggregator.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct UpdateSpanMetrics {
    /// Whose they are, with the settings under which they were made.
    pub tenant: Arc<TenantProfile>,
    /// The updates.
    pub updates: SpanUpdates,
    /// Their request, as the gate counts it until all of it is applied.
    pub submission: Arc<Submission>,
    /// When the request came in.
    pub now: Stamp,
}

impl SpanUpdates {
    /// Updates of nothing but hosts.
    #[must_use]
    pub fn of_hosts(texts: &Arc<Texts>, hosts: Vec<HostInfo>) -> Self {
        Self {
            texts: Arc::clone(texts),
            entries: Vec::new(),
            labels: Vec::new(),
            observations: Vec::new(),
            targets: Vec::new(),
            target_labels: Vec::new(),
            hosts,
        }
    }

    /// Whether there is nothing to update.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.targets.is_empty() && self.hosts.is_empty()
    }
}
