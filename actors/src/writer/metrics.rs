//! What the writers count, as metrics of the process (`spangraph_remote_write_…`).

mod endpoint;
mod forget;
mod totals;

use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

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

    /// Adds the metrics to `registry`, which must add no prefix.
    pub fn register(&self, registry: &mut Registry) {
        self.register_sent(registry);
        self.register_lost(registry);
        self.register_histograms(registry);
        self.register_queue(registry);
    }

    /// What all writers have sent and lost together.
    #[must_use]
    pub fn totals(&self) -> DeliveryTotals {
        self.totals.read()
    }

    fn register_sent(&self, registry: &mut Registry) {
        let mut counter = |name: &str, help: &str, family: &Family<EndpointLabels, Counter>| {
            registry.register(format!("spangraph_remote_write_{name}"), help, family.clone());
        };
        counter(
            "samples_sent",
            "Samples that the endpoint took",
            &self.samples_sent,
        );
        counter(
            "exemplars_sent",
            "Exemplars that the endpoint took",
            &self.exemplars_sent,
        );
        counter(
            "seeds_sent",
            "Zeros before new series that the endpoint took",
            &self.seeds_sent,
        );
        counter(
            "seeds_refused",
            "Zeros before new series that the endpoint refused",
            &self.seeds_refused,
        );
        counter(
            "samples_retried",
            "Samples that were to be sent again, each time",
            &self.samples_retried,
        );
        counter(
            "bytes_sent",
            "Compressed bytes that the endpoint took",
            &self.bytes_sent,
        );
        counter(
            "requests_cut",
            "Requests that were cut in two to find the series that the endpoint does not take",
            &self.requests_cut,
        );
        counter(
            "pauses",
            "Pauses of the whole endpoint that it asked for with Retry-After",
            &self.pauses,
        );
        let help = "Samples, exemplars, seeds and native histograms of series that write_relabel_configs dropped, by the number \
                    of the rule, or after_relabelling when no store can take what the rules made";
        let relabel_dropped = self.relabel_dropped.clone();
        registry.register("spangraph_remote_write_relabel_dropped", help, relabel_dropped);
        let help = "Time for which the endpoint asked to be left alone";
        registry.register_with_unit(
            "spangraph_remote_write_paused",
            help,
            Unit::Seconds,
            self.paused_seconds.clone(),
        );
        let help = "Requests by status code, or error or timeout when there was no answer";
        registry.register("spangraph_remote_write_requests", help, self.requests.clone());
        let help = "Time from a request's start to its answer";
        registry.register_with_unit(
            "spangraph_remote_write_send",
            help,
            Unit::Seconds,
            self.send_seconds.clone(),
        );
    }

    fn register_lost(&self, registry: &mut Registry) {
        let mut counter = |name: &str, help: &str, family: &Family<ReasonLabels, Counter>| {
            registry.register(format!("spangraph_remote_write_{name}"), help, family.clone());
        };
        counter(
            "samples_failed",
            "Samples that the endpoint refused for good",
            &self.samples_failed,
        );
        counter(
            "exemplars_failed",
            "Exemplars that the endpoint refused for good",
            &self.exemplars_failed,
        );
        counter(
            "samples_dropped",
            "Samples dropped before they were sent",
            &self.samples_dropped,
        );
        counter(
            "exemplars_dropped",
            "Exemplars dropped before they were sent",
            &self.exemplars_dropped,
        );
        counter(
            "seeds_dropped",
            "Zeros before new series dropped before they were sent",
            &self.seeds_dropped,
        );
    }

    fn register_histograms(&self, registry: &mut Registry) {
        let mut counter = |name: &str, help: &str, family: &Family<EndpointLabels, Counter>| {
            let name = format!("spangraph_remote_write_histograms_{name}");
            registry.register(name, help, family.clone());
        };
        counter(
            "sent",
            "Native histograms that the endpoint took",
            &self.histograms_sent,
        );
        counter(
            "skipped",
            "Native histograms that were not sent because send_native_histograms is off",
            &self.histograms_skipped,
        );
        counter(
            "retried",
            "Native histograms that were to be sent again, each time",
            &self.histograms_retried,
        );
        let mut counter = |name: &str, help: &str, family: &Family<ReasonLabels, Counter>| {
            let name = format!("spangraph_remote_write_histograms_{name}");
            registry.register(name, help, family.clone());
        };
        counter(
            "failed",
            "Native histograms that the endpoint refused for good, or too often",
            &self.histograms_failed,
        );
        counter(
            "dropped",
            "Native histograms dropped before they were sent",
            &self.histograms_dropped,
        );
    }

    fn register_queue(&self, registry: &mut Registry) {
        let prefix = "spangraph_remote_write_queue";
        let help = "Samples, exemplars and seeds that wait or are under way";
        registry.register(format!("{prefix}_samples"), help, self.queue_samples.clone());
        let help = "Native histograms that wait or are under way";
        registry.register(
            format!("{prefix}_histograms"),
            help,
            self.queue_histograms.clone(),
        );
        let help = "How many of each of the two may wait or be under way before the oldest are dropped";
        registry.register(
            format!("{prefix}_capacity_samples"),
            help,
            self.queue_capacity.clone(),
        );
        let help = "Age of the oldest sample that was not sent yet";
        registry.register_with_unit(
            format!("{prefix}_lag"),
            help,
            Unit::Seconds,
            self.queue_lag.clone(),
        );
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
