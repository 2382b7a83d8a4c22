//! Drives a server of each mode in turns with the same traffic, and measures CPU time, latency and throughput of each.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::disk_syncs::disk_syncs;
use super::load::Load;
use super::options::{DurabilityOptions, TurnsOptions};
use super::turns_report::{ModeCost, TurnsReport};
use crate::process::{Server, ServerOptions, Usage};
use crate::sink::Sink;
use crate::state_folder::{Mode, Pace, StateFolder};
use crate::traffic::{Round, Shape};

/// What a server may still do after its last answer.
const SETTLE: Duration = Duration::from_millis(500);
/// How often the disk is synced before each turn.
const SYNCS: u32 = 50;
/// Turns begin so long after a time at which servers with durable state collect, so that each turn has as many.
const AFTER_COLLECTION: Duration = Duration::from_secs(1);

/// Measures the modes in turns.
pub(super) async fn turns(options: &DurabilityOptions) -> anyhow::Result<TurnsReport> {
    let shape = Shape {
        seed: options.seed,
        services: options.turns.services,
        ..Shape::default()
    };
    let round = Arc::new(Round::new(&shape)?);
    let mut sides = Vec::new();
    for mode in [Mode::None, Mode::Epochs, Mode::Log] {
        sides.push(Side::warmed_up(mode, &round, options).await?);
    }
    let mut syncs = Vec::new();
    for _ in 0..options.turns.repeat {
        for side in &mut sides {
            syncs.extend(disk_syncs(side.folder.path(), SYNCS).await?);
            side.take_turn(&round, &options.turns).await?;
        }
    }
    let costs = sides.into_iter().map(|side| side.cost).collect();
    Ok(TurnsReport::new(costs, &syncs, &options.turns))
}

/// A server of one mode.
struct Side {
    server: Server,
    sink: Sink,
    load: Load,
    cost: ModeCost,
    folder: StateFolder,
}

impl Side {
    /// Series are born, and as many half-edges wait as will.
    async fn warmed_up(mode: Mode, round: &Arc<Round>, options: &DurabilityOptions) -> anyhow::Result<Self> {
        let turns = &options.turns;
        let (folder, sink) = (StateFolder::new(options.folder.as_ref())?, Sink::start().await?);
        let pace = Pace {
            collection_interval: turns.collection_interval,
            epoch_interval: turns.collection_interval,
        };
        let server = ServerOptions {
            wait: Some(turns.turns_wait),
            ..folder.server(&options.server, mode, pace, &sink.url())
        };
        let mut side = Self {
            server: Server::start(&server).await?,
            sink,
            load: Load::new(options.seed),
            cost: ModeCost::new(mode),
            folder,
        };
        let seconds = f64::from(turns.turns_wait) + turns.collection_interval;
        side.load
            .at_rate(&side.server, round, (turns.rate, seconds))
            .await?;
        Ok(side)
    }

    async fn take_turn(&mut self, round: &Arc<Round>, turns: &TurnsOptions) -> anyhow::Result<()> {
        tokio::time::sleep(until_after_collection(turns.collection_interval)).await;
        let epochs_before = self.epochs().await?;
        let before = Usage::of(self.server.pid())?;
        let seconds = turns.collection_interval * f64::from(turns.collections);
        let sent = self
            .load
            .at_rate(&self.server, round, (turns.rate, seconds))
            .await?;
        let metrics = self.server.own_metrics().await?;
        tokio::time::sleep(SETTLE).await;
        let used = Usage::of(self.server.pid())?.since(&before);
        self.cost.note_turn(used.cpu_seconds(), &sent);
        self.cost.epochs += self.epochs().await? - epochs_before;
        self.cost.pending_half_edges = metrics.sum("spangraph_pending_half_edges", &[]);
        self.cost.series = metrics.sum("spangraph_active_series", &[]);
        let full = (turns.full_connections, turns.full_seconds);
        let sent = self.load.full(&self.server, round, full).await?;
        self.cost.spans_per_second.push(sent.spans_per_second());
        // Nobody reads them.
        drop(self.sink.take());
        Ok(())
    }

    async fn epochs(&self) -> anyhow::Result<f64> {
        Ok(self
            .server
            .own_metrics()
            .await?
            .sum("spangraph_epochs_total", &[]))
    }
}

/// How long it is until shortly after the next multiple of the interval.
fn until_after_collection(interval: f64) -> Duration {
    let interval = Duration::try_from_secs_f64(interval).unwrap_or_default();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let since = now.as_nanos().checked_rem(interval.as_nanos()).unwrap_or(0);
    let since = Duration::from_nanos(u64::try_from(since).unwrap_or(0));
    let after = AFTER_COLLECTION.min(interval / 4);
    interval.saturating_sub(since) + after
}
