//! What waits on the disk as of an epoch: for endpoints that nobody has, and how much of the disk it takes.

use std::collections::BTreeSet;

use spangraph_storage::epochs::{Dropped, EndpointKey};

use super::Keeper;
use crate::durability::cut::{PipelineCut, TenantCut};
use crate::durability::disk_use::DiskReading;

/// Samples of one endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointSamples {
    /// The tenant's id, or its key on the disk when nothing else is known.
    pub tenant: String,
    /// The endpoint.
    pub endpoint: String,
    /// How many.
    pub samples: u64,
}

impl Keeper {
    /// What waits for endpoints that no tenant of `cut` has: nobody sends it, and it goes when it is too old.
    pub(super) fn unclaimed(&self, cut: &PipelineCut) -> Vec<EndpointSamples> {
        let claimed: BTreeSet<_> = cut.tenants.iter().flat_map(TenantCut::endpoint_keys).collect();
        let waiting = self.store.backlogs();
        waiting
            .filter(|(endpoint, _)| !claimed.contains(endpoint))
            .map(|(endpoint, backlog)| self.named(endpoint, backlog.samples))
            .collect()
    }

    /// What was `dropped`, with the names of tenants.
    pub(super) fn named_drops(&self, dropped: &[Dropped]) -> Vec<EndpointSamples> {
        let named = |dropped: &Dropped| self.named(&dropped.endpoint, dropped.backlog.samples);
        dropped.iter().map(named).collect()
    }

    pub(super) fn disk_reading(&self) -> DiskReading {
        let queued = self.store.backlogs().map(|(_, backlog)| backlog.bytes);
        DiskReading {
            state: self.store.file_bytes(),
            fullest_queue: queued.max().unwrap_or(0),
            most_queue: self.store.queue_limits().bytes,
            free: self.store.free_bytes().ok(),
        }
    }

    fn named(&self, endpoint: &EndpointKey, samples: u64) -> EndpointSamples {
        EndpointSamples {
            tenant: self.names.name(endpoint.tenant),
            endpoint: endpoint.name.clone(),
            samples,
        }
    }
}
