//! Opens the span log in the folder of the state, as an epoch left it.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use spangraph_config::{DurabilitySettings, SpanLogSettings};
use spangraph_storage::disk::{Disk, DiskError};
use spangraph_storage::epochs::{Epoch, SourcePart};
use spangraph_storage::span_log::{LogThreadLimits, SpanLog, SpanLogError, SpanLogLimits, SyncPolicy};
use thiserror::Error;

/// The folder of the log, within that of the state.
pub const LOG_FOLDER: &str = "log";

/// Requests older than this, as seen from the last one, are not sent again by senders that still wait for their answer. So
/// long they stay in the log, also when an epoch has them: a process may be killed twice before a sender comes again.
pub(super) const REPEATED_MILLISECONDS: i64 = 60_000;

/// Large enough that few files are made, and small enough that a part of the log is freed soon.
const SEGMENT_BYTES: u64 = 64 << 20;

/// What is left free on the disk, for the epochs that free the log.
const KEPT_FREE_BYTES: u64 = 64 << 20;

/// How many requests may wait to be logged; their bytes are bounded by the admission gate.
const QUEUE: NonZeroUsize = NonZeroUsize::MIN.saturating_add(4_095);

/// How long after a failure it is tried again to write.
const RETRY: Duration = Duration::from_secs(1);

/// A span log as it was found, or begun.
#[derive(Debug)]
pub struct FoundLog {
    pub(crate) log: SpanLog,
    /// How requests are logged from now on; none when they are not, and only what is there is applied.
    pub(crate) settings: Option<SpanLogSettings>,
    /// The position of the first request that is not in the last epoch.
    pub(crate) position: u64,
}

/// The span log cannot be gone on with.
#[derive(Debug, Error)]
#[error(
    "the span log in {} cannot be read: restore the folder from a copy, or remove the log with spangraph state reset --log \
     and go on from the last epoch without what was answered since", path.display()
)]
pub struct SpanLogOpenError {
    /// Where it is.
    pub path: PathBuf,
    /// Why.
    #[source]
    pub source: SpanLogError,
}

impl FoundLog {
    /// The log in the folder of `settings`, which the caller has locked; none when requests are not logged and none were.
    /// Requests that `epoch` has are not in the way any more.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn open(
        disk: Arc<dyn Disk>,
        settings: &DurabilitySettings,
        epoch: Option<&Epoch>,
    ) -> Result<Option<Self>, SpanLogOpenError> {
        let path = settings.path.join(LOG_FOLDER);
        let position = epoch.and_then(|epoch| epoch.positions.get(&source_part()));
        let position = position.copied().unwrap_or(0);
        if settings.log.is_none() && position == 0 && !has_files(disk.as_ref(), &path) {
            return Ok(None);
        }
        let opened = SpanLog::open(disk, &path, limits(settings.log));
        let mut log = opened.map_err(|source| SpanLogOpenError { path, source })?;
        let skipped = log.skip_to(position);
        if skipped > 0 {
            tracing::warn!(
                requests = skipped,
                "the span log ends before the last epoch, which has its requests"
            );
        }
        for damage in log.damage() {
            tracing::error!(%damage, "what the end of the span log held here is lost");
        }
        Ok(Some(Self {
            settings: settings.log,
            position,
            log,
        }))
    }

    /// How many requests are to be applied again.
    #[must_use]
    pub fn backlog(&self) -> u64 {
        self.log.replay(self.position).remaining()
    }

    /// When the first of them was stamped, in milliseconds since the Unix epoch.
    #[must_use]
    pub fn first_stamp(&self) -> Option<i64> {
        let mut requests = self.log.replay(self.position).filter_map(Result::ok);
        requests.next().map(|request| request.stamp_unix_milliseconds)
    }

    pub(super) fn thread_limits(&self) -> LogThreadLimits {
        let interval = self.settings.and_then(|settings| settings.sync_interval);
        LogThreadLimits {
            sync: interval.map_or(SyncPolicy::Always, SyncPolicy::Interval),
            queue: QUEUE,
            retry: RETRY,
        }
    }
}

/// What epochs call the log.
pub fn source_part() -> SourcePart {
    SourcePart {
        source: LOG_FOLDER.to_owned(),
        partition: 0,
    }
}

/// A folder that is not there has none.
fn has_files(disk: &dyn Disk, path: &std::path::Path) -> bool {
    let listed: Result<_, DiskError> = disk.list(path);
    listed.is_ok_and(|files| !files.is_empty())
}

fn limits(settings: Option<SpanLogSettings>) -> SpanLogLimits {
    let most_bytes = settings.map_or(u64::MAX, |settings| settings.max_bytes);
    SpanLogLimits {
        segment_bytes: SEGMENT_BYTES.min(most_bytes / 8),
        most_bytes,
        kept_free_bytes: KEPT_FREE_BYTES,
        kept_milliseconds: REPEATED_MILLISECONDS,
        writes_through: settings.is_some_and(|settings| settings.sync_interval.is_none()),
    }
}
