//! A large state through three processes: one that is filled and stops, one that makes epochs and is killed, one that goes on.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::ensure;
use spangraph_storage::epochs::Condition;

use super::epoch_watch::{EpochWatch, Watched};
use super::large_report::{DiskUse, LargeReport, MemoryUse, Restarts, Spread};
use super::load::Load;
use super::options::DurabilityOptions;
use crate::process::{Server, ServerOptions, Usage};
use crate::sink::Sink;
use crate::state_folder::{Mode, Pace, StateFolder};
use crate::traffic::{AlikeRequests, Round, Shape};

/// Half-edges wait for longer than any measurement takes.
const WAIT_SECONDS: u32 = 3_600;
/// The first process collects nothing and makes no epoch until it stops.
const NEVER: Pace = Pace {
    collection_interval: 86_400.0,
    epoch_interval: 3_600.0,
};
/// Seconds from one collection of the second process to the next.
const COLLECTION_INTERVAL: f64 = 15.0;
/// Operations of one service, as its requests have them all.
const OPERATIONS: usize = 53;
const SPANS_PER_REQUEST: usize = 200;
const SPAN_BYTES: usize = 600;
/// Into how many sendings the filling with half-edges is parted.
const STEPS: u64 = 20;
/// Seconds of traffic before memory is read, so that what requests under way need is in it.
const WARM_UP: f64 = 5.0;
/// What a server may still do after its last answer.
const SETTLE: Duration = Duration::from_millis(500);
const PENDING: &str = "spangraph_pending_half_edges";

/// Measures a large state.
pub(super) async fn large(options: &DurabilityOptions) -> anyhow::Result<LargeReport> {
    let mut stand = Stand {
        options,
        traffic: Traffic::new(options)?,
        load: Load::new(options.seed),
        folder: StateFolder::new(options.folder.as_ref())?,
        sink: Sink::start().await?,
    };
    let filled = stand.fill_and_stop().await?;
    let driven = stand.drive_and_kill().await?;
    stand.report(&filled, &driven).await
}

/// What is sent.
struct Traffic {
    /// Every series.
    series: Arc<Round>,
    /// Calls of which one half never comes.
    halves: Arc<Round>,
    /// Both.
    mixed: Arc<Round>,
}

/// What all processes have in common.
struct Stand<'a> {
    options: &'a DurabilityOptions,
    traffic: Traffic,
    load: Load,
    folder: StateFolder,
    sink: Sink,
}

/// The first process.
struct Filled {
    memory: MemoryUse,
    stop: Duration,
    condition: Condition,
}

/// The second process.
struct Driven {
    watched: Watched,
    start: Duration,
    started: Usage,
    series: f64,
    pending: f64,
    condition: Condition,
}

impl Traffic {
    fn new(options: &DurabilityOptions) -> anyhow::Result<Self> {
        let services = options.large.label_sets.div_ceil(OPERATIONS);
        let alike = AlikeRequests {
            requests: services,
            services,
            operations: OPERATIONS,
            spans: SPANS_PER_REQUEST,
            span_bytes: SPAN_BYTES,
        };
        let series = alike.round(options.seed)?;
        let halves = |missing| {
            Round::new(&Shape {
                seed: options.seed,
                requests_per_service: 1,
                missing,
                ..Shape::default()
            })
        };
        let with_calls = series
            .templates()
            .chain(halves(0.0)?.templates())
            .cloned()
            .collect();
        Ok(Self {
            mixed: Arc::new(Round::replaying(with_calls)),
            series: Arc::new(series),
            halves: Arc::new(halves(1.0)?),
        })
    }
}

impl Stand<'_> {
    /// Its only epoch is the last one, so it is whole, and what it holds before was never in an epoch.
    async fn fill_and_stop(&mut self) -> anyhow::Result<Filled> {
        let (server, _) = self.start(NEVER).await?;
        let traffic = Arc::clone(&self.traffic.mixed);
        self.load.at_once(&server, &self.traffic.series, 1).await?;
        self.drive(&server, &traffic, WARM_UP).await?;
        let without_halves = resident(&server).await?;
        self.fill_with_halves(&server).await?;
        let memory = MemoryUse {
            without_halves_bytes: without_halves,
            filled_bytes: resident(&server).await?,
            ..MemoryUse::default()
        };
        let stopped = Instant::now();
        server.stop().await?;
        Ok(Filled {
            memory,
            stop: stopped.elapsed(),
            condition: self.folder.condition()?,
        })
    }

    async fn fill_with_halves(&mut self, server: &Server) -> anyhow::Result<()> {
        let (mut before, wanted) = (0.0, self.options.large.pending as f64);
        while before < wanted {
            let halves = Arc::clone(&self.traffic.halves);
            let spans = self.options.large.pending / STEPS;
            self.load.at_once(server, &halves, spans).await?;
            tokio::time::sleep(SETTLE).await;
            let now = server.own_metrics().await?.sum(PENDING, &[]);
            ensure!(now > before, "no more halves wait than {before}");
            before = now;
        }
        Ok(())
    }

    async fn drive_and_kill(&mut self) -> anyhow::Result<Driven> {
        let pace = Pace {
            collection_interval: COLLECTION_INTERVAL,
            epoch_interval: self.options.large.epoch_interval,
        };
        let (server, start) = self.start(pace).await?;
        let started = Usage::of(server.pid())?;
        let watch = EpochWatch::start(&server, self.folder.path());
        let mixed = Arc::clone(&self.traffic.mixed);
        self.drive(&server, &mixed, self.options.large.seconds).await?;
        let watched = watch.finish().await?;
        let metrics = server.own_metrics().await?;
        server.kill().await?;
        Ok(Driven {
            watched,
            start,
            started,
            series: metrics.sum("spangraph_active_series", &[]),
            pending: metrics.sum(PENDING, &[]),
            condition: self.folder.condition()?,
        })
    }

    /// The third process only has to come up with what the second one had.
    async fn report(&self, filled: &Filled, driven: &Driven) -> anyhow::Result<LargeReport> {
        let (server, start_after_kill) = self.start(NEVER).await?;
        let restored = server.own_metrics().await?.sum(PENDING, &[]);
        let watched = &driven.watched;
        Ok(LargeReport {
            series: driven.series,
            pending_half_edges: driven.pending,
            restored_half_edges: restored,
            epochs: watched.keep.seconds().len(),
            cuts_missed: watched.missed,
            epochs_failed: watched.failed,
            pause: Spread::of(watched.pause.seconds()),
            keep: Spread::of(watched.keep.seconds()),
            restarts: Restarts {
                stop: filled.stop.as_secs_f64(),
                start_after_stop: driven.start.as_secs_f64(),
                start_after_kill: start_after_kill.as_secs_f64(),
            },
            disk: DiskUse {
                whole_epoch_bytes: block_bytes(&filled.condition),
                state_bytes: block_bytes(&driven.condition),
                all_files: Spread::of(&watched.folder_bytes),
            },
            memory: MemoryUse {
                most_while_starting_bytes: driven.started.peak_rss_bytes,
                started_bytes: driven.started.rss_bytes,
                most_bytes: watched.most_rss_bytes,
                ..filled.memory
            },
        })
    }

    async fn drive(&mut self, server: &Server, round: &Arc<Round>, seconds: f64) -> anyhow::Result<()> {
        let rate = self.options.large.large_rate;
        self.load.at_rate(server, round, (rate, seconds)).await?;
        // Nobody reads them.
        drop(self.sink.take());
        Ok(())
    }

    /// A server, and how long it took until it was ready.
    async fn start(&self, pace: Pace) -> anyhow::Result<(Server, Duration)> {
        let options = &self.options.server;
        let options = ServerOptions {
            wait: Some(options.wait.unwrap_or(WAIT_SECONDS)),
            ..self.folder.server(options, Mode::Epochs, pace, &self.sink.url())
        };
        let began = Instant::now();
        let server = Server::start(&options).await?;
        Ok((server, began.elapsed()))
    }
}

async fn resident(server: &Server) -> anyhow::Result<u64> {
    tokio::time::sleep(SETTLE).await;
    Ok(Usage::of(server.pid())?.rss_bytes)
}

/// What the series and halves themselves take on the disk, compressed.
fn block_bytes(condition: &Condition) -> u64 {
    condition.usage.tenants.values().map(|blocks| blocks.bytes).sum()
}
