//! Lets servers live and die on one folder of state, and follows what must have become of each request.

use std::time::{Duration, Instant};

use anyhow::ensure;
use fastrand::Rng;

use super::counts::Counts;
use super::ledger::Ledger;
use super::life::{Death, Life};
use super::load::{Outcome, Sent, SharedTraffic};
use super::options::KillOptions;
use super::report::{KillReport, Losses};
use super::settling::{Fate, choose};
use super::traffic::{Attempt, Traffic};
use crate::process::ServerOptions;
use crate::sink::Sink;
use crate::state_folder::{Mode, Pace, StateFolder};
use crate::traffic::{Round, Shape};
use crate::verify::check_generated;

/// How long halves wait unless told otherwise: longer than it takes to kill a process and to start the next one.
const WAIT_SECONDS: u32 = 20;
/// Time beside the wait for what is under way.
const SLACK: Duration = Duration::from_secs(20);
const LOOK_AGAIN: Duration = Duration::from_millis(500);
/// Enough that a round takes longer to send than there is doubt about a cut: so no request is in doubt in two rounds.
const REQUESTS_PER_SERVICE: u32 = 8;

/// Kills servers.
///
/// # Errors
/// When the mode keeps nothing, or a server cannot be started, ends by itself, or leaves state that is damaged.
pub async fn kill(options: &KillOptions) -> anyhow::Result<KillReport> {
    ensure!(
        options.mode != Mode::None,
        "without durable state a kill loses everything: --mode must be epochs or log"
    );
    let mut stand = Stand::new(options).await?;
    for _ in 0..options.kills {
        stand.live_and_die().await?;
    }
    stand.live_on().await?;
    Ok(stand.finish())
}

/// What outlives each server.
struct Stand<'a> {
    options: &'a KillOptions,
    server: ServerOptions,
    folder: StateFolder,
    sink: Sink,
    ledger: Ledger,
    traffic: SharedTraffic,
    rng: Rng,
    /// What the state had at the last start at which that was seen.
    counted: Counts,
    /// What was sent since, and is not known to be counted.
    open: Open,
    losses: Losses,
    wrong: Vec<String>,
    /// Whether the last server became ready before it was killed.
    was_ready: bool,
}

/// Requests of which it is known when the next server is ready.
#[derive(Default)]
struct Open {
    kept: Vec<Attempt>,
    in_doubt: Vec<Sent>,
}

impl<'a> Stand<'a> {
    async fn new(options: &'a KillOptions) -> anyhow::Result<Self> {
        let shape = Shape {
            seed: options.seed,
            services: options.services,
            requests_per_service: REQUESTS_PER_SERVICE,
            ..Shape::default()
        };
        let (folder, sink) = (StateFolder::new(options.folder.as_ref())?, Sink::start().await?);
        let pace = Pace {
            collection_interval: options.epoch_interval,
            epoch_interval: options.epoch_interval,
        };
        let wait = options.server.wait.unwrap_or(WAIT_SECONDS);
        let longest_round = Duration::from_secs(u64::from(wait)) / 4;
        let server = ServerOptions {
            wait: Some(wait),
            ..folder.server(&options.server, options.mode, pace, &sink.url())
        };
        Ok(Self {
            options,
            server,
            folder,
            sink,
            ledger: Ledger::default(),
            traffic: SharedTraffic::new(Traffic::new(Round::new(&shape)?, options.seed, longest_round)),
            rng: Rng::with_seed(options.seed),
            counted: Counts::default(),
            open: Open::default(),
            losses: Losses::default(),
            wrong: Vec::new(),
            was_ready: true,
        })
    }

    async fn live_and_die(&mut self) -> anyhow::Result<()> {
        let lifetime = Duration::from_secs_f64(self.options.longest_life * self.rng.f64());
        // Halves are not to wait in vain because no server is ever ready.
        let patience = if self.was_ready { lifetime } else { SLACK };
        let mut life = Life::begin(&self.server, patience)?;
        self.was_ready = life.is_ready().await?;
        let death = if self.was_ready {
            // Looking takes an epoch, which is not of its time.
            let left = life.left().min(lifetime);
            self.settle(&life).await?;
            life.live_for(left);
            life.load_and_kill(&self.traffic, self.options.connections)
                .await?
        } else {
            self.losses.killed_before_ready += 1;
            life.kill().await?
        };
        self.losses.kills += 1;
        self.part(&death)?;
        self.read_store()
    }

    /// Parts what was sent by what must have become of it.
    fn part(&mut self, death: &Death) -> anyhow::Result<()> {
        let Some((began, killed)) = death.loaded else {
            return Ok(());
        };
        let cut = self.last_cut()?;
        self.losses
            .note_age(killed - cut.unwrap_or(began).clamp(began, killed));
        for sent in &death.sent {
            let fate = if self.is_logged() {
                Fate::by_answer(sent)
            } else {
                Fate::by_cut(sent, cut)
            };
            match fate {
                Fate::Kept => self.open.kept.push(sent.attempt),
                Fate::InDoubt => self.open.in_doubt.push(*sent),
                Fate::Lost => self.lose(sent),
                Fate::Refused => {}
            }
        }
        // Of two choices that add up, the one with what was sent first is right.
        self.open.in_doubt.sort_by_key(|sent| sent.sent);
        Ok(())
    }

    /// When the last epoch on the disk was cut, in microseconds since the Unix epoch.
    fn last_cut(&self) -> anyhow::Result<Option<u64>> {
        let epoch = self.folder.condition()?.epoch;
        let cut = epoch.and_then(|epoch| u64::try_from(epoch.cut_unix_milliseconds).ok());
        Ok(cut.map(|milliseconds| milliseconds * 1_000))
    }

    /// Whether what was answered is kept, and senders repeat what was not.
    fn is_logged(&self) -> bool {
        self.options.mode == Mode::Log
    }

    fn lose(&mut self, sent: &Sent) {
        if matches!(sent.outcome, Outcome::Accepted { .. }) {
            let traffic = self.traffic.lock();
            let spans = traffic.counts(&sent.attempt).map_or(0.0, Counts::spans);
            self.losses.note_lost(spans);
        }
    }

    /// Looks which requests the server that goes on has counted; before anything is sent to it.
    async fn settle(&mut self, life: &Life) -> anyhow::Result<()> {
        let shown = Counts::shown(&life.shown().await?);
        let open = std::mem::take(&mut self.open);
        self.losses.in_doubt += open.in_doubt.len();
        let chosen = self.chosen(&open, &shown);
        if chosen.is_none() {
            self.wrong.push(format!(
                "after kill {} the counters are not those of whole requests that it must have",
                self.losses.kills
            ));
        }
        self.counted = shown;
        open.kept.iter().for_each(|attempt| self.keep(attempt));
        let chosen = chosen.unwrap_or_default();
        for (position, sent) in open.in_doubt.iter().enumerate() {
            let is_counted = chosen.get(position).copied().unwrap_or_default();
            self.decide(sent, is_counted);
        }
        Ok(())
    }

    /// It is known whether what was in doubt is counted; the sender does not know, and repeats it where that is asked of it.
    fn decide(&mut self, sent: &Sent, is_counted: bool) {
        let is_counted = is_counted || sent.attempt.is_counted;
        if is_counted {
            self.keep(&sent.attempt);
        }
        if self.is_logged() {
            let mut again = sent.attempt;
            again.is_counted = is_counted;
            self.traffic.lock().repeat(again);
        } else if !is_counted {
            self.lose(sent);
        }
    }

    /// Which of the requests in doubt `shown` has, beside all others that it must have.
    fn chosen(&self, open: &Open, shown: &Counts) -> Option<Vec<bool>> {
        let (traffic, nothing) = (self.traffic.lock(), Counts::default());
        let more = |attempt: &Attempt| match attempt.is_counted {
            true => Some(&nothing),
            false => traffic.counts(attempt),
        };
        let mut rest = shown.without(&self.counted)?;
        for attempt in &open.kept {
            rest = rest.without(more(attempt)?)?;
        }
        let doubtful = open.in_doubt.iter().map(|sent| more(&sent.attempt));
        choose(&doubtful.collect::<Option<Vec<_>>>()?, &rest)
    }

    fn keep(&mut self, attempt: &Attempt) {
        if attempt.is_counted {
            return;
        }
        let mut traffic = self.traffic.lock();
        let spans = traffic.counts(attempt).map_or(0.0, Counts::spans);
        self.losses.kept_spans += spans;
        traffic.keep(attempt);
    }

    fn read_store(&mut self) -> anyhow::Result<()> {
        self.sink
            .take()
            .iter()
            .try_for_each(|body| self.ledger.read(body))
    }

    /// The last life: it loses nothing, and in the end the store has just what must come of all that was counted.
    async fn live_on(&mut self) -> anyhow::Result<()> {
        let mut life = Life::begin(&self.server, SLACK)?;
        ensure!(life.is_ready().await?, "the last server is not ready");
        self.settle(&life).await?;
        life.live_for(Duration::from_secs_f64(self.options.longest_life));
        for sent in life.load(&self.traffic, self.options.connections).await {
            match sent.outcome {
                Outcome::Accepted { .. } => self.keep(&sent.attempt),
                Outcome::Refused => {}
                Outcome::Unknown => self.wrong.push("a request of unknown outcome".to_owned()),
            }
        }
        let wrong = self.wait_until_exact().await?;
        self.wrong.extend(wrong);
        life.stop().await?;
        self.read_store()
    }

    async fn wait_until_exact(&mut self) -> anyhow::Result<Vec<String>> {
        let expected = self.traffic.lock().expected();
        let wait = self.server.wait.unwrap_or(WAIT_SECONDS);
        let deadline = Instant::now() + Duration::from_secs(u64::from(wait)) + SLACK;
        loop {
            self.read_store()?;
            let wrong = check_generated(&self.ledger.last_values()?, &expected);
            if wrong.is_empty() || Instant::now() > deadline {
                return Ok(wrong);
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    fn finish(self) -> KillReport {
        KillReport::new(self.options, self.losses, self.ledger.faults(), self.wrong)
    }
}
