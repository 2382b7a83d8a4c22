//! The connections of a drive: each takes the next request, sends it, and counts the answer.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use anyhow::{Context as _, ensure};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::answer::{Answer, TimedAnswer};
use super::report::{DriveReport, Tally};
use super::schedule::{Job, Limits, Schedule};
use super::sender::Sender;
use super::target::Target;
use super::timeline::Timeline;
use crate::process::Usage;
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
    /// When sending began, once all connections were made.
    pub began: Instant,
    /// How it went over time.
    pub timeline: Timeline,
}

/// What one connection counted.
struct Work {
    tally: Tally,
    timeline: Timeline,
}

/// What all connections share.
struct Shared {
    round: Arc<Round>,
    schedule: Mutex<Schedule>,
    answers: Mutex<Vec<RoundAnswers>>,
    has_rate: bool,
    /// A connection sends when it has one of these; they go round.
    turns: Semaphore,
    began: Instant,
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
    ensure!(
        limits.in_flight != Some(0),
        "at least one request must be under way"
    );
    let senders = connect(target, limits.connections).await?;
    let own_process = std::process::id();
    let used_before = Usage::of(own_process)?;
    let shared = Arc::new(Shared::new(round, limits, seed));
    let mut work = work_together(&shared, senders).await?;
    let accepted = work.tally.take_accepted();
    let mut report = work.tally.finish(shared.began.elapsed());
    report.sender_cpu_seconds = Usage::of(own_process)?.since(&used_before).cpu_seconds();
    Ok(Driven {
        accepted,
        report,
        rounds: shared.take_answers(),
        began: shared.began,
        timeline: work.timeline,
    })
}

async fn connect(target: &Target, connections: usize) -> anyhow::Result<Vec<Sender>> {
    let mut senders = Vec::new();
    for _ in 0..connections {
        senders.push(Sender::connect(target).await?);
    }
    Ok(senders)
}

/// Lets every connection work until there is nothing more to send.
async fn work_together(shared: &Arc<Shared>, senders: Vec<Sender>) -> anyhow::Result<Work> {
    let mut workers: JoinSet<_> = senders
        .into_iter()
        .map(|sender| work(Arc::clone(shared), sender))
        .collect();
    let mut all = Work::new()?;
    while let Some(worker) = workers.join_next().await {
        all.add(worker.context("a worker failed")??)?;
    }
    Ok(all)
}

async fn work(shared: Arc<Shared>, mut sender: Sender) -> anyhow::Result<Work> {
    let mut work = Work::new()?;
    loop {
        let _turn = shared.turns.acquire().await?;
        let Some(job) = shared.next_job() else {
            return Ok(work);
        };
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
        work.timeline.note(shared.began.elapsed(), &answer, timed.latency);
        work.tally.count(answer, spans, bytes, timed);
    }
}

impl Work {
    fn new() -> anyhow::Result<Self> {
        Ok(Self {
            tally: Tally::new()?,
            timeline: Timeline::default(),
        })
    }

    fn add(&mut self, other: Self) -> anyhow::Result<()> {
        self.timeline.add(other.timeline);
        self.tally.add(other.tally)
    }
}

impl Shared {
    /// Sending begins now.
    fn new(round: &Arc<Round>, limits: &Limits, seed: u64) -> Self {
        let began = Instant::now();
        Self {
            round: Arc::clone(round),
            schedule: Mutex::new(Schedule::new(Arc::clone(round), limits.clone(), seed, began)),
            answers: Mutex::new(Vec::new()),
            has_rate: limits.rate.is_some(),
            turns: Semaphore::new(limits.in_flight.unwrap_or(limits.connections)),
            began,
        }
    }

    fn take_answers(&self) -> Vec<RoundAnswers> {
        std::mem::take(&mut *self.answers.lock().unwrap_or_else(PoisonError::into_inner))
    }

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
