//! All actors that run, for those who look at them together.

use std::sync::{Arc, PoisonError, RwLock, Weak};
use std::time::Instant;

use super::actor_name::ActorName;
use super::description::ActorDescription;
use super::meter::ActorMeter;
use super::stuck::{STUCK_AFTER, StuckActor};

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

    /// The actors that were stuck in a message at `now`, the longest first.
    #[must_use]
    pub fn stuck(&self, now: Instant) -> Vec<StuckActor> {
        let meters = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let stuck = meters.iter().filter_map(|meter| {
            let meter = meter.upgrade()?;
            let under_way = meter.under_way(now)?;
            (under_way > STUCK_AFTER).then(|| StuckActor {
                name: meter.name().clone(),
                under_way,
            })
        });
        let mut stuck: Vec<_> = stuck.collect();
        stuck.sort_by_key(|actor| std::cmp::Reverse(actor.under_way));
        stuck
    }

    /// What every actor has recorded since its start, by role and then by name. Actors of one name are told as one: an
    /// endpoint that comes to lead elsewhere has two writers until the old one has sent everything.
    #[must_use]
    pub fn describe_all(&self) -> Vec<ActorDescription> {
        let meters = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let meters = meters.iter().filter_map(Weak::upgrade);
        let mut descriptions: Vec<_> = meters.map(|meter| meter.describe()).collect();
        descriptions.sort_by(|left, right| left.name.cmp(&right.name));
        descriptions.dedup_by(|next, kept| {
            let is_same = next.name == kept.name;
            if is_same {
                kept.add(next);
            }
            is_same
        });
        descriptions
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

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
            .describe_all()
            .iter()
            .map(|each| each.name.to_string())
            .collect();
        assert_eq!(names, ["matcher 9", "matcher 10", "aggregator a"]);
        drop(kept);
        assert!(meters.describe_all().is_empty());
    }

    #[test]
    fn actors_of_one_name_are_told_as_one() {
        let meters = ActorMeters::default();
        let [old, other, new] = [("a", 2), ("b", 1), ("a", 3)]
            .map(|(index, capacity)| meters.meter(ActorName::new(Role::Writer, index), capacity));
        for meter in [&old, &other, &new] {
            drop(meter.message());
            meter.waited(Duration::from_secs(1));
        }
        assert!(old.take_place() && new.take_place());
        let under_way = new.message();
        let busy = old.describe().busy;
        let descriptions = meters.describe_all();
        let messages: Vec<_> = descriptions
            .iter()
            .map(|each| (each.name.to_string(), each.messages(), each.waits.count()))
            .collect();
        assert_eq!(
            messages,
            [("writer a".to_owned(), 2, 2), ("writer b".to_owned(), 1, 1)]
        );
        let told = descriptions.first().unwrap();
        assert_eq!((told.mailbox.waiting, told.mailbox.capacity), (2, 5));
        assert!(told.under_way.is_some() && told.busy > busy, "{told:?}");
        drop(under_way);
    }

    #[test]
    fn an_actor_is_stuck_from_a_while_after_its_message_began_until_it_ends() {
        let meters = ActorMeters::default();
        let [idle, first, second] =
            [0, 1, 2].map(|index| meters.meter(ActorName::new(Role::Ingest, index), 1));
        let message = first.message();
        let begun = second.message();
        let now = Instant::now();
        assert!(meters.stuck(now).is_empty());
        let stuck = meters.stuck(now + STUCK_AFTER);
        let names: Vec<_> = stuck.iter().map(|actor| actor.name.to_string()).collect();
        assert_eq!(names, ["ingest 1", "ingest 2"]);
        assert_eq!(
            stuck[0].to_string(),
            "actor ingest 1 has handled one message for 5 s"
        );
        drop((message, begun));
        assert!(meters.stuck(now + 2 * STUCK_AFTER).is_empty());
        drop(idle);
    }
}
