//! What epochs tell of themselves: by metrics, to pages and in the log.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

use spangraph_storage::epochs::Epoch;

use super::disk_use::{DiskReading, DiskUse};
use super::keeper::{EndpointSamples, Kept, NotKept};
use super::no_cut::NoCut;
use super::steps::Steps;
use crate::writer::LineLimit;

/// The metrics of epochs; clones share them.
#[derive(Clone, Debug)]
pub struct DurabilityMetrics {
    epochs: Counter,
    number: Gauge,
    cut_seconds: Gauge<f64, std::sync::atomic::AtomicU64>,
    failed: Counter,
    missed: Family<MissedLabels, Counter>,
    keep_seconds: Histogram,
    step_seconds: Family<StepLabels, Histogram>,
    pause_seconds: Histogram,
    block_bytes: Counter,
    samples: Counter,
    samples_dropped: Counter,
    state_bytes: Gauge,
    unclaimed: Family<EndpointLabels, Gauge>,
    last: Arc<Mutex<EpochsDescription>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct MissedLabels {
    reason: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StepLabels {
    step: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct EndpointLabels {
    tenant: String,
    endpoint: String,
}

/// How epochs go.
#[derive(Clone, Debug, Default)]
pub struct EpochsDescription {
    /// The number of the last epoch; 0 when there was none.
    pub number: u64,
    /// Its cut, in milliseconds since the Unix epoch.
    pub cut_unix_milliseconds: i64,
    /// How long it took from the cut until it was on the disk.
    pub took: Duration,
    /// How long its steps took.
    pub steps: Steps,
    /// How long requests were held at the door for the last cut.
    pub pause: Duration,
    /// The bytes of its blocks, before compression.
    pub block_bytes: u64,
    /// How much of the disk is used.
    pub disk: DiskUse,
    /// Samples that wait for endpoints that no running tenant has.
    pub unclaimed: Vec<EndpointSamples>,
    /// What is wrong since the last epoch; none when all is well.
    pub trouble: Option<String>,
    /// When the last line of the log about trouble was written.
    logged: Option<Instant>,
    /// Limits the lines about what is dropped.
    dropping: LineLimit,
}

/// Trouble that lasts is logged so often.
const LINE_INTERVAL: Duration = Duration::from_secs(60);

impl DurabilityMetrics {
    /// Adds the metrics to `registry`.
    pub fn register(&self, registry: &mut Registry) {
        registry.register("epochs", "Epochs that were committed", self.epochs.clone());
        registry.register(
            "epoch_number",
            "The number of the last epoch",
            self.number.clone(),
        );
        registry.register(
            "epoch_cut_timestamp_seconds",
            "The time of the cut of the last epoch, in seconds since the Unix epoch",
            self.cut_seconds.clone(),
        );
        let help = "Epochs that could not be written to the disk; their samples go with the next one";
        registry.register("epochs_failed", help, self.failed.clone());
        let help = "Cuts that could not be made when they were due, by reason; they are tried again at once";
        registry.register("epoch_cuts_missed", help, self.missed.clone());
        let help = "How long epochs take from the cut until they are on the disk";
        registry.register("epoch_keep_seconds", help, self.keep_seconds.clone());
        let help = "How long the steps of an epoch take: to collect samples, to write, to commit";
        registry.register("epoch_step_seconds", help, self.step_seconds.clone());
        let help = "How long requests are held at the door for a cut";
        registry.register("epoch_pause_seconds", help, self.pause_seconds.clone());
        let help = "Bytes of state that epochs wrote, before compression";
        registry.register("epoch_block_bytes", help, self.block_bytes.clone());
        let help = "Samples that epochs handed to the queues on the disk, once for all endpoints of a tenant";
        registry.register("epoch_samples", help, self.samples.clone());
        let help = "Samples that were dropped before an endpoint took them, because they waited for too long or were too many";
        registry.register("epoch_samples_dropped", help, self.samples_dropped.clone());
        registry.register(
            "state_bytes",
            "Bytes of the files of the state on the disk",
            self.state_bytes.clone(),
        );
        let help =
            "Samples that wait on the disk for an endpoint that no running tenant has: nobody sends them";
        registry.register("state_unclaimed_samples", help, self.unclaimed.clone());
    }

    /// How epochs go.
    #[must_use]
    pub fn describe(&self) -> EpochsDescription {
        self.locked(|last| last.clone())
    }

    /// A start goes on from `epoch`.
    pub(crate) fn note_found(&self, epoch: &Epoch, state_bytes: u64) {
        self.note_epoch(epoch);
        self.state_bytes.set(signed(state_bytes));
        self.locked(|last| {
            last.number = epoch.number;
            last.cut_unix_milliseconds = epoch.cut_unix_milliseconds;
            let found = DiskReading {
                state: state_bytes,
                ..DiskReading::default()
            };
            last.disk.found(found);
        });
    }

    fn note_epoch(&self, epoch: &Epoch) {
        self.number.set(signed(epoch.number));
        #[expect(clippy::cast_precision_loss, reason = "a time in milliseconds has 41 bits")]
        self.cut_seconds.set(epoch.cut_unix_milliseconds as f64 / 1000.0);
    }

    /// A cut held requests for so long.
    pub(crate) fn note_pause(&self, pause: Duration) {
        self.pause_seconds.observe(pause.as_secs_f64());
        self.locked(|last| last.pause = pause);
    }

    /// An epoch is on the disk, so long after its cut.
    pub(crate) fn note_kept(&self, kept: &Kept, took: Duration) {
        let epoch = &kept.committed.epoch;
        self.epochs.inc();
        self.note_epoch(epoch);
        self.keep_seconds.observe(took.as_secs_f64());
        for (step, took) in kept.steps.named() {
            let seconds = self.step_seconds.get_or_create_owned(&StepLabels { step });
            seconds.observe(took.as_secs_f64());
        }
        self.block_bytes.inc_by(kept.block_bytes);
        self.samples.inc_by(kept.samples);
        self.state_bytes.set(signed(kept.disk.state));
        let dropped: u64 = kept.dropped.iter().map(|dropped| dropped.samples).sum();
        self.samples_dropped.inc_by(dropped);
        self.tell_dropped(&kept.dropped);
        self.note_unclaimed(&kept.unclaimed);
        self.locked(|last| {
            if last.trouble.take().is_some() {
                tracing::info!(epoch = epoch.number, "state is kept on the disk again");
            }
            last.number = epoch.number;
            last.cut_unix_milliseconds = epoch.cut_unix_milliseconds;
            (last.took, last.block_bytes) = (took, kept.block_bytes);
            last.disk.note(kept.disk, Instant::now());
            last.steps = kept.steps;
        });
    }

    fn tell_dropped(&self, dropped: &[EndpointSamples]) {
        let Some(EndpointSamples { tenant, endpoint, .. }) = dropped.first() else {
            return;
        };
        let samples: u64 = dropped.iter().map(|dropped| dropped.samples).sum();
        let told = self.locked(|last| last.dropping.note(samples, Instant::now()));
        if let Some(samples) = told {
            tracing::error!(
                tenant,
                endpoint,
                samples,
                "samples waited on the disk for too long or were too many, and are dropped"
            );
        }
    }

    /// An endpoint is told of when it has gone, not again and again.
    fn note_unclaimed(&self, unclaimed: &[EndpointSamples]) {
        self.unclaimed.clear();
        for each in unclaimed {
            let labels = EndpointLabels {
                tenant: each.tenant.clone(),
                endpoint: each.endpoint.clone(),
            };
            let samples = signed(each.samples);
            self.unclaimed.get_or_create_owned(&labels).set(samples);
        }
        let before = self.locked(|last| std::mem::replace(&mut last.unclaimed, unclaimed.to_vec()));
        let is_known = |each: &EndpointSamples| {
            let mut before = before.iter();
            before.any(|known| (&known.tenant, &known.endpoint) == (&each.tenant, &each.endpoint))
        };
        for EndpointSamples {
            tenant,
            endpoint,
            samples,
        } in unclaimed.iter().filter(|each| !is_known(each))
        {
            tracing::warn!(
                tenant,
                endpoint,
                samples,
                "samples wait on the disk for an endpoint that is not configured: name it so again, or they go when they are too old"
            );
        }
    }

    /// An epoch could not be written.
    pub(crate) fn note_failed(&self, error: &NotKept) {
        self.failed.inc();
        self.samples_dropped.inc_by(error.samples_dropped);
        self.note_trouble(error.to_string());
    }

    /// A cut could not be made.
    pub(crate) fn note_missed(&self, error: NoCut) {
        if error != NoCut::NotKept {
            let reason = error.reason();
            self.missed.get_or_create_owned(&MissedLabels { reason }).inc();
        }
    }

    fn note_trouble(&self, trouble: String) {
        self.locked(|last| {
            let is_new = last.logged.is_none_or(|logged| logged.elapsed() >= LINE_INTERVAL);
            if is_new {
                last.logged = Some(Instant::now());
                tracing::error!(
                    trouble,
                    "an epoch is not on the disk: its samples wait, and a crash would lose what came since the last one"
                );
            }
            last.trouble = Some(trouble);
        });
    }

    /// The description is whole after every step, so nothing is amiss after a panic elsewhere.
    fn locked<T>(&self, act: impl FnOnce(&mut EpochsDescription) -> T) -> T {
        act(&mut self.last.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Default for DurabilityMetrics {
    fn default() -> Self {
        let missed = Family::default();
        let metrics = Self {
            epochs: Counter::default(),
            number: Gauge::default(),
            cut_seconds: Gauge::default(),
            failed: Counter::default(),
            missed,
            keep_seconds: seconds(),
            step_seconds: Family::new_with_constructor(seconds),
            pause_seconds: Histogram::new(exponential_buckets(0.000_1, 2.0, 12)),
            block_bytes: Counter::default(),
            samples: Counter::default(),
            samples_dropped: Counter::default(),
            state_bytes: Gauge::default(),
            unclaimed: Family::default(),
            last: Arc::default(),
        };
        // All at 0, so that an alert sees the first one.
        for reason in NoCut::REASONS {
            metrics.missed.get_or_create_owned(&MissedLabels { reason });
        }
        metrics
    }
}

fn seconds() -> Histogram {
    Histogram::new(exponential_buckets(0.001, 2.0, 15))
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
