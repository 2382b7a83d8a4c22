//! All actors that run, for those who look at them together.

use std::sync::{Arc, PoisonError, RwLock, Weak};

use super::meter::ActorMeter;
use super::snapshot::{ActorName, ActorSnapshot};

/// The meters of all actors of the pipeline; clones share them.
///
/// An actor's meter is listed for as long as someone holds it.
#[derive(Clone, Debug, Default)]
pub struct ActorMeters(Arc<RwLock<Vec<Weak<ActorMeter>>>>);

impl ActorMeters {
    /// A new meter of the actor `name`, whose mailbox holds `capacity` messages; 0 when it has no mailbox.
    #[must_use]
    pub fn meter(&self, name: ActorName, capacity: usize) -> Arc<ActorMeter> {
        let meter = ActorMeter::new(name, capacity);
        let mut meters = self.0.write().unwrap_or_else(PoisonError::into_inner);
        meters.retain(|meter| meter.strong_count() > 0);
        meters.push(Arc::downgrade(&meter));
        meter
    }

    /// What every actor has recorded since its start, by role and then by name.
    #[must_use]
    pub fn snapshots(&self) -> Vec<ActorSnapshot> {
        let meters = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let meters = meters.iter().filter_map(Weak::upgrade);
        let mut snapshots: Vec<_> = meters.map(|meter| meter.snapshot()).collect();
        snapshots.sort_by(|left, right| left.name.cmp(&right.name));
        snapshots
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::activity::Role;

    #[test]
    fn actors_are_listed_in_order_while_they_live() {
        let meters = ActorMeters::default();
        let kept = [
            meters.meter(ActorName::new(Role::Aggregator, "a"), 1),
            meters.meter(ActorName::new(Role::Matcher, 10), 1),
            meters.meter(ActorName::new(Role::Matcher, 9), 1),
        ];
        drop(meters.meter(ActorName::new(Role::Ingest, 0), 1));
        let names: Vec<_> = meters
            .snapshots()
            .iter()
            .map(|each| each.name.to_string())
            .collect();
        assert_eq!(names, ["matcher 9", "matcher 10", "aggregator a"]);
        drop(kept);
        assert!(meters.snapshots().is_empty());
    }
}
