//! What grows with the number of actors and tenants, kept every quarter of a minute for windows of about one.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use spangraph_actors::activity::{ActorActivity, ActorDescription};
use spangraph_actors::pipeline::PipelineTotals;
use spangraph_config::TenantId;

/// How often a slice is kept.
const PERIOD: Duration = Duration::from_secs(15);

/// The oldest of so many is 60 s to 75 s old.
const MOST: usize = 5;

/// All actors and tenants at one time, each list sorted by name.
#[derive(Clone, Debug)]
pub struct Slice {
    /// When it was taken.
    pub at: Instant,
    /// What each actor had recorded.
    pub actors: Vec<ActorDescription>,
    /// What each tenant had counted.
    pub tenants: Vec<(TenantId, PipelineTotals)>,
}

/// The slices of the last minute or so, oldest first.
#[derive(Debug, Default)]
pub struct Slices(VecDeque<Slice>);

/// An actor now, and in the window.
#[derive(Clone, Debug)]
pub struct ActorView {
    /// Since its start.
    pub now: ActorDescription,
    /// In the window.
    pub activity: ActorActivity,
}

/// A tenant now, and in the window.
#[derive(Clone, Debug)]
pub struct TenantView {
    /// Which tenant.
    pub id: TenantId,
    /// Since its start.
    pub now: PipelineTotals,
    /// At the begin of the window; all 0 for a tenant that is younger.
    pub before: PipelineTotals,
    /// How long the window is.
    pub elapsed: Duration,
}

impl Slices {
    /// Whether the next slice is to be taken at `now`.
    pub fn is_due(&self, now: Instant) -> bool {
        let last = self.0.back();
        last.is_none_or(|last| now.saturating_duration_since(last.at) >= PERIOD)
    }

    /// Adds a slice and forgets the oldest.
    pub fn push(&mut self, slice: Slice) {
        self.0.push_back(slice);
        while self.0.len() > MOST {
            self.0.pop_front();
        }
    }

    /// `actors` at `now`, with what they did since the oldest slice.
    pub fn actors(&self, actors: Vec<ActorDescription>, now: Instant) -> Vec<ActorView> {
        let view = |actor: ActorDescription| {
            let oldest = self.0.front();
            let earlier = oldest.and_then(|oldest| {
                let position = oldest.actors.binary_search_by(|each| each.name.cmp(&actor.name));
                oldest.actors.get(position.ok()?)
            });
            ActorView {
                activity: actor.since(earlier, self.elapsed(now)),
                now: actor,
            }
        };
        actors.into_iter().map(view).collect()
    }

    /// `tenants` at `now`, with what they had counted in the oldest slice.
    pub fn tenants(&self, tenants: Vec<(TenantId, PipelineTotals)>, now: Instant) -> Vec<TenantView> {
        let view = |(id, totals): (TenantId, PipelineTotals)| {
            let oldest = self.0.front();
            let before = oldest.and_then(|oldest| {
                let position = oldest.tenants.binary_search_by(|(each, _)| each.cmp(&id));
                oldest.tenants.get(position.ok()?)
            });
            TenantView {
                before: before.map(|(_, totals)| *totals).unwrap_or_default(),
                id,
                now: totals,
                elapsed: self.elapsed(now),
            }
        };
        tenants.into_iter().map(view).collect()
    }

    fn elapsed(&self, now: Instant) -> Duration {
        let oldest = self.0.front();
        oldest.map_or(Duration::ZERO, |oldest| now.saturating_duration_since(oldest.at))
    }
}

impl TenantView {
    /// By how much `counter` rose in the window.
    #[must_use]
    pub fn increase(&self, counter: impl Fn(&PipelineTotals) -> u64) -> u64 {
        counter(&self.now).saturating_sub(counter(&self.before))
    }
}

#[cfg(test)]
mod tests {
    use spangraph_actors::activity::{ActorMeters, ActorName, Role};

    use super::*;

    fn totals(spans_received: u64) -> PipelineTotals {
        PipelineTotals {
            spans_received,
            ..PipelineTotals::default()
        }
    }

    fn slice(at: Instant, spans: u64) -> Slice {
        Slice {
            at,
            actors: Vec::new(),
            tenants: vec![(TenantId::single(), totals(spans))],
        }
    }

    fn at(start: Instant, seconds: u64) -> Instant {
        start + Duration::from_secs(seconds)
    }

    #[test]
    fn the_window_begins_a_minute_ago_or_at_the_start() {
        let (mut slices, start) = (Slices::default(), Instant::now());
        for second in 0..=100 {
            if slices.is_due(at(start, second)) {
                slices.push(slice(at(start, second), second));
            }
        }
        let view = |seconds| {
            let tenants = vec![(TenantId::single(), totals(seconds))];
            slices.tenants(tenants, at(start, seconds)).remove(0)
        };
        assert_eq!(view(100).increase(|totals| totals.spans_received), 70);
        assert_eq!(view(104).elapsed, Duration::from_secs(74));
    }

    #[test]
    fn what_is_younger_than_the_window_counts_from_its_start() {
        let (mut slices, start) = (Slices::default(), Instant::now());
        slices.push(slice(start, 5));
        let young = TenantId::parse("young").unwrap();
        let view = slices.tenants(vec![(young, totals(9))], at(start, 3)).remove(0);
        assert_eq!(view.increase(|totals| totals.spans_received), 9);
    }

    #[test]
    fn an_actor_is_compared_with_itself() {
        let (meters, mut slices, start) = (ActorMeters::default(), Slices::default(), Instant::now());
        let [first, second] = [0, 1].map(|index| meters.meter(ActorName::new(Role::Matcher, index), 8));
        drop(first.message());
        let actors = meters.describe_all();
        slices.push(Slice {
            actors,
            ..slice(start, 0)
        });
        (0..10).for_each(|_| drop(second.message()));
        let views = slices.actors(meters.describe_all(), at(start, 10));
        let rates: Vec<_> = views
            .iter()
            .map(|view| view.activity.messages_per_second)
            .collect();
        assert_eq!(rates, [0.0, 1.0]);
        assert_eq!(views[0].now.messages(), 1);
    }
}
