//! The connections of a drive: each takes the next request, sends it, and counts the answer.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use tokio::task::JoinSet;

use super::report::{DriveReport, Tally};
use super::schedule::{Job, Limits, Schedule};
use super::sender::{Answer, Sender, Target};
use crate::traffic::{Round, RoundAnswers};

/// What a drive did.
#[derive(Clone, Debug)]
pub struct Driven {
    /// Counts and latencies.
    pub report: DriveReport,
    /// For each round, what of it was accepted.
    pub rounds: Vec<RoundAnswers>,
    /// Every accepted request, in no order.
    pub accepted: Vec<TimedAnswer>,
}

/// When a request was to be sent, and how long its answer took from then on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimedAnswer {
    /// When it was due, or sent when there is no rate.
    pub due: Instant,
    /// How long after that it was answered.
    pub latency: Duration,
}

/// What all connections share.
struct Shared {
    round: Arc<Round>,
    schedule: Mutex<Schedule>,
    answers: Mutex<Vec<RoundAnswers>>,
    has_rate: bool,
}

/// Sends `round` again and again within `limits`; ids follow from `seed`, so drives with different ones share none.
///
/// # Errors
/// When a connection cannot be made.
pub async fn drive(
    round: &Arc<Round>,
    target: &Target,
    limits: &Limits,
    seed: u64,
) -> anyhow::Result<Driven> {
    ensure!(limits.connections > 0, "there must be at least one connection");
    let mut senders = Vec::new();
    for _ in 0..limits.connections {
        senders.push(Sender::connect(target).await?);
    }
    let began = Instant::now();
    let shared = Arc::new(Shared {
        round: Arc::clone(round),
        schedule: Mutex::new(Schedule::new(Arc::clone(round), limits.clone(), seed, began)),
        answers: Mutex::new(Vec::new()),
        has_rate: limits.rate.is_some(),
    });
    let mut workers: JoinSet<_> = senders
        .into_iter()
        .map(|sender| work(Arc::clone(&shared), sender))
        .collect();
    let mut tally = Tally::new()?;
    while let Some(worker) = workers.join_next().await {
        tally.add(worker.context("a worker failed")??)?;
    }
    let rounds = std::mem::take(&mut *shared.answers.lock().unwrap_or_else(PoisonError::into_inner));
    Ok(Driven {
        rounds,
        accepted: tally.take_accepted(),
        report: tally.finish(began.elapsed()),
    })
}

async fn work(shared: Arc<Shared>, mut sender: Sender) -> anyhow::Result<Tally> {
    let mut tally = Tally::new()?;
    while let Some(job) = shared.next_job() {
        tokio::time::sleep_until(job.due.into()).await;
        let Some(template) = shared.round.template(job.delivery.request) else {
            continue;
        };
        let (spans, bytes) = (template.spans(), template.len() as u64);
        let request = template.stamped(&job.stamp);
        if let Some(tenant) = shared.round.tenant(job.round) {
            sender.set_tenant(&tenant)?;
        }
        let began = if shared.has_rate { job.due } else { Instant::now() };
        let answer = sender.send(request).await;
        shared.note(&job, &answer);
        let timed = TimedAnswer {
            due: began,
            latency: began.elapsed(),
        };
        tally.count(answer, spans, bytes, timed);
    }
    Ok(tally)
}

impl Shared {
    fn next_job(&self) -> Option<Job> {
        let mut schedule = self.schedule.lock().unwrap_or_else(PoisonError::into_inner);
        schedule.next(Instant::now())
    }

    fn note(&self, job: &Job, answer: &Answer) {
        if !matches!(answer, Answer::Accepted { .. }) {
            return;
        }
        let mut rounds = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        let Ok(number) = usize::try_from(job.round) else {
            return;
        };
        while rounds.len() <= number {
            rounds.push(RoundAnswers::none(&self.round));
        }
        if let Some(round) = rounds.get_mut(number) {
            round.accept(job.position);
        }
    }
}
