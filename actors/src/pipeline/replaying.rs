//! Applies again what an earlier process logged and no epoch has, at the times of its records.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_rt::task::spawn_blocking;
use actix_rt::time::sleep;
use spangraph_storage::span_log::{LoggedRequest, LostRecords, Progress, Replay, SpanLogError};
use tokio::sync::Mutex;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::oneshot;

use super::Pipeline;
use super::epochs::Epochs;
use crate::admission::{ExportRequest, Refusal};
use crate::durability::{FoundLog, NoCut, SpanLogHandle};
use crate::ingest::{IngestSpans, Submitted};
use crate::matcher::Expire;
use crate::time::{PipelineTime, Stamp};

/// How long it is waited before a full actor is asked again.
const PAUSE: Duration = Duration::from_millis(2);

/// How often the log of the process says how far a replay is.
const TOLD: Duration = Duration::from_secs(2);

/// How many requests are read ahead.
const READ_AHEAD: usize = 4;

/// Makes of a logged request what receivers hand to the pipeline; runs where it may take its time.
pub type Unpack = Arc<dyn Fn(LoggedRequest) -> Result<ExportRequest, Unreadable> + Send + Sync>;

/// A logged request cannot be made out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("request {position} of the span log cannot be made out: {reason}")]
pub struct Unreadable {
    /// Its position.
    pub position: u64,
    /// Why.
    pub reason: String,
}

/// What is to be applied again.
#[derive(Debug)]
pub(super) struct Backlog {
    replay: Replay,
    max_backfill: Duration,
}

/// What was applied again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReplayReport {
    /// Requests that were applied.
    pub requests: u64,
    /// Requests, or stretches of them, that could not be read or made out.
    pub losses: u64,
    /// For how much of the past no samples are made any more.
    pub passed_over: Duration,
    /// How long it took.
    pub took: Duration,
}

/// One request as it was read.
struct Read {
    outcome: Result<Logged, NotRead>,
    progress: Progress,
}

struct Logged {
    position: u64,
    stamped: PipelineTime,
    request: ExportRequest,
}

#[derive(Debug, thiserror::Error)]
enum NotRead {
    #[error(transparent)]
    Log(#[from] SpanLogError),
    #[error(transparent)]
    Request(#[from] Unreadable),
}

/// What a replay works with.
struct Replayer<'a> {
    pipeline: &'a Pipeline,
    log: &'a SpanLogHandle,
    epochs: &'a Mutex<Epochs>,
    max_backfill: Duration,
    report: ReplayReport,
    told: Instant,
}

impl Backlog {
    /// What is to be applied of `found`; none when there is nothing.
    pub(super) fn of(found: &FoundLog, max_backfill: Duration) -> Option<Self> {
        let replay = found.log.replay(found.position);
        (replay.remaining() > 0).then_some(Self { replay, max_backfill })
    }
}

impl Pipeline {
    /// Applies again what an earlier process logged and no epoch has, and from then on goes by the clock of this machine.
    /// Epochs are made at the times at which they would have been made, so that samples are those of live processing.
    ///
    /// To be called before anything is let in. Dropped half-way, the rest is left to the next process.
    pub async fn replay(&mut self, unpack: Unpack) -> ReplayReport {
        let backlog = self.backlog.take();
        let report = match (&self.log, &self.epochs, backlog) {
            (Some(log), Some(epochs), Some(backlog)) => {
                let replayer = Replayer {
                    pipeline: self,
                    log,
                    epochs,
                    max_backfill: backlog.max_backfill,
                    report: ReplayReport::default(),
                    told: Instant::now(),
                };
                replayer.run(backlog.replay, unpack).await
            }
            _ => ReplayReport::default(),
        };
        if let Some(log) = &self.log {
            remember(log).await;
            log.metrics().note_replayed();
        }
        self.clock.go_live();
        report
    }
}

/// Learns which requests may come again, on a thread that may wait for the disk.
async fn remember(log: &SpanLogHandle) {
    let log = log.clone();
    let remembered = spawn_blocking(move || log.remember()).await;
    if remembered.is_err() {
        tracing::error!("requests that come again are not recognised");
    }
}

impl Replayer<'_> {
    async fn run(mut self, replay: Replay, unpack: Unpack) -> ReplayReport {
        let metrics = self.log.metrics();
        metrics.replay.begin();
        let mut requests = read(replay, unpack);
        while let Some(Read { outcome, progress }) = requests.recv().await {
            match outcome {
                Ok(logged) => self.apply(logged).await,
                Err(error) => self.lose(&error),
            }
            metrics.replay.note(progress);
            self.tell();
        }
        let took = metrics.replay.end().map(|replay| replay.took);
        self.report.took = took.unwrap_or_default();
        self.report
    }

    async fn apply(&mut self, logged: Logged) {
        self.cut_before(logged.stamped).await;
        let stamp = self.pipeline.clock.advance(logged.stamped);
        match self.submit(&logged, stamp).await {
            Ok(()) => {
                self.report.requests += 1;
                self.log.metrics().replayed.inc();
            }
            Err(Refusal::Malformed(reason)) => {
                let position = logged.position;
                self.lose(&Unreadable { position, reason }.into());
            }
            Err(error) => {
                // The process is about to end. What is not applied, and all that follows, is left to the next one: to go on
                // would have an epoch pass over it.
                tracing::error!(%error, "a request is not applied again, the next process begins with it");
                std::future::pending::<()>().await;
            }
        }
        self.log.replayed(logged.position + 1);
    }

    /// Makes the epochs that were due before a record that was `stamped` so, and one that scrapes wait for: nothing is under
    /// way meanwhile of which the log's position does not tell.
    async fn cut_before(&mut self, stamped: PipelineTime) {
        loop {
            let next = self.epochs.lock().await.next_cut();
            if next > stamped {
                return self.epochs.lock().await.make_when_scraped().await;
            }
            let oldest = self.pipeline.clock.wall() - self.max_backfill;
            if next < oldest {
                let resumed = oldest.min(stamped);
                self.report.passed_over += resumed.since(next);
                self.epochs.lock().await.pass_over(resumed);
            } else {
                self.pipeline.clock.advance(next);
                self.make_epoch().await;
            }
        }
    }

    /// What cannot be written waits for the next epoch, as it does live.
    async fn make_epoch(&self) {
        loop {
            match self.epochs.lock().await.make_now().await {
                Ok(()) | Err(NoCut::NotKept | NoCut::StateGone) => return,
                Err(NoCut::Unsettled | NoCut::EdgesWait | NoCut::NoAnswer) => {
                    self.have_edges_handed_on();
                    sleep(PAUSE).await;
                }
            }
        }
    }

    /// Edges for which an aggregator had no room wait for the next ones of their tenant, or for the timer's next tick, of which
    /// there are none during a replay.
    fn have_edges_handed_on(&self) {
        let now = self.pipeline.clock.now();
        for matcher in self.pipeline.matchers.iter() {
            // One that cannot take this has messages left to handle; it is told again.
            let _ = matcher.control().try_send(Expire { now });
        }
    }

    /// Has a request applied, by one actor so that they stay in order, and waits for as long as there is no room.
    async fn submit(&self, logged: &Logged, received: Stamp) -> Result<(), Refusal> {
        let pipeline = self.pipeline;
        let ingest = pipeline.ingest.first().ok_or(Refusal::Broken)?;
        loop {
            let submission = pipeline.gate.admit(0)?.submit().await?;
            let sender = pipeline.tenants.replaying(&logged.request.tenant, received)?;
            let Some(slot) = ingest.reserve() else {
                sleep(PAUSE).await;
                continue;
            };
            let (answer, answered) = oneshot::channel();
            let submitted = Submitted {
                sender,
                request: logged.request.clone(),
                submission,
                received,
                replayed: Some(logged.position),
            };
            let message = IngestSpans { submitted, answer };
            ingest.send(slot, message);
            match answered.await.unwrap_or(Err(Refusal::Broken)) {
                Err(Refusal::Overloaded { .. }) => sleep(PAUSE).await,
                answered => return answered.map(|_| ()),
            }
        }
    }

    fn lose(&mut self, error: &NotRead) {
        self.report.losses += 1;
        let lost = match error {
            NotRead::Log(
                SpanLogError::Lost(LostRecords { positions, .. }) | SpanLogError::Removed { positions },
            ) => positions.end.saturating_sub(positions.start),
            _ => 1,
        };
        self.log.metrics().lost.inc_by(lost);
        tracing::error!(%error, "requests that were answered are lost");
    }

    /// Now and then a line for who watches.
    fn tell(&mut self) {
        self.log.metrics().note_replay();
        if self.told.elapsed() >= TOLD
            && let Some(replay) = self.log.metrics().replay.describe()
        {
            self.told = Instant::now();
            tracing::info!(requests = replay.requests, "{} {replay}", Bar(replay.percent()));
        }
    }
}

/// A bar of twenty places, of which so many in a hundred are filled.
struct Bar(u64);

impl fmt::Display for Bar {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let filled = usize::try_from(self.0 / 5).unwrap_or(0).min(20);
        write!(formatter, "[{}{}]", "#".repeat(filled), "-".repeat(20 - filled))
    }
}

/// Reads a log on a thread that may wait for the disk.
fn read(replay: Replay, unpack: Unpack) -> Receiver<Read> {
    let (sender, receiver) = channel(READ_AHEAD);
    spawn_blocking(move || read_all(replay, &unpack, &sender));
    receiver
}

/// Until nobody takes them any more.
fn read_all(mut replay: Replay, unpack: &Unpack, sender: &Sender<Read>) {
    while let Some(next) = replay.next() {
        let logged = next.map_err(NotRead::from).and_then(|logged| {
            let (position, stamped) = (logged.position, logged.stamp_unix_milliseconds);
            Ok(Logged {
                position,
                stamped: PipelineTime::from_unix_milliseconds(stamped),
                request: unpack(logged)?,
            })
        });
        let progress = replay.progress();
        let read = Read {
            outcome: logged,
            progress,
        };
        if sender.blocking_send(read).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_fills_from_left_to_right() {
        assert_eq!(Bar(0).to_string(), "[--------------------]");
        assert_eq!(Bar(63).to_string(), "[############--------]");
        assert_eq!(Bar(100).to_string(), "[####################]");
    }
}
