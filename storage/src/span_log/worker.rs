//! What the thread of a log does: append what came, sync, answer, and remove what is freed.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::committer::Committer;
use super::error::SpanLogError;
use super::log::{Lag, SpanLog};
use super::record::Request;
use super::refusal::Refusal;
use super::thread::{LogThreadLimits, QueuedRequest};
use super::ticket::Ticket;

/// How a log that is written is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogStatus {
    /// The position of the first request that may not be answered.
    pub durable: u64,
    /// What is not freed.
    pub lag: Lag,
    /// Why all requests are refused now; none while they are taken.
    pub refusing: Option<Refusal>,
    /// How many syncs succeeded since the start.
    pub syncs: u64,
    /// How many writes and syncs failed since the start.
    pub failures: u64,
}

/// What the thread and its callers share.
#[derive(Debug, Default)]
pub struct Shared {
    /// Requests before this position are not needed.
    pub freed: AtomicU64,
    pub status: Mutex<LogStatus>,
}

/// What is sent to the thread.
#[derive(Debug)]
pub enum Message {
    Append(QueuedRequest, Ticket),
    /// There is something to free.
    Free,
}

/// The thread's own state.
#[derive(Debug)]
pub struct Worker<'a> {
    log: SpanLog,
    committer: Committer<Ticket>,
    limits: LogThreadLimits,
    shared: &'a Shared,
    status: LogStatus,
    /// When writing is tried again.
    retry: Duration,
    freed: u64,
    /// There are segments to remove.
    is_freeing: bool,
    /// Nothing is left to be written.
    is_flushed: bool,
    started: Instant,
}

/// After so long without a request what is left is written.
const IDLE: Duration = Duration::from_millis(100);

impl<'a> Worker<'a> {
    pub fn new(log: SpanLog, limits: LogThreadLimits, shared: &'a Shared) -> Self {
        let mut worker = Self {
            committer: Committer::new(limits.sync),
            status: LogStatus::default(),
            retry: Duration::ZERO,
            freed: 0,
            is_freeing: false,
            is_flushed: true,
            started: Instant::now(),
            log,
            limits,
            shared,
        };
        worker.tell();
        worker
    }

    /// Works until nobody can send any more, and gives the log back, synced.
    pub fn run(mut self, queue: &Receiver<Message>) -> SpanLog {
        loop {
            match self.wait(queue) {
                Ok(first) => self.take_group(first, queue),
                Err(RecvTimeoutError::Timeout) if self.committer.due().is_none() && !self.is_freeing => {
                    self.flush()
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            self.settle(false);
            self.free();
            self.tell();
        }
        self.settle(true);
        self.flush();
        self.tell();
        self.log
    }

    /// Writes what no request waits for. When that fails, the next request hears of it.
    fn flush(&mut self) {
        let _ = self.log.flush();
        self.is_flushed = true;
    }

    fn wait(&self, queue: &Receiver<Message>) -> Result<Message, RecvTimeoutError> {
        match self.committer.due() {
            _ if self.is_freeing => queue.recv_timeout(Duration::ZERO),
            None if self.is_flushed => queue.recv().map_err(RecvTimeoutError::from),
            None => queue.recv_timeout(IDLE),
            Some(due) => queue.recv_timeout(due.saturating_sub(self.now())),
        }
    }

    fn now(&self) -> Duration {
        self.started.elapsed()
    }

    /// Appends all that waits in the queue, up to the length of one queue.
    fn take_group(&mut self, first: Message, queue: &Receiver<Message>) {
        let rest = queue.try_iter().take(self.limits.queue.get());
        self.is_flushed = false;
        for message in std::iter::once(first).chain(rest) {
            if let Message::Append(request, ticket) = message {
                self.append(&request, ticket);
            }
        }
    }

    fn append(&mut self, request: &QueuedRequest, ticket: Ticket) {
        if let Some(refusal) = self.refusal() {
            return ticket.answer(Err(refusal));
        }
        match self.log.append(&Request::from(request)) {
            Ok(position) => self.committer.appended(position, ticket, self.now()),
            Err(error) => {
                let refusal = Refusal::from(&error);
                if matches!(refusal, Refusal::Failed(_)) {
                    self.fail(&error);
                }
                ticket.answer(Err(refusal));
            }
        }
    }

    /// Why all is refused now. It is tried now and then whether the log can be written again.
    fn refusal(&mut self) -> Option<Refusal> {
        let refusal = self.status.refusing.clone()?;
        if self.now() < self.retry {
            return Some(refusal);
        }
        self.begin();
        self.status.refusing.clone()
    }

    /// Syncs when that is due, or `at_once`, and answers those that may be.
    fn settle(&mut self, at_once: bool) {
        if self.committer.answers_unsynced()
            && let Err(error) = self.log.promise()
        {
            self.fail(&error);
        }
        let now = self.now();
        if self.committer.due().is_some_and(|due| at_once || due <= now) {
            match self.log.sync() {
                Ok(_) => self.status.syncs += 1,
                Err(error) => self.fail(&error),
            }
            self.committer.synced();
        }
        self.answer();
    }

    fn answer(&mut self) {
        for (position, ticket) in self.committer.take_before(self.log.durable()) {
            ticket.answer(Ok(position));
        }
    }

    /// Answers what was synced before the failure, and refuses the rest once the next segment is begun, or cannot be.
    fn fail(&mut self, error: &SpanLogError) {
        self.status.failures += 1;
        self.begin();
        self.tell();
        self.answer();
        let refusal = Refusal::from(error);
        for (_, ticket) in self.committer.take_all() {
            ticket.answer(Err(refusal.clone()));
        }
        self.committer.synced();
    }

    fn begin(&mut self) {
        let begun = self.log.begin();
        self.status.refusing = begun.as_ref().err().map(Refusal::from);
        self.retry = self.now().saturating_add(self.limits.retry);
    }

    /// Removes one segment, so that requests wait for no more than that. What cannot be removed now is tried again with the
    /// next position.
    fn free(&mut self) {
        let freed = self.shared.freed.load(Ordering::Acquire).min(self.log.durable());
        self.is_freeing = false;
        if freed > self.freed {
            match self.log.free(freed) {
                Ok(true) => self.is_freeing = true,
                Ok(false) => self.freed = freed,
                Err(_) => {}
            }
        }
    }

    fn tell(&mut self) {
        self.status.durable = self.log.durable();
        self.status.lag = self.log.lag(self.freed.max(self.log.first()));
        let mut told = self.shared.status.lock().unwrap_or_else(PoisonError::into_inner);
        told.clone_from(&self.status);
    }
}
