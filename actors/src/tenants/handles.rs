//! What leads to a running tenant's actors and counts.

use super::idle::LastUse;
use crate::admission::IngestionGauge;
use crate::aggregator::Aggregator;
use crate::matcher::PairingBudgets;
use crate::metrics::TenantMetrics;
use crate::supervision::Mailbox;

/// What stays the same for as long as a tenant runs, whatever its settings. It stays with the actors that send.
#[derive(Debug)]
pub struct TenantHandles {
    /// The handles of its metrics.
    pub metrics: TenantMetrics,
    /// What it may still send.
    pub ingestion: IngestionGauge,
    /// The bounds that its matcher shards share.
    pub budgets: PairingBudgets,
    /// The actor that owns its series.
    pub aggregator: Mailbox<Aggregator>,
    /// When it was last used.
    pub(super) used: LastUse,
}
