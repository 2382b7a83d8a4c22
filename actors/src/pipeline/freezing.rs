//! Freezes all actors at one time. What comes too late for its cut is not lost: its samples go with the next one.

use std::sync::Arc;
use std::time::Duration;

use actix_rt::task::JoinHandle;
use actix_rt::time::timeout;
use futures_util::future::join_all;

use super::cuts::Cuts;
use super::epochs::interval_of;
use super::scrape_cuts::DurableSeries;
use crate::aggregator::{FreezeSeries, FrozenSeries, RegistryImage};
use crate::batches::Collected;
use crate::durability::{MissedCut, NoCut, StateImage, TenantCut};
use crate::graph_history::{GraphHistories, GraphHistoryImage};
use crate::matcher::{FreezePairings, FrozenPairings, Matcher};
use crate::supervision::{Mailbox, deliver};
use crate::tenants::{Tenant, Tenants};
use crate::time::{PipelineTime, Stamp};

/// How long the actors may take to freeze once nothing is in flight: they have only ticks and questions to handle.
const PATIENCE: Duration = Duration::from_secs(1);

/// Freezes the actors of a pipeline, one cut after the other.
pub(super) struct Freezing {
    tenants: Arc<Tenants>,
    matchers: Arc<[Mailbox<Matcher>]>,
    graphs: Arc<GraphHistories>,
    /// One that was not over in time.
    late: Option<Late>,
    missed: Vec<MissedCut>,
}

/// When actors are frozen, and who is due for collection then.
#[derive(Clone, Copy)]
pub(super) struct Moment {
    pub(super) stamp: Stamp,
    pub(super) now: PipelineTime,
    pub(super) cuts: Cuts,
    pub(super) is_last: bool,
}

struct Late {
    unix_milliseconds: i64,
    freezing: JoinHandle<Result<FrozenTenants, NoCut>>,
}

/// What all tenants have at a moment, by id.
#[derive(Default)]
pub(super) struct FrozenTenants {
    pub(super) cuts: Vec<TenantCut>,
    pub(super) series: DurableSeries,
}

impl Freezing {
    pub(super) fn new(
        tenants: Arc<Tenants>,
        matchers: Arc<[Mailbox<Matcher>]>,
        graphs: Arc<GraphHistories>,
    ) -> Self {
        Self {
            tenants,
            matchers,
            graphs,
            late: None,
            missed: Vec::new(),
        }
    }

    /// What all tenants have at `moment`, by id. An actor that does not answer in time goes on with it, and is to be
    /// [awaited](Self::await_late) before the next.
    pub(super) async fn freeze(&mut self, moment: Moment) -> Result<FrozenTenants, NoCut> {
        let (tenants, matchers) = (Arc::clone(&self.tenants), Arc::clone(&self.matchers));
        let graphs = Arc::clone(&self.graphs);
        self.late = Some(Late {
            unix_milliseconds: moment.now.unix_milliseconds(),
            freezing: actix_rt::spawn(freeze(tenants, matchers, graphs, moment)),
        });
        let frozen = self.await_frozen().await?;
        Ok(frozen.map(|(_, frozen)| frozen).unwrap_or_default())
    }

    /// What was collected for cuts that were missed.
    pub(super) fn take_missed(&mut self) -> Vec<MissedCut> {
        std::mem::take(&mut self.missed)
    }

    /// Waits until nothing is being frozen any more.
    pub(super) async fn await_late(&mut self) -> Result<(), NoCut> {
        match self.await_frozen().await {
            Ok(late) => self
                .missed
                .extend(late.map(|(unix_milliseconds, late)| MissedCut {
                    unix_milliseconds,
                    tenants: late.cuts,
                })),
            // Nothing of that one is left to wait for.
            Err(_) if self.late.is_none() => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// What is being frozen, when anything is, with its time in milliseconds since the Unix epoch.
    async fn await_frozen(&mut self) -> Result<Option<(i64, FrozenTenants)>, NoCut> {
        let Some(late) = &mut self.late else {
            return Ok(None);
        };
        let frozen = timeout(PATIENCE, &mut late.freezing).await;
        let frozen = frozen.map_err(|_| NoCut::NoAnswer)?;
        let unix_milliseconds = late.unix_milliseconds;
        self.late = None;
        Ok(Some((unix_milliseconds, frozen.map_err(|_| NoCut::NoAnswer)??)))
    }
}

/// Matchers first, so that what they hand on is in the aggregators' mailboxes before these are asked.
async fn freeze(
    tenants: Arc<Tenants>,
    matchers: Arc<[Mailbox<Matcher>]>,
    graphs: Arc<GraphHistories>,
    moment: Moment,
) -> Result<FrozenTenants, NoCut> {
    let pending = freeze_pairings(&matchers, moment.stamp).await?;
    let tenants = tenants.all();
    let frozen = tenants.iter().map(|tenant| {
        let freeze = FreezeSeries {
            now: moment.stamp,
            is_due: moment.is_last || moment.cuts.is_due(moment.now, interval_of(tenant)),
        };
        deliver(tenant.handles.aggregator.control(), freeze)
    });
    let mut cuts = Vec::with_capacity(tenants.len());
    let mut series = Vec::with_capacity(tenants.len());
    for (tenant, frozen) in tenants.iter().zip(join_all(frozen).await) {
        let FrozenSeries { image, collected } = frozen.map_err(|_| NoCut::NoAnswer)?;
        let image = Arc::new(image);
        series.push((tenant.profile.id.clone(), Arc::clone(&image)));
        let graph = graphs.freeze(&tenant.profile.id, moment.now.unix_milliseconds());
        cuts.push(TenantCut {
            graph,
            ..tenant_cut(tenant, image, collected)
        });
    }
    for (tenant, image) in pending.into_iter().flat_map(|FrozenPairings(images)| images) {
        // They stand by id, as tenants do.
        let place = cuts.binary_search_by(|cut| cut.id.cmp(&tenant));
        if let Some(cut) = place.ok().and_then(|place| cuts.get_mut(place)) {
            cut.pending.push(Box::new(image) as Box<dyn StateImage>);
        }
    }
    let series = DurableSeries { tenants: series };
    Ok(FrozenTenants { cuts, series })
}

async fn freeze_pairings(matchers: &[Mailbox<Matcher>], now: Stamp) -> Result<Vec<FrozenPairings>, NoCut> {
    let frozen = matchers.iter();
    let frozen = frozen.map(|matcher| deliver(matcher.control(), FreezePairings { now }));
    let frozen = join_all(frozen).await.into_iter();
    frozen
        .map(|answer| answer.map_err(|_| NoCut::NoAnswer)?.ok_or(NoCut::EdgesWait))
        .collect()
}

fn tenant_cut(tenant: &Tenant, image: Arc<RegistryImage>, collected: Vec<Arc<Collected>>) -> TenantCut {
    TenantCut {
        id: tenant.profile.id.clone(),
        endpoints: tenant.endpoint_names(),
        collected,
        series: Box::new(image),
        pending: Vec::new(),
        graph: GraphHistoryImage::default(),
    }
}
