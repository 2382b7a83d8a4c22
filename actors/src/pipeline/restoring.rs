//! Goes on with what an earlier process left.

use std::sync::Arc;
use std::time::Duration;

use spangraph_config::{TenantId, TenantSettings};
use spangraph_storage::epochs::StoreError;
use thiserror::Error;
use tokio::sync::Mutex;

use super::epochs::{EpochParts, Epochs};
use super::{DurableParts, PipelineParts, replaying};
use crate::aggregator::{RegistryLoader, RestoreError, RestoredSeries};
use crate::durability::{FoundLog, SpanLogHandle, StateHandle, TenantState};
use crate::graph_history::{GRAPH_READINGS, GraphHistories, HistoryLoader};
use crate::matcher::{LoadedPairing, Pairing, PairingBlockError, PairingLoader, RestoredPairing};
use crate::tenants::Tenants;

/// What an earlier process left cannot be gone on with.
#[derive(Debug, Error)]
pub enum NotRestored {
    /// Series of a tenant.
    #[error("the series of tenant {tenant} cannot be restored: {source}")]
    Series {
        /// Whose.
        tenant: TenantId,
        /// Why.
        #[source]
        source: RestoreError,
    },
    /// Waiting halves of a tenant.
    #[error("the waiting halves of tenant {tenant} cannot be restored: {source}")]
    Pending {
        /// Whose.
        tenant: TenantId,
        /// Why.
        #[source]
        source: PairingBlockError,
    },
    /// A block that could be read when the state was opened.
    #[error("the state of tenant {tenant} cannot be read: {source}")]
    Block {
        /// Whose.
        tenant: TenantId,
        /// Why.
        #[source]
        source: StoreError,
    },
    /// The system has no thread to give.
    #[error("a thread of the state cannot be started: {0}")]
    Thread(#[from] std::io::Error),
}

/// Tables with this number and above are those of matchers.
const FIRST_PENDING_TABLE: u32 = 0x1000_0000;

/// The state on the disk, and what it holds of tenants.
pub(super) struct Durable {
    pub(super) state: StateHandle,
    tenants: Vec<TenantState>,
    /// When the state was cut, in milliseconds since the Unix epoch; none when there was none.
    cut: Option<i64>,
    graphs: GraphHistories,
    interval: Duration,
    log: Option<SpanLogHandle>,
    backlog: Option<replaying::Backlog>,
}

impl Durable {
    /// Starts the thread of the state.
    pub(super) fn start(durable: DurableParts, parts: &PipelineParts) -> Result<Self, NotRestored> {
        let DurableParts {
            mut found,
            interval,
            log,
            max_backfill,
        } = durable;
        if let Some(epoch) = &found.epoch {
            let bytes = found.keeper.store().file_bytes();
            parts.metrics.durability.note_found(epoch, bytes);
        }
        let cut = found.epoch.as_ref().map(|epoch| epoch.cut_unix_milliseconds);
        let lifeline = parts.lifelines.attach("state");
        let backlog = log.as_ref();
        let backlog = backlog.and_then(|log| replaying::Backlog::of(log, max_backfill));
        let log = log.map(|log| start_log(log, parts)).transpose()?;
        Ok(Self {
            state: StateHandle::start(found.keeper, cut, lifeline)?,
            tenants: found.tenants,
            cut,
            graphs: GraphHistories::default(),
            interval,
            log,
            backlog,
        })
    }

    /// The log of requests, and what is to be replayed of it.
    pub(super) fn take_log(&mut self) -> (Option<SpanLogHandle>, Option<replaying::Backlog>) {
        (self.log.take(), self.backlog.take())
    }

    /// The last minute of the graph of each tenant that was restored.
    pub(super) fn take_graphs(&mut self) -> GraphHistories {
        std::mem::take(&mut self.graphs)
    }

    /// Starts the tenants that ran, with their series; what each of `shards` matchers is to begin with. Nothing of a tenant
    /// is held twice for longer than its own start takes.
    pub(super) fn restore(
        &mut self,
        tenants: &Tenants,
        shards: usize,
    ) -> Result<Vec<Vec<RestoredPairing>>, NotRestored> {
        let mut restored: Vec<_> = std::iter::repeat_with(Vec::new).take(shards).collect();
        for left in std::mem::take(&mut self.tenants) {
            let id = left.id.clone();
            let (pairings, graph) = restore_tenant(left, tenants, shards)?;
            if let Some(cut) = self.cut {
                self.graphs.restore(&id, graph.finish(cut));
            }
            for (shard, pairing) in pairings {
                if let Some(pairings) = restored.get_mut(shard) {
                    pairings.push(pairing);
                }
            }
        }
        Ok(restored)
    }

    /// Makes epochs from now on.
    pub(super) fn make_epochs(self, parts: EpochParts) -> Arc<Mutex<Epochs>> {
        let epochs = Epochs::new(parts, self.state, self.interval);
        let epochs = Arc::new(Mutex::new(epochs));
        actix_rt::spawn(Epochs::run(Arc::clone(&epochs)));
        epochs
    }
}

fn start_log(found: FoundLog, parts: &PipelineParts) -> Result<SpanLogHandle, NotRestored> {
    let metrics = parts.metrics.span_log.clone();
    let lifeline = parts.lifelines.attach("span log");
    Ok(SpanLogHandle::start(found, metrics, lifeline)?)
}

/// Starts one tenant with its series, or only to send what waits on the disk; what waits for
/// each of `shards` matchers, and the last minute of its graph.
fn restore_tenant(
    left: TenantState,
    tenants: &Tenants,
    shards: usize,
) -> Result<(Vec<(usize, RestoredPairing)>, HistoryLoader), NotRestored> {
    let id = left.id.clone();
    let settings = tenants.settings_of(&id);
    if !left.has_blocks() {
        tenants.restore(&id, settings, None);
        return Ok((Vec::new(), HistoryLoader::default()));
    }
    let Loaded {
        series,
        pending,
        graph,
    } = load(left, &settings, shards)?;
    let tenant = tenants.restore(&id, Arc::clone(&settings), Some(series));
    let restored = pending.into_iter().enumerate().map(|(shard, loaded)| {
        let budgets = tenant.handles.budgets.clone();
        let restored = RestoredPairing {
            tenant: Arc::clone(&tenant.profile),
            handles: Arc::clone(&tenant.handles),
            pairing: Pairing::restored(&settings.service_graphs, budgets, loaded),
        };
        (shard, restored)
    });
    Ok((restored.collect(), graph))
}

/// What one tenant left.
pub(super) struct Loaded {
    pub(super) series: RestoredSeries,
    /// What waits, for each matcher.
    pub(super) pending: Vec<LoadedPairing>,
    /// The last minute of its service graph.
    pub(super) graph: HistoryLoader,
}

/// Reads what a tenant `left`, block by block, to go on under `settings` with so many `shards`.
pub(super) fn load(
    left: TenantState,
    settings: &TenantSettings,
    shards: usize,
) -> Result<Loaded, NotRestored> {
    let tenant = left.id.clone();
    let mut series = RegistryLoader::new(settings, &tenant);
    let mut pending = PairingLoader::new(&settings.service_graphs, shards);
    let mut graph = HistoryLoader::default();
    for block in left.into_blocks() {
        let (at, bytes) = block.map_err(|source| NotRestored::block(&tenant, source))?;
        if at.table == GRAPH_READINGS {
            graph.read(at, &bytes);
        } else if at.table < FIRST_PENDING_TABLE {
            let read = series.read(at, &bytes);
            read.map_err(|source| NotRestored::series(&tenant, source))?;
        } else {
            let read = pending.read(at, &bytes);
            read.map_err(|source| NotRestored::pending(&tenant, source))?;
        }
    }
    let series = series.finish();
    Ok(Loaded {
        series: series.map_err(|source| NotRestored::series(&tenant, source))?,
        pending: pending.finish(),
        graph,
    })
}

impl NotRestored {
    fn block(tenant: &TenantId, source: StoreError) -> Self {
        let tenant = tenant.clone();
        Self::Block { tenant, source }
    }

    fn series(tenant: &TenantId, source: RestoreError) -> Self {
        let tenant = tenant.clone();
        Self::Series { tenant, source }
    }

    fn pending(tenant: &TenantId, source: PairingBlockError) -> Self {
        let tenant = tenant.clone();
        Self::Pending { tenant, source }
    }
}
