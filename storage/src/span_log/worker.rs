//! What the thread of a log does: append what came, sync, answer, and remove what is freed.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use super::committer::Committer;
use super::error::SpanLogError;
use super::log::{Lag, SpanLog, Unneeded};
use super::record::Request;
use super::refusal::Refusal;
use super::thread::{LogThreadLimits, QueuedRequest};
use super::ticket::Ticket;
use crate::disk::DiskError;

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
    /// How many writes, syncs and removals failed since the start.
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
    /// The oldest segment is being removed, on a thread that may wait for the disk while requests do not.
    removal: Option<JoinHandle<Result<(), DiskError>>>,
    /// When a removal may be tried again, after one that failed.
    removing_again: Duration,
    /// When the last sync began.
    synced: Option<Duration>,
    /// Nothing is left to be written.
    is_flushed: bool,
    started: Instant,
}

/// So long it takes at the least from one sync to the next, when each is waited for. A request that comes alone does not
/// wait; what comes steadily shares syncs, each of which costs as much CPU time as a hundred spans, and of which a disk makes
/// some hundreds a second.
pub(super) const PACE: Duration = Duration::from_millis(2);

/// After so long without a request what is left is written.
const IDLE: Duration = Duration::from_millis(100);

impl<'a> Worker<'a> {
    pub fn new(log: SpanLog, limits: LogThreadLimits, shared: &'a Shared) -> Self {
        let mut worker = Self {
            committer: Committer::new(limits.sync),
            status: LogStatus::default(),
            retry: Duration::ZERO,
            freed: 0,
            removal: None,
            removing_again: Duration::ZERO,
            synced: None,
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
                Ok(first) => {
                    self.pace();
                    self.take_group(first, queue);
                }
                Err(RecvTimeoutError::Timeout) if self.committer.due().is_none() => self.flush(),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            self.settle(false);
            self.free();
            self.tell();
        }
        self.settle(true);
        self.flush();
        if let Some(removal) = self.removal.take() {
            self.removed(removal);
        }
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
            None if self.is_flushed && self.removal.is_none() => queue.recv().map_err(RecvTimeoutError::from),
            None => queue.recv_timeout(IDLE),
            Some(due) => queue.recv_timeout(due.saturating_sub(self.now())),
        }
    }

    /// Waits until the next sync may begin; what comes meanwhile shares it.
    #[expect(
        clippy::disallowed_methods,
        reason = "it is a thread of its own, without actors"
    )]
    fn pace(&self) {
        let next = self.synced.map_or(Duration::ZERO, |synced| synced + PACE);
        if !self.committer.answers_unsynced() {
            std::thread::sleep(next.saturating_sub(self.now()));
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
            self.synced = Some(now);
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

    /// Has one segment removed after the other. What cannot be removed now is tried again.
    fn free(&mut self) {
        if let Some(ended) = self.removal.take_if(|removal| removal.is_finished()) {
            self.removed(ended);
        }
        let freed = self.shared.freed.load(Ordering::Acquire).min(self.log.durable());
        if freed <= self.freed || self.removal.is_some() || self.now() < self.removing_again {
            return;
        }
        self.look();
        match self.log.unneeded(freed) {
            Ok(Some(oldest)) => self.removal = remove(oldest),
            Ok(None) => self.freed = freed,
            Err(_) => {}
        }
    }

    /// Looks whether the file that is written is in its place. When it is not that is told for a while as what fails is, and
    /// requests go to the next one after it.
    fn look(&mut self) {
        if let Err(error) = self.log.look_at_file() {
            self.fail(&error);
            self.status.refusing = Some(Refusal::from(&error));
        }
    }

    fn removed(&mut self, removal: JoinHandle<Result<(), DiskError>>) {
        if let Ok(Ok(())) = removal.join() {
            self.log.forget_oldest();
        } else {
            self.status.failures += 1;
            self.removing_again = self.now().saturating_add(self.limits.retry);
        }
    }

    fn tell(&mut self) {
        self.status.durable = self.log.durable();
        self.status.lag = self.log.lag(self.freed.max(self.log.first()));
        let mut told = self.shared.status.lock().unwrap_or_else(PoisonError::into_inner);
        told.clone_from(&self.status);
    }
}

/// Removes a segment on a thread of its own; none when the system has none to give.
fn remove(segment: Unneeded) -> Option<JoinHandle<Result<(), DiskError>>> {
    let removing = Builder::new().name("span log removal".to_owned());
    removing.spawn(move || segment.remove()).ok()
}
