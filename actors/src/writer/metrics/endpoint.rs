//! What one writer counts.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;

use super::totals::counted;
use super::{CodeLabels, DropReason, EndpointLabels, ReasonLabels, RuleLabels, WriterMetrics};
use crate::writer::counts::Counts;
use crate::writer::relabel::DroppedBy;

/// What one writer counts, with its labels filled in.
#[derive(Debug)]
pub(in crate::writer) struct EndpointMetrics {
    all: WriterMetrics,
    labels: EndpointLabels,
    samples_sent: Counter,
    exemplars_sent: Counter,
    seeds_sent: Counter,
    histograms_sent: Counter,
    histograms_skipped: Counter,
    bytes_sent: Counter,
    pauses: Counter,
    requests_cut: Counter,
    paused_seconds: Counter<f64, AtomicU64>,
    queue_samples: Gauge,
    queue_histograms: Gauge,
    queue_lag: Gauge<f64, AtomicU64>,
    send_seconds: Histogram,
}

impl EndpointMetrics {
    /// The metrics of `tenant`'s `endpoint`; those that alerts watch begin at 0.
    pub(in crate::writer) fn new(all: WriterMetrics, tenant: String, endpoint: String) -> Self {
        let labels = EndpointLabels { tenant, endpoint };
        let metrics = Self {
            samples_sent: all.samples_sent.get_or_create_owned(&labels),
            exemplars_sent: all.exemplars_sent.get_or_create_owned(&labels),
            seeds_sent: all.seeds_sent.get_or_create_owned(&labels),
            histograms_sent: all.histograms_sent.get_or_create_owned(&labels),
            histograms_skipped: all.histograms_skipped.get_or_create_owned(&labels),
            bytes_sent: all.bytes_sent.get_or_create_owned(&labels),
            pauses: all.pauses.get_or_create_owned(&labels),
            requests_cut: all.requests_cut.get_or_create_owned(&labels),
            paused_seconds: all.paused_seconds.get_or_create_owned(&labels),
            queue_samples: all.queue_samples.get_or_create_owned(&labels),
            queue_histograms: all.queue_histograms.get_or_create_owned(&labels),
            queue_lag: all.queue_lag.get_or_create_owned(&labels),
            send_seconds: all.send_seconds.get_or_create_owned(&labels),
            labels,
            all,
        };
        DropReason::ALL
            .iter()
            .for_each(|reason| metrics.dropped(Counts::default(), *reason));
        metrics.retried(Counts::default());
        metrics.seeds_refused(0);
        metrics.seeds_repeated(0);
        metrics
    }

    pub(in crate::writer) fn sent(&self, counts: Counts, bytes: usize) {
        self.all.totals.sent.inc_by(counted(counts));
        self.samples_sent.inc_by(counts.samples);
        self.exemplars_sent.inc_by(counts.all_exemplars());
        self.seeds_sent.inc_by(counts.seeds);
        self.histograms_sent.inc_by(counts.histograms);
        self.bytes_sent.inc_by(u64::try_from(bytes).unwrap_or(u64::MAX));
    }

    pub(in crate::writer) fn seeds_refused(&self, seeds: u64) {
        self.all.seeds_refused.get_or_create(&self.labels).inc_by(seeds);
    }

    pub(in crate::writer) fn seeds_repeated(&self, seeds: u64) {
        self.all.seeds_repeated.get_or_create(&self.labels).inc_by(seeds);
    }

    pub(in crate::writer) fn failed(&self, counts: Counts, reason: &str) {
        let (labels, all) = (self.with_reason(reason), &self.all);
        all.seen.note_reason(&labels);
        all.totals.failed.inc_by(counted(counts));
        let add = |family: &Family<ReasonLabels, Counter>, count| {
            family.get_or_create(&labels).inc_by(count);
        };
        add(&all.samples_failed, counts.samples);
        add(&all.exemplars_failed, counts.all_exemplars());
        add(&all.histograms_failed, counts.histograms);
    }

    pub(in crate::writer) fn dropped(&self, counts: Counts, reason: DropReason) {
        let (labels, all) = (self.with_reason(reason.as_str()), &self.all);
        all.totals.dropped.inc_by(counted(counts));
        let add = |family: &Family<ReasonLabels, Counter>, count| {
            family.get_or_create(&labels).inc_by(count);
        };
        add(&all.samples_dropped, counts.samples);
        add(&all.exemplars_dropped, counts.all_exemplars());
        add(&all.seeds_dropped, counts.seeds);
        add(&all.histograms_dropped, counts.histograms);
    }

    pub(in crate::writer) fn skipped(&self, histograms: u64) {
        self.histograms_skipped.inc_by(histograms);
    }

    pub(in crate::writer) fn relabel_dropped(&self, by: DroppedBy, counts: Counts) {
        let EndpointLabels { tenant, endpoint } = self.labels.clone();
        let labels = RuleLabels {
            tenant,
            endpoint,
            rule: by.as_text(),
        };
        self.all.seen.note_rule(&labels);
        let dropped = self.all.relabel_dropped.get_or_create(&labels);
        dropped.inc_by(counts.total() + counts.histogram_exemplars);
    }

    pub(in crate::writer) fn retried(&self, counts: Counts) {
        let (labels, all) = (&self.labels, &self.all);
        all.totals.retried.inc_by(counted(counts));
        all.samples_retried.get_or_create(labels).inc_by(counts.samples);
        all.histograms_retried
            .get_or_create(labels)
            .inc_by(counts.histograms);
    }

    pub(in crate::writer) fn paused(&self, longer: Duration) {
        self.pauses.inc();
        self.paused_seconds.inc_by(longer.as_secs_f64());
    }

    pub(in crate::writer) fn cut(&self) {
        self.requests_cut.inc();
    }

    pub(in crate::writer) fn answered(&self, code: &str, took: Duration) {
        let EndpointLabels { tenant, endpoint } = self.labels.clone();
        let code = code.to_owned();
        let labels = CodeLabels {
            tenant,
            endpoint,
            code,
        };
        self.all.seen.note_code(&labels);
        self.all.requests.get_or_create(&labels).inc();
        self.send_seconds.observe(took.as_secs_f64());
    }

    pub(in crate::writer) fn capacity(&self, samples: u64) {
        let samples = i64::try_from(samples).unwrap_or(i64::MAX);
        self.all.queue_capacity.get_or_create(&self.labels).set(samples);
    }

    pub(in crate::writer) fn queue(&self, left: Counts, lag: Duration) {
        let gauge = |count| i64::try_from(count).unwrap_or(i64::MAX);
        self.queue_histograms.set(gauge(left.histograms));
        self.queue_samples.set(gauge(left.total() - left.histograms));
        self.queue_lag.set(lag.as_secs_f64());
    }

    fn with_reason(&self, reason: &str) -> ReasonLabels {
        let EndpointLabels { tenant, endpoint } = self.labels.clone();
        ReasonLabels {
            tenant,
            endpoint,
            reason: reason.to_owned(),
        }
    }
}
