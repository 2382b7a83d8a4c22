//! The way into the span log: a request is applied once it may be answered, all of them in the order of the log.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use spangraph_storage::span_log::{LogThread, QueuedRequest, RecentRequests, Refusal as NotLogged, Ticket};

use super::metrics::SpanLogMetrics;
use super::opening::{FoundLog, REPEATED_MILLISECONDS};
use super::repeats::Repeats;
use crate::admission::{Accepted, RETRY_AFTER, Refusal, overloaded};
use crate::supervision::Lifeline;
use crate::time::Stamp;

/// Reaches the span log; cheap to clone.
#[derive(Clone, Debug)]
pub struct SpanLogHandle(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    thread: LogThread,
    /// The position of the first request that was not handed on to be applied.
    applied: Arc<AtomicU64>,
    recent: RecentRequests,
    repeats: Repeats,
    is_appending: bool,
    continues_when_full: bool,
    most_bytes: u64,
    metrics: SpanLogMetrics,
}

impl SpanLogHandle {
    /// Starts the thread of the log, which ends once all handles are gone.
    ///
    /// # Errors
    /// When the system has no thread to give.
    pub(crate) fn start(
        found: FoundLog,
        metrics: SpanLogMetrics,
        mut lifeline: Lifeline,
    ) -> io::Result<Self> {
        let limits = found.thread_limits();
        let ended = move || lifeline.finish();
        let settings = found.settings;
        let recent = found.log.recent();
        let thread = LogThread::start("span log", found.log, limits, ended)?;
        thread.free_before(found.position);
        Ok(Self(Arc::new(Shared {
            thread,
            applied: Arc::new(AtomicU64::new(found.position)),
            recent,
            repeats: Repeats::default(),
            is_appending: settings.is_some(),
            continues_when_full: settings.is_some_and(|settings| settings.continues_when_full),
            most_bytes: settings.map_or(u64::MAX, |settings| settings.max_bytes),
            metrics,
        })))
    }

    /// Reads which requests an earlier process logged last, so that they are recognised when they come again.
    pub(crate) fn remember(&self) {
        if self.is_appending() {
            self.0
                .repeats
                .learn(self.0.recent.digests(REPEATED_MILLISECONDS).digests);
        }
    }

    /// Whether requests are logged.
    #[must_use]
    pub fn is_appending(&self) -> bool {
        self.0.is_appending
    }

    /// Whether an earlier process logged this request of `tenant`, with this `body` as it came, and may not have answered it;
    /// it is counted then.
    pub fn is_repeated(&self, tenant: &str, body: &[u8], now: Stamp) -> bool {
        let is_repeated = self.0.repeats.contains(tenant, body, now);
        if is_repeated {
            self.0.metrics.repeated.inc();
        }
        is_repeated
    }

    /// Logs `request`, and calls `apply` once it may be answered, and then `tell` with the answer. `apply` is not called when
    /// the request is refused. Both run on the thread of the log, so they must not wait.
    pub fn append(
        &self,
        request: QueuedRequest,
        apply: impl FnOnce() -> Accepted + Send + 'static,
        tell: impl FnOnce(Result<Accepted, Refusal>) + Send + 'static,
    ) {
        let (applied, metrics) = (Arc::clone(&self.0.applied), self.0.metrics.clone());
        let continues_when_full = self.0.continues_when_full;
        let ticket = Ticket::new(move |logged| {
            if let Err(reason @ (NotLogged::Full(_) | NotLogged::Failed(_))) = &logged {
                metrics.note_not_logged(reason.to_string());
            }
            let outcome = match logged {
                Ok(position) => {
                    // Before it is handed on: what was applied whole is never behind this.
                    applied.store(position + 1, Ordering::Release);
                    metrics.logged.inc();
                    Ok(apply())
                }
                Err(NotLogged::Full(_) | NotLogged::Failed(_)) if continues_when_full => {
                    metrics.not_logged.inc();
                    Ok(apply())
                }
                Err(refusal) => Err(refusal.into()),
            };
            tell(outcome);
        });
        self.0.thread.append(request, ticket);
    }

    /// The position of the first request that was not handed on to be applied. While no submission is in flight all before
    /// it were applied whole.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.0.applied.load(Ordering::Acquire)
    }

    /// All requests before `position` were applied again, or are lost.
    pub(crate) fn replayed(&self, position: u64) {
        self.0.applied.store(position, Ordering::Release);
    }

    /// An epoch has the requests before `position`.
    pub fn free_before(&self, position: u64) {
        self.0.thread.free_before(position);
    }

    /// Tells metrics and pages how the log is; whether so much of it is needed that an epoch should free some.
    pub fn tell(&self) -> bool {
        let status = self.0.thread.status();
        // Of what is left the log fills a part while that epoch is made.
        let is_long = status.lag.bytes > self.0.most_bytes / 3 * 2;
        self.0.metrics.note(status);
        is_long && self.0.is_appending
    }

    /// Its metrics.
    #[must_use]
    pub fn metrics(&self) -> &SpanLogMetrics {
        &self.0.metrics
    }
}

impl From<NotLogged> for Refusal {
    fn from(refusal: NotLogged) -> Self {
        match refusal {
            NotLogged::Busy => overloaded("the span log"),
            NotLogged::Stopped => Self::ShuttingDown,
            NotLogged::Full(_) | NotLogged::Failed(_) => Self::NotLogged {
                reason: refusal.to_string(),
                retry_after: RETRY_AFTER,
            },
        }
    }
}
