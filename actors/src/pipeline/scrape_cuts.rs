//! Where scrapes wait for a cut that is on the disk, so that what they show never falls, whatever ends the process.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use actix_rt::time::timeout;
use spangraph_config::TenantId;
use thiserror::Error;
use tokio::sync::{Notify, oneshot};

use crate::aggregator::RegistryImage;
use crate::durability::NoCut;

/// How long a scrape waits. Prometheus gives up after 10 seconds, and the text is to be written and sent by then.
const PATIENCE: Duration = Duration::from_secs(8);

/// The least time between two cuts for scrapes, and how old a cut may be that is still there when a scrape comes.
const LEAST_APART: Duration = Duration::from_secs(1);

/// How long scrapes ask for no cut after one could not be made: requests are held at the door for each that is tried.
const AFTER_MISSED: Duration = Duration::from_millis(250);

/// The series of all tenants as of a cut that is on the disk. While it is there, blocks of series that change exist twice.
#[derive(Debug, Default)]
pub(super) struct DurableSeries {
    /// By id.
    pub(super) tenants: Vec<(TenantId, Arc<RegistryImage>)>,
}

/// Why a scrape has no cut.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NoDurableCut {
    /// The disk failed.
    #[error("{0}")]
    NotKept(String),
    /// No cut could be made.
    #[error("no cut was made in time: {0}")]
    Missed(NoCut),
    /// The disk is slow.
    #[error("no epoch was on the disk in time")]
    TooLate,
    /// The last epoch was made.
    #[error("the server is shutting down")]
    ShuttingDown,
}

/// What those who scrape and what makes epochs know of each other; clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct ScrapeCuts {
    waiting: Arc<Mutex<Waiting>>,
    called: Arc<Notify>,
}

type Answer = Result<Arc<DurableSeries>, NoDurableCut>;

#[derive(Debug, Default)]
struct Waiting {
    scrapes: Vec<oneshot::Sender<Answer>>,
    /// The last series that were handed out, as long as somebody holds them, and when they were cut.
    last: Option<(Instant, Weak<DurableSeries>)>,
    /// Scrapes get no cut of their own before.
    rest_until: Option<Instant>,
    /// Why the last cut for them did not come to the disk: those who come before a further one may be made are told so.
    failed: Option<NoDurableCut>,
    /// Why the last cut could not be made.
    missed: Option<NoCut>,
    is_over: bool,
}

impl ScrapeCuts {
    /// The series as of a cut that is on the disk, and that was made a second ago at the most, or comes next.
    pub(super) async fn series(&self) -> Answer {
        let answer = match self.locked(|waiting| waiting.enter(Instant::now())) {
            Entered::Answered(answer) => return answer,
            Entered::Waits(answer) => answer,
        };
        self.called.notify_one();
        match timeout(PATIENCE, answer).await {
            Ok(answer) => answer.unwrap_or(Err(NoDurableCut::ShuttingDown)),
            Err(_) => Err(self.locked(|waiting| waiting.give_up(Instant::now()))),
        }
    }

    /// Until a scrape comes.
    pub(super) async fn called(&self) {
        self.called.notified().await;
    }

    /// Whether a cut is to be made at `now` although none is due.
    pub(super) fn want_one(&self, now: Instant) -> bool {
        self.locked(|waiting| waiting.want_one(now))
    }

    /// `series` were cut at `cut`, and are on the disk at `now`.
    pub(super) fn hand_out(&self, series: DurableSeries, cut: Instant, now: Instant) {
        // Large ones go behind the lock when nobody waits.
        let series = Arc::new(series);
        self.locked(|waiting| waiting.hand_out(&series, cut, now));
    }

    /// What was cut at `cut` could not be written to the disk, which is known at `now`.
    pub(super) fn fail(&self, reason: &str, cut: Instant, now: Instant) {
        let reason = NoDurableCut::NotKept(reason.to_owned());
        self.locked(|waiting| waiting.fail(reason, cut, now));
    }

    /// A cut could not be made at `now`; scrapes go on waiting.
    pub(super) fn note_missed(&self, error: NoCut, now: Instant) {
        self.locked(|waiting| {
            waiting.missed = Some(error);
            waiting.rest_until = Some(now + AFTER_MISSED);
        });
    }

    /// No cut comes any more.
    pub(super) fn close(&self) {
        self.locked(|waiting| {
            waiting.is_over = true;
            waiting.answer(&Err(NoDurableCut::ShuttingDown));
        });
    }

    /// What waits is whole after every step, so nothing is amiss after a panic elsewhere.
    fn locked<T>(&self, act: impl FnOnce(&mut Waiting) -> T) -> T {
        act(&mut self.waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

enum Entered {
    Answered(Answer),
    Waits(oneshot::Receiver<Answer>),
}

impl Waiting {
    fn enter(&mut self, now: Instant) -> Entered {
        if self.is_over {
            return Entered::Answered(Err(NoDurableCut::ShuttingDown));
        }
        if let Some(failed) = self.failed.as_ref().filter(|_| self.rests(now)) {
            return Entered::Answered(Err(failed.clone()));
        }
        let last = self.last.as_ref();
        let young = last.filter(|(cut, _)| now.saturating_duration_since(*cut) < LEAST_APART);
        if let Some(series) = young.and_then(|(_, series)| series.upgrade()) {
            return Entered::Answered(Ok(series));
        }
        let (answer, answered) = oneshot::channel();
        self.scrapes.push(answer);
        Entered::Waits(answered)
    }

    /// A scrape has waited for too long.
    fn give_up(&mut self, now: Instant) -> NoDurableCut {
        let reason = self.missed.map_or(NoDurableCut::TooLate, NoDurableCut::Missed);
        self.failed = Some(reason.clone());
        self.rest_until = Some(now + LEAST_APART);
        reason
    }

    fn want_one(&mut self, now: Instant) -> bool {
        self.scrapes.retain(|scrape| !scrape.is_closed());
        !self.scrapes.is_empty() && !self.rests(now)
    }

    fn rests(&self, now: Instant) -> bool {
        self.rest_until.is_some_and(|until| now < until)
    }

    fn hand_out(&mut self, series: &Arc<DurableSeries>, cut: Instant, now: Instant) {
        if !self.scrapes.is_empty() {
            self.rest(cut, now);
        }
        self.failed = None;
        self.last = Some((cut, Arc::downgrade(series)));
        self.answer(&Ok(Arc::clone(series)));
    }

    fn fail(&mut self, reason: NoDurableCut, cut: Instant, now: Instant) {
        self.rest(cut, now);
        self.failed = Some(reason.clone());
        self.answer(&Err(reason));
    }

    /// At least as much time goes by without a cut for scrapes as one took: the disk is there for more than those.
    fn rest(&mut self, cut: Instant, now: Instant) {
        let took = now.saturating_duration_since(cut);
        self.rest_until = Some((cut + LEAST_APART).max(now + took));
    }

    /// Who went away meanwhile misses nothing.
    fn answer(&mut self, answer: &Answer) {
        self.missed = None;
        for scrape in self.scrapes.drain(..) {
            let _ = scrape.send(answer.clone());
        }
    }
}

#[cfg(test)]
mod tests;
