//! What the writers count, as metrics of the process (`spangraph_remote_write_…`).

mod endpoint;
mod forget;
mod registration;
mod totals;

use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};

pub(super) use endpoint::EndpointMetrics;
pub use totals::DeliveryTotals;
use totals::TotalCounters;

/// The metrics of all writers of the process; clones share them.
#[derive(Clone, Debug)]
pub struct WriterMetrics {
    totals: TotalCounters,
    seen: forget::Seen,
    samples_sent: Family<EndpointLabels, Counter>,
    exemplars_sent: Family<EndpointLabels, Counter>,
    seeds_sent: Family<EndpointLabels, Counter>,
    histograms_sent: Family<EndpointLabels, Counter>,
    histograms_skipped: Family<EndpointLabels, Counter>,
    relabel_dropped: Family<RuleLabels, Counter>,
    histograms_retried: Family<EndpointLabels, Counter>,
    seeds_refused: Family<EndpointLabels, Counter>,
    seeds_repeated: Family<EndpointLabels, Counter>,
    samples_retried: Family<EndpointLabels, Counter>,
    bytes_sent: Family<EndpointLabels, Counter>,
    pauses: Family<EndpointLabels, Counter>,
    requests_cut: Family<EndpointLabels, Counter>,
    paused_seconds: Family<EndpointLabels, Counter<f64, AtomicU64>>,
    samples_failed: Family<ReasonLabels, Counter>,
    exemplars_failed: Family<ReasonLabels, Counter>,
    histograms_failed: Family<ReasonLabels, Counter>,
    samples_dropped: Family<ReasonLabels, Counter>,
    exemplars_dropped: Family<ReasonLabels, Counter>,
    seeds_dropped: Family<ReasonLabels, Counter>,
    histograms_dropped: Family<ReasonLabels, Counter>,
    requests: Family<CodeLabels, Counter>,
    queue_samples: Family<EndpointLabels, Gauge>,
    queue_histograms: Family<EndpointLabels, Gauge>,
    queue_capacity: Family<EndpointLabels, Gauge>,
    queue_lag: Family<EndpointLabels, Gauge<f64, AtomicU64>>,
    send_seconds: Family<EndpointLabels, Histogram, fn() -> Histogram>,
}

/// Why samples were dropped before they were sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DropReason {
    /// The queue had no room for newer ones.
    QueueFull,
    /// They passed `sample_age_limit`.
    TooOld,
    /// They were left when the time to stop was over.
    Shutdown,
    /// They waited for a writer that took nothing, and there was no room for more.
    WriterBusy,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct EndpointLabels {
    tenant: String,
    endpoint: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ReasonLabels {
    tenant: String,
    endpoint: String,
    reason: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RuleLabels {
    tenant: String,
    endpoint: String,
    rule: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct CodeLabels {
    tenant: String,
    endpoint: String,
    code: String,
}

impl DropReason {
    const ALL: [Self; 4] = [Self::QueueFull, Self::TooOld, Self::Shutdown, Self::WriterBusy];

    /// The reason as a label's value.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::QueueFull => "queue_full",
            Self::TooOld => "too_old",
            Self::Shutdown => "shutdown",
            Self::WriterBusy => "writer_busy",
        }
    }
}

impl WriterMetrics {
    /// Metrics that no registry has yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            totals: TotalCounters::default(),
            seen: forget::Seen::default(),
            samples_sent: Family::default(),
            exemplars_sent: Family::default(),
            seeds_sent: Family::default(),
            histograms_sent: Family::default(),
            histograms_skipped: Family::default(),
            relabel_dropped: Family::default(),
            histograms_retried: Family::default(),
            seeds_refused: Family::default(),
            seeds_repeated: Family::default(),
            samples_retried: Family::default(),
            bytes_sent: Family::default(),
            pauses: Family::default(),
            requests_cut: Family::default(),
            paused_seconds: Family::default(),
            samples_failed: Family::default(),
            exemplars_failed: Family::default(),
            histograms_failed: Family::default(),
            samples_dropped: Family::default(),
            exemplars_dropped: Family::default(),
            seeds_dropped: Family::default(),
            histograms_dropped: Family::default(),
            requests: Family::default(),
            queue_samples: Family::default(),
            queue_histograms: Family::default(),
            queue_capacity: Family::default(),
            queue_lag: Family::default(),
            send_seconds: Family::new_with_constructor(send_seconds),
        }
    }

    /// What all writers have sent and lost together.
    #[must_use]
    pub fn totals(&self) -> DeliveryTotals {
        self.totals.read()
    }
}

impl Default for WriterMetrics {
    fn default() -> Self {
        Self::new()
    }
}

/// 5 ms to 41 s, as `remote_timeout` is 30 s by default.
fn send_seconds() -> Histogram {
    Histogram::new(exponential_buckets(0.005, 2.0, 14))
}
