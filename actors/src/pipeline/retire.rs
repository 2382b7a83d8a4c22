//! Ends the actors of tenants that were removed.

use std::sync::Arc;
use std::time::Duration;

use actix_rt::time::timeout;

use super::reconfigure::drain;
use crate::aggregator::EndAggregator;
use crate::tenants::{Tenant, Tenants};

/// How long an aggregator without series may take to end.
const PATIENCE: Duration = Duration::from_secs(10);

/// Ends the aggregators of tenants that were `removed`, which have no series, and then their writers.
pub(crate) async fn retire(tenants: Arc<Tenants>, removed: Vec<Arc<Tenant>>) {
    let retired = removed.iter().map(|tenant| retire_one(&tenants, tenant));
    futures_util::future::join_all(retired).await;
}

async fn retire_one(tenants: &Arc<Tenants>, tenant: &Tenant) {
    let ended = tenant.aggregator.control().send(EndAggregator);
    if !matches!(timeout(PATIENCE, ended).await, Ok(Ok(()))) {
        tracing::error!(tenant = %tenant.id, "the aggregator of a tenant that is gone does not end");
    }
    for leaving in tenants.leaving_of(tenant) {
        drain(Arc::clone(tenants), leaving).await;
    }
}
