//! Ends the actors of tenants and endpoints that were removed.

use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_rt::time::timeout;

use super::{LeavingWriter, Tenant, Tenants};
use crate::aggregator::EndAggregator;
use crate::supervision::deliver;
use crate::writer::Drain;

/// How long an aggregator without series may take to end until the log tells of it.
const AGGREGATOR_PATIENCE: Duration = Duration::from_secs(10);

/// How long a writer may take beyond its deadline until the log tells of it.
const WRITER_PATIENCE: Duration = Duration::from_secs(5);

/// Ends the aggregators of tenants that were `removed`, which have no series, and then their writers.
pub(crate) async fn retire(tenants: Arc<Tenants>, removed: Vec<Arc<Tenant>>) {
    let retired = removed.iter().map(|tenant| retire_one(&tenants, tenant));
    futures_util::future::join_all(retired).await;
}

async fn retire_one(tenants: &Arc<Tenants>, tenant: &Tenant) {
    end_aggregator(tenant, AGGREGATOR_PATIENCE).await;
    for leaving in tenants.leaving_of(tenant) {
        drain_writer(Arc::clone(tenants), leaving).await;
    }
}

/// Waits for as long as it takes: an aggregator that nobody holds any more, and that was not asked to end, is taken for dead.
pub(crate) async fn end_aggregator(tenant: &Tenant, patience: Duration) {
    let mut ended = pin!(deliver(tenant.handles.aggregator.control(), EndAggregator));
    if timeout(patience, &mut ended).await.is_err() {
        tracing::error!(tenant = %tenant.profile.id, "the aggregator of a tenant that is gone is slow to end");
        // It may have ended meanwhile.
        let _ = ended.await;
    }
}

/// Lets a writer send what it has, within its deadline; it ends when nobody has its address any more.
pub(crate) async fn drain_writer(tenants: Arc<Tenants>, leaving: LeavingWriter) {
    let deadline = Instant::now() + leaving.deadline;
    let mut drained = pin!(deliver(leaving.writer.control(), Drain { deadline }));
    let in_time = timeout(leaving.deadline + WRITER_PATIENCE, &mut drained).await;
    let drained = match in_time {
        Ok(drained) => drained,
        Err(_) => {
            let tenant = &leaving.tenant;
            tracing::error!(%tenant, "the writer of an endpoint that was removed is slow to end");
            drained.await
        }
    };
    let lost = drained.map_or(0, |drained| drained.unsent.samples);
    if lost > 0 {
        let tenant = &leaving.tenant;
        tracing::error!(%tenant, samples = lost, "an endpoint that was removed did not take all samples in time");
    }
    tenants.has_left(&leaving);
}
