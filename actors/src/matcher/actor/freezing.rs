//! How what a matcher pairs goes into an epoch, and comes back from one.

use std::sync::Arc;

use actix::prelude::*;
use spangraph_config::TenantId;

use super::{Matcher, TenantPairing, count};
use crate::activity::Turn;
use crate::matcher::{Pairing, PairingImage};
use crate::tenants::{TenantHandles, TenantProfile};
use crate::time::{PipelineTime, Stamp};

/// Asks for the state of all pairings as it is now. Nothing is in flight meanwhile; none when edges wait for room at an
/// aggregator, so that it must be asked again.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "Option<FrozenPairings>")]
pub struct FreezePairings {
    /// The time of the cut.
    pub now: Stamp,
}

/// The pairings of one shard as of a cut, by tenant.
#[derive(Debug)]
pub struct FrozenPairings(pub Vec<(TenantId, PairingImage)>);

/// What an earlier process left to pair of one tenant in one shard.
#[derive(Debug)]
pub struct RestoredPairing {
    /// Whose it is.
    pub tenant: Arc<TenantProfile>,
    /// What leads to the tenant's actors.
    pub handles: Arc<TenantHandles>,
    /// What waits.
    pub pairing: Pairing,
}

impl Matcher {
    /// It with what an earlier process left to pair.
    #[must_use]
    pub fn with_restored(mut self, restored: Vec<RestoredPairing>, now: PipelineTime) -> Self {
        for RestoredPairing {
            tenant,
            handles,
            pairing,
        } in restored
        {
            let mut shard = TenantPairing {
                pairing,
                ..TenantPairing::new(Arc::clone(&tenant), handles, now)
            };
            count(&shard.pairing.take_outcomes(), &shard.handles);
            self.pairings.insert(tenant.id.clone(), shard);
        }
        self
    }
}

impl Handler<FreezePairings> for Matcher {
    type Result = Option<FrozenPairings>;

    fn handle(
        &mut self,
        FreezePairings { now: stamp }: FreezePairings,
        _: &mut Self::Context,
    ) -> Self::Result {
        let _handling = self.meter.message().of(Turn::Freeze);
        let now = self.at(stamp);
        let mut images = Vec::with_capacity(self.pairings.len());
        for (tenant, shard) in &mut self.pairings {
            shard.pairing.expire(now);
            if !shard.hand_on(stamp) {
                return None;
            }
            let settings = &shard.tenant.settings.service_graphs;
            images.push((tenant.clone(), shard.pairing.freeze(self.shard, settings)?));
        }
        Some(FrozenPairings(images))
    }
}
