//! Ends the actors of tenants that were removed.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use actix_rt::time::timeout;

use super::reconfigure::drain;
use crate::aggregator::EndAggregator;
use crate::mailbox::deliver;
use crate::tenants::{Tenant, Tenants};

/// How long an aggregator without series may take to end until the log tells of it.
const PATIENCE: Duration = Duration::from_secs(10);

/// Ends the aggregators of tenants that were `removed`, which have no series, and then their writers.
pub(crate) async fn retire(tenants: Arc<Tenants>, removed: Vec<Arc<Tenant>>) {
    let retired = removed.iter().map(|tenant| retire_one(&tenants, tenant));
    futures_util::future::join_all(retired).await;
}

async fn retire_one(tenants: &Arc<Tenants>, tenant: &Tenant) {
    end_aggregator(tenant, PATIENCE).await;
    for leaving in tenants.leaving_of(tenant) {
        drain(Arc::clone(tenants), leaving).await;
    }
}

/// Waits for as long as it takes: an aggregator that nobody holds any more, and that was not asked to end, is taken for dead.
pub(super) async fn end_aggregator(tenant: &Tenant, patience: Duration) {
    let mut ended = pin!(deliver(tenant.aggregator.control(), EndAggregator));
    if timeout(patience, &mut ended).await.is_err() {
        tracing::error!(tenant = %tenant.id, "the aggregator of a tenant that is gone is slow to end");
        // It may have ended meanwhile.
        let _ = ended.await;
    }
}
