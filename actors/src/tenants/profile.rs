//! What of a tenant travels with its data.

use std::sync::Arc;

use spangraph_config::{TenantId, TenantSettings};

/// Whose data it is, and under which settings it was made. It leads to no actor, so data can wait or be kept with it.
#[derive(Debug)]
pub struct TenantProfile {
    /// The tenant's id.
    pub id: TenantId,
    /// Which settings these are: later ones have a larger number, whichever tenant's they are.
    pub generation: u64,
    /// The tenant's effective settings, as long as this generation lives.
    pub settings: Arc<TenantSettings>,
}
