//! The thread that owns a log, so that nobody else waits for a disk.

use std::io;
use std::num::NonZeroUsize;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use bytes::Bytes;

use super::committer::SyncPolicy;
use super::log::SpanLog;
use super::record::Request;
use super::refusal::Refusal;
use super::ticket::Ticket;
use super::worker::{LogStatus, Message, Shared, Worker};

/// How the thread of a log works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogThreadLimits {
    /// When the log is synced.
    pub sync: SyncPolicy,
    /// How many requests may wait to be appended. More are refused.
    pub queue: NonZeroUsize,
    /// How long after a failure it is tried again to write, when the next segment could not be begun at once.
    pub retry: Duration,
}

/// A request on its way to the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueuedRequest {
    /// Whose it is, by id.
    pub tenant: Arc<str>,
    /// When it was stamped, in milliseconds since the Unix epoch.
    pub stamp_unix_milliseconds: i64,
    /// How the body is encoded and compressed, as who logs it numbers that.
    pub encoding: u32,
    /// The body, as it came.
    pub body: Bytes,
}

/// A log on a thread of its own. When this is dropped, what waits is logged and answered, and the thread ends.
#[derive(Debug)]
pub struct LogThread {
    queue: SyncSender<Message>,
    shared: Arc<Shared>,
    thread: JoinHandle<SpanLog>,
}

impl LogThread {
    /// Starts a thread called `name` for `log`. It calls `ended` when it ends in order, and drops it when it panics.
    pub fn start(
        name: &str,
        log: SpanLog,
        limits: LogThreadLimits,
        ended: impl FnOnce() + Send + 'static,
    ) -> io::Result<Self> {
        let (queue, waiting) = sync_channel(limits.queue.get());
        let shared = Arc::new(Shared::default());
        let of_thread = Arc::clone(&shared);
        let work = move || {
            let log = Worker::new(log, limits, &of_thread).run(&waiting);
            ended();
            log
        };
        let thread = Builder::new().name(name.to_owned()).spawn(work)?;
        Ok(Self {
            queue,
            shared,
            thread,
        })
    }

    /// Queues a request, which is answered by its ticket. Requests of one caller are logged in the order of their calls.
    pub fn append(&self, request: QueuedRequest, ticket: Ticket) {
        let (refusal, message) = match self.queue.try_send(Message::Append(request, ticket)) {
            Ok(()) => return,
            Err(TrySendError::Full(message)) => (Refusal::Busy, message),
            Err(TrySendError::Disconnected(message)) => (Refusal::Stopped, message),
        };
        if let Message::Append(_, ticket) = message {
            ticket.answer(Err(refusal));
        }
    }

    /// Requests before `position` are not needed any more: an epoch has them.
    pub fn free_before(&self, position: u64) {
        self.shared.freed.fetch_max(position, Ordering::AcqRel);
        // A full queue wakes the thread as well.
        let _ = self.queue.try_send(Message::Free);
    }

    /// How the log is, as of the last group.
    #[must_use]
    pub fn status(&self) -> LogStatus {
        let status = self.shared.status.lock();
        status.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Logs and answers what waits, and gives the log back; none when its thread has panicked.
    #[must_use]
    pub fn stop(self) -> Option<SpanLog> {
        drop(self.queue);
        self.thread.join().ok()
    }
}

impl<'a> From<&'a QueuedRequest> for Request<'a> {
    fn from(request: &'a QueuedRequest) -> Self {
        Self {
            tenant: &request.tenant,
            stamp_unix_milliseconds: request.stamp_unix_milliseconds,
            encoding: request.encoding,
            body: &request.body,
        }
    }
}
