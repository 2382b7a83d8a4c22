//! What the span log tells of itself: by metrics, to pages and in the log of the process.

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use spangraph_storage::span_log::LogStatus;

use super::progress::{ReplayDescription, ReplayProgress};
use crate::writer::LineLimit;

/// The metrics of the span log; clones share them.
#[derive(Clone, Debug, Default)]
pub struct SpanLogMetrics {
    pub(crate) logged: Counter,
    pub(crate) not_logged: Counter,
    pub(crate) repeated: Counter,
    pub(crate) replayed: Counter,
    pub(crate) lost: Counter,
    lag_requests: Gauge,
    lag_bytes: Gauge,
    syncs: Counter,
    failures: Counter,
    is_refusing: Gauge,
    replay_progress: Gauge<f64, AtomicU64>,
    /// How the replay goes, while there is one.
    pub(crate) replay: Arc<ReplayProgress>,
    last: Arc<Mutex<Last>>,
}

#[derive(Debug, Default)]
struct Last {
    status: LogStatus,
    /// Why a request was not logged the last time, and when.
    refused: Option<(Instant, String)>,
    lines: LineLimit,
}

/// So long after the last request that was not logged all is taken for well.
const TROUBLE_LASTS: Duration = Duration::from_secs(10);

/// How the span log is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SpanLogDescription {
    /// Requests that no epoch has.
    pub lag_requests: u64,
    /// The bytes of the segments that they lie in.
    pub lag_bytes: u64,
    /// Why requests cannot be logged now; none while they can.
    pub trouble: Option<String>,
    /// How the replay goes, while there is one.
    pub replay: Option<ReplayDescription>,
}

impl SpanLogMetrics {
    /// Adds the metrics to `registry`.
    pub fn register(&self, registry: &mut Registry) {
        let mut count =
            |name: &str, help: &str, counter: &Counter| registry.register(name, help, counter.clone());
        count(
            "span_log_requests",
            "Requests that were logged before they were answered",
            &self.logged,
        );
        let help = "Requests that were taken although they could not be logged";
        count("span_log_requests_not_logged", help, &self.not_logged);
        let help = "Requests that an earlier process had logged and not answered, and that came again";
        count("span_log_requests_repeated", help, &self.repeated);
        let help = "Requests of an earlier process that were applied again after the start";
        count("span_log_requests_replayed", help, &self.replayed);
        let help = "Requests of an earlier process that were logged and could not be read again";
        count("span_log_requests_lost", help, &self.lost);
        count(
            "span_log_syncs",
            "Syncs of the span log that succeeded",
            &self.syncs,
        );
        let help = "Writes, syncs and removals of the span log that failed";
        count("span_log_failures", help, &self.failures);
        let mut show = |name: &str, help: &str, gauge: &Gauge| registry.register(name, help, gauge.clone());
        let help = "Requests in the span log that no epoch has yet";
        show("span_log_lag_requests", help, &self.lag_requests);
        let help = "Bytes of the segments of the span log that no epoch has freed yet";
        show("span_log_lag_bytes", help, &self.lag_bytes);
        let help = "1 while requests cannot be logged";
        show("span_log_refusing", help, &self.is_refusing);
        registry.register(
            "span_log_replay_progress_ratio",
            "How much of what an earlier process left was applied again; 1 when all was",
            self.replay_progress.clone(),
        );
    }

    /// How the log is.
    #[must_use]
    pub fn describe(&self) -> SpanLogDescription {
        let last = self.locked();
        SpanLogDescription {
            lag_requests: last.status.lag.requests,
            lag_bytes: last.status.lag.bytes,
            trouble: last.trouble(),
            replay: self.replay.describe(),
        }
    }

    /// A request was not logged.
    pub(crate) fn note_not_logged(&self, reason: String) {
        let mut last = self.locked();
        if let Some(requests) = last.lines.note(1, Instant::now()) {
            tracing::error!(reason, requests, "requests cannot be logged");
        }
        last.refused = Some((Instant::now(), reason));
    }

    /// The log is so now.
    pub(crate) fn note(&self, status: LogStatus) {
        let mut last = self.locked();
        self.lag_requests.set(signed(status.lag.requests));
        self.lag_bytes.set(signed(status.lag.bytes));
        self.syncs.inc_by(status.syncs.saturating_sub(last.status.syncs));
        self.failures
            .inc_by(status.failures.saturating_sub(last.status.failures));
        let was_in_trouble = self.is_refusing.get() == 1;
        last.status = status;
        let is_in_trouble = last.trouble().is_some();
        self.is_refusing.set(i64::from(is_in_trouble));
        if was_in_trouble && !is_in_trouble {
            last.refused = None;
            tracing::info!("requests are logged again");
        }
    }

    /// It is whole after every step, so nothing is amiss after a panic elsewhere.
    fn locked(&self) -> MutexGuard<'_, Last> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The replay is so far.
    pub(crate) fn note_replay(&self) {
        let done = self.replay.describe().map_or(100, |replay| replay.percent());
        #[expect(clippy::cast_precision_loss, reason = "it is at most 100")]
        self.replay_progress.set(done as f64 / 100.0);
    }

    /// Nothing is left to be replayed.
    pub(crate) fn note_replayed(&self) {
        self.replay_progress.set(1.0);
    }
}

impl Last {
    /// Why requests cannot be logged.
    fn trouble(&self) -> Option<String> {
        let refusing = self.status.refusing.as_ref().map(ToString::to_string);
        let lately = self
            .refused
            .as_ref()
            .filter(|(at, _)| at.elapsed() < TROUBLE_LASTS);
        refusing.or_else(|| lately.map(|(_, reason)| reason.clone()))
    }
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
