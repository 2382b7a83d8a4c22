//! What became of halves by service and side, and how long they waited for each other.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::duration_histogram::DurationHistogram;
use crate::batches::Side;

/// What can become of a half; each half meets exactly one of the first five, or still waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HalfFate {
    /// Its edge was completed.
    Completed,
    /// Its edge was given up and the other side made up.
    VirtualNode,
    /// Its edge was given up.
    Expired,
    /// It found no room to wait.
    DroppedFull,
    /// A filter policy dropped it or its counterpart.
    DroppedFiltered,
    /// It came after its edge was given up; it is one of the others too.
    Late,
}

/// How many halves met each fate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FateCounts {
    /// Halves whose edge was completed.
    pub completed: u64,
    /// Halves whose other side was made up.
    pub virtual_node: u64,
    /// Halves that were given up.
    pub expired: u64,
    /// Halves that found no room to wait.
    pub dropped_full: u64,
    /// Halves that a filter policy dropped, or whose counterpart it dropped.
    pub dropped_filtered: u64,
    /// Halves that came after their edge was given up; they are counted above too.
    pub late: u64,
}

/// The halves of one service.
///
/// A half is counted under the name that its edge has for that side in the end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ServiceCounts {
    /// Halves of kinds client and producer.
    pub client: FateCounts,
    /// Halves of kinds server and consumer.
    pub server: FateCounts,
}

/// A service and what became of its halves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServicePairing {
    /// The name, which may be empty; `None` for all services together that found no row of their own.
    pub service: Option<Arc<str>>,
    /// What became of its halves.
    pub counts: ServiceCounts,
}

/// What became of all halves within some time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PairingCounts {
    /// The services; of one shard in the order in which they came, merged by name with the rest first.
    pub services: Vec<ServicePairing>,
    /// How long the first half of an edge waited for the second, of edges that have both.
    pub gaps: DurationHistogram,
    /// How long after their edge was given up late halves came.
    pub lateness: DurationHistogram,
}

impl FateCounts {
    /// Counts `halves` that met `fate`.
    #[inline]
    pub fn count(&mut self, fate: HalfFate, halves: u64) {
        *match fate {
            HalfFate::Completed => &mut self.completed,
            HalfFate::VirtualNode => &mut self.virtual_node,
            HalfFate::Expired => &mut self.expired,
            HalfFate::DroppedFull => &mut self.dropped_full,
            HalfFate::DroppedFiltered => &mut self.dropped_filtered,
            HalfFate::Late => &mut self.late,
        } += halves;
    }

    /// All halves that wait no longer.
    #[must_use]
    pub fn settled(&self) -> u64 {
        self.completed + self.virtual_node + self.expired + self.dropped_full + self.dropped_filtered
    }

    /// Adds `other`.
    pub fn add(&mut self, other: &Self) {
        self.combine(other, u64::saturating_add);
    }

    /// What was counted since `earlier`, a copy of these.
    #[must_use]
    pub fn since(mut self, earlier: &Self) -> Self {
        self.combine(earlier, u64::saturating_sub);
        self
    }

    fn combine(&mut self, other: &Self, with: impl Fn(u64, u64) -> u64) {
        self.completed = with(self.completed, other.completed);
        self.virtual_node = with(self.virtual_node, other.virtual_node);
        self.expired = with(self.expired, other.expired);
        self.dropped_full = with(self.dropped_full, other.dropped_full);
        self.dropped_filtered = with(self.dropped_filtered, other.dropped_filtered);
        self.late = with(self.late, other.late);
    }
}

impl ServiceCounts {
    /// The halves on `side`.
    pub fn side_mut(&mut self, side: Side) -> &mut FateCounts {
        match side {
            Side::Client => &mut self.client,
            Side::Server => &mut self.server,
        }
    }

    /// Adds `other`.
    pub fn add(&mut self, other: &Self) {
        self.client.add(&other.client);
        self.server.add(&other.server);
    }

    /// What was counted since `earlier`, a copy of these.
    #[must_use]
    pub fn since(self, earlier: &Self) -> Self {
        Self {
            client: self.client.since(&earlier.client),
            server: self.server.since(&earlier.server),
        }
    }
}

impl PairingCounts {
    /// The halves of all services.
    #[must_use]
    pub fn total(&self) -> ServiceCounts {
        let mut total = ServiceCounts::default();
        for service in &self.services {
            total.add(&service.counts);
        }
        total
    }

    /// What several shards counted, each service once.
    #[must_use]
    pub fn merged(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut services = BTreeMap::<Option<Arc<str>>, ServiceCounts>::new();
        let mut merged = Self::default();
        for part in parts {
            merged.gaps.add(&part.gaps);
            merged.lateness.add(&part.lateness);
            for service in part.services {
                services.entry(service.service).or_default().add(&service.counts);
            }
        }
        merged.services = services
            .into_iter()
            .map(|(service, counts)| ServicePairing { service, counts })
            .collect();
        merged
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(service: Option<&str>, completed: u64) -> PairingCounts {
        let mut counts = ServiceCounts::default();
        counts.client.completed = completed;
        PairingCounts {
            services: vec![ServicePairing {
                service: service.map(Arc::from),
                counts,
            }],
            ..PairingCounts::default()
        }
    }

    #[test]
    fn merging_adds_what_is_of_one_service() {
        let merged = PairingCounts::merged([
            part(Some("shop"), 1),
            part(None, 2),
            part(Some("shop"), 4),
            part(Some(""), 8),
        ]);
        let found: Vec<_> = merged
            .services
            .iter()
            .map(|each| (each.service.as_deref(), each.counts.client.completed))
            .collect();
        assert_eq!(found, [(None, 2), (Some(""), 8), (Some("shop"), 5)]);
        assert_eq!(merged.total().client.settled(), 15);
    }
}
