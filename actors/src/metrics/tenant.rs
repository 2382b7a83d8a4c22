//! The handles of one tenant's metrics, looked up once when the tenant is first seen.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;

/// The handles of one tenant, looked up once.
#[derive(Clone, Debug)]
pub struct TenantMetrics {
    /// Bytes of the requests that were accepted, after decompression.
    pub bytes_received: Counter,
    /// Requests that the tenant's ingestion limit refused.
    pub requests_limited: LimitedRequestMetrics,
    /// Spans accepted.
    pub spans_received: Counter,
    /// Spans refused as invalid, their request accepted.
    pub spans_rejected: Counter,
    /// Spans accepted that make no half-edge, by reason.
    pub discarded: DiscardedMetrics,
    /// Spans whose duration cannot be.
    pub impossible_durations: ImpossibleDurationMetrics,
    /// What span metrics made of spans.
    pub measured_spans: MeasuredSpanMetrics,
    /// Targets and hosts left out because a text of them is no UTF-8 or found no room, or for too many labels.
    pub resource_info_dropped: Counter,
    /// What became of halves.
    pub halves: HalfEdgeMetrics,
    /// Halves that wait.
    pub pending_half_edges: Gauge,
    /// Edges that wait.
    pub pending_edges: Gauge,
    /// Bytes of the texts of edges that wait.
    pub pending_text_bytes: Gauge,
    /// Edges by [`Connection::ALL`](crate::batches::Connection::ALL).
    pub edges: [Counter; 4],
    /// Edges given up by [`EdgeKind::ALL`](crate::batches::EdgeKind::ALL).
    pub edges_expired: [Counter; 4],
    /// Edges not built because a half was filtered.
    pub edges_dropped: Counter,
    /// Series now.
    pub active_series: Gauge,
    /// Label sets now.
    pub active_entities: Gauge,
    /// Patterns of span names.
    pub span_name_patterns: Gauge,
    /// Series that there would be without a limit, estimated.
    pub demanded_series: Gauge,
    /// Label sets that there would be without a limit, estimated.
    pub demanded_entities: Gauge,
    /// Updates that a limit turned away to the overflow series.
    pub limited_updates: Counter,
    /// What is known of single labels, which have no handles before they are known.
    pub labels: LabelMetrics,
    /// Series born.
    pub series_created: Counter,
    /// Series removed as stale.
    pub series_removed: Counter,
    /// Collections done.
    pub collections: Counter,
    /// How long one took.
    pub collect_seconds: Histogram,
}

/// The metrics of a tenant's labels.
#[derive(Clone, Debug)]
pub struct LabelMetrics {
    pub(super) tenant: String,
    pub(super) limited_updates: Family<LabelLabels, Counter>,
    pub(super) demanded_values: Family<LabelLabels, Gauge>,
    /// The labels of which something is known, for the day when the tenant is gone.
    pub(super) known: Arc<Mutex<BTreeSet<String>>>,
}

/// Labels of a metric that each tenant has once for each label of its series.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct LabelLabels {
    tenant: String,
    label: String,
}

impl LabelMetrics {
    /// Updates whose value of `label` was taken together with others.
    #[must_use]
    pub fn limited_updates(&self, label: &str) -> Counter {
        self.limited_updates
            .get_or_create_owned(&self.known_labels(label))
    }

    /// The distinct values that `label` would have without a limit, estimated.
    #[must_use]
    pub fn demanded_values(&self, label: &str) -> Gauge {
        self.demanded_values
            .get_or_create_owned(&self.known_labels(label))
    }

    /// Removes what is known of all labels.
    pub(super) fn forget(&self) {
        let known = std::mem::take(&mut *self.known.lock().unwrap_or_else(PoisonError::into_inner));
        for label in known {
            let labels = self.labels(&label);
            self.limited_updates.remove(&labels);
            self.demanded_values.remove(&labels);
        }
    }

    fn known_labels(&self, label: &str) -> LabelLabels {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if !known.contains(label) {
            known.insert(label.to_owned());
        }
        self.labels(label)
    }

    fn labels(&self, label: &str) -> LabelLabels {
        LabelLabels {
            tenant: self.tenant.clone(),
            label: label.to_owned(),
        }
    }
}

/// Requests that the tenant's ingestion limit refused whole, by reason.
#[derive(Clone, Debug)]
pub struct LimitedRequestMetrics {
    /// Too soon after others: the sender was told when to come again.
    pub rate_limited: Counter,
    /// Larger than all that may be sent at once: they never fit.
    pub larger_than_burst: Counter,
}

/// Why accepted spans make no half-edge.
#[derive(Clone, Debug)]
pub struct DiscardedMetrics {
    /// Ended longer ago than the slack.
    pub too_old: Counter,
    /// Ends later than the slack allows.
    pub too_new: Counter,
    /// A kind that has no part in edges.
    pub not_an_edge_half: Counter,
    /// The resource has no `service.name`.
    pub no_service_name: Counter,
    /// A text that would become a label is no UTF-8.
    pub invalid_utf8: Counter,
    /// The tenant has no processor on that would use it.
    pub no_processor: Counter,
    /// The sender asked for no metrics.
    pub no_generate_metrics: Counter,
    /// A filtered root server span, which has no counterpart to mark.
    pub filtered_root: Counter,
    /// Its texts found no room among those of its request, which may make only a few times its bytes of text.
    pub too_much_text: Counter,
}

/// Why durations of accepted spans inside the slack cannot be. Such spans count, and by default no histogram takes them.
#[derive(Clone, Debug)]
pub struct ImpossibleDurationMetrics {
    /// There is no start, or it is 0.
    pub no_start: Counter,
    /// The duration is longer than a day and longer than the slack.
    pub too_long: Counter,
}

impl ImpossibleDurationMetrics {
    /// All of them.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.no_start.get() + self.too_long.get()
    }
}

/// What span metrics made of the spans that are valid and inside the slack.
#[derive(Clone, Debug)]
pub struct MeasuredSpanMetrics {
    /// They were counted.
    pub updated: Counter,
    /// A filter policy of span metrics dropped them.
    pub filtered: Counter,
    /// A text that would become a label is no UTF-8.
    pub invalid_utf8: Counter,
    /// Their texts found no room among those of their request.
    pub too_much_text: Counter,
}

/// What became of halves.
#[derive(Clone, Debug)]
pub struct HalfEdgeMetrics {
    /// Their edge was completed.
    pub paired: Counter,
    /// Their other side was made up.
    pub virtual_node: Counter,
    /// They were given up.
    pub expired: Counter,
    /// They found no room to wait: too many do already, or their texts take too many bytes.
    pub dropped_full: Counter,
    /// A policy dropped them or their counterpart.
    pub dropped_filtered: Counter,
}
