//! What the actors do, as metrics that are read from their meters at each scrape.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Registry;

use crate::activity::{ActorDescription, ActorMeters, Durations, LongestTurns, Role};

/// Only every second bucket is shown: bounds of 1 µs, 4 µs, 16 µs and so on to 67 s.
const SHOWN: usize = 2;

/// Labels of a metric that each actor has once.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ActorLabels {
    actor: &'static str,
    index: String,
}

/// Labels of a metric that all actors of a role share.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RoleLabels {
    actor: &'static str,
}

/// Labels of a metric that all actors of a role share for each kind of turn.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct TurnLabels {
    actor: &'static str,
    turn: &'static str,
}

/// A metric's name and what it means, as a sentence like those that the registry makes.
#[derive(Clone, Copy)]
struct Described {
    name: &'static str,
    help: &'static str,
}

/// Writes families of metrics, without those that would be empty.
struct Families<'a> {
    encoder: DescriptorEncoder<'a>,
    actors: Vec<ActorDescription>,
}

/// Adds the metrics of the actors to `registry`.
pub(super) fn register(actors: &ActorMeters, registry: &mut Registry) {
    registry.register_collector(Box::new(actors.clone()));
}

impl Collector for ActorMeters {
    fn encode(&self, encoder: DescriptorEncoder) -> Result<(), fmt::Error> {
        let mut families = Families {
            encoder,
            actors: self.describe_all(),
        };
        families.mailboxes()?;
        families.work()?;
        families.longest_turns()?;
        families.durations()
    }
}

impl Families<'_> {
    fn mailboxes(&mut self) -> Result<(), fmt::Error> {
        let length = described("mailbox_length", "Messages that wait in an actor's mailbox.");
        self.each(length, MetricType::Gauge, has_mailbox, |actor, encoder| {
            encoder.encode_gauge(&gauge(actor.mailbox.waiting))
        })?;
        let capacity = described("mailbox_capacity", "Messages that may wait.");
        self.each(capacity, MetricType::Gauge, has_mailbox, |actor, encoder| {
            encoder.encode_gauge(&gauge(actor.mailbox.capacity))
        })
    }

    fn work(&mut self) -> Result<(), fmt::Error> {
        let messages = described("actor_messages", "Messages that an actor has handled.");
        self.each(
            messages,
            MetricType::Counter,
            |_| true,
            |actor, encoder| encoder.encode_counter::<NoLabelSet, _, u64>(&actor.messages(), None),
        )?;
        let busy = described(
            "actor_busy_seconds",
            "Time that an actor has spent on its messages and chores.",
        );
        self.each(
            busy,
            MetricType::Counter,
            |_| true,
            |actor, encoder| encoder.encode_counter::<NoLabelSet, _, u64>(&actor.busy.as_secs_f64(), None),
        )?;
        let current = described(
            "actor_current_message_seconds",
            "How long an actor has been at the message or chore that it handles now, 0 when it handles none.",
        );
        self.each(
            current,
            MetricType::Gauge,
            |_| true,
            |actor, encoder| encoder.encode_gauge(&actor.under_way.unwrap_or_default().as_secs_f64()),
        )
    }

    fn longest_turns(&mut self) -> Result<(), fmt::Error> {
        let longest = Role::ALL.map(|role| (role, longest(&self.actors, role)));
        if longest.iter().all(|(_, turns)| turns.each().next().is_none()) {
            return Ok(());
        }
        let mut family = self.encoder.encode_descriptor(
            "actor_longest_turn_seconds",
            "How long the longest turn of this kind took since the start: an actor that is at one keeps all others on its thread waiting.",
            None,
            MetricType::Gauge,
        )?;
        for (role, turns) in longest {
            for (turn, took) in turns.each() {
                let labels = TurnLabels {
                    actor: role.as_str(),
                    turn: turn.as_str(),
                };
                family.encode_family(&labels)?.encode_gauge(&took.as_secs_f64())?;
            }
        }
        Ok(())
    }

    fn durations(&mut self) -> Result<(), fmt::Error> {
        let wait = described("mailbox_wait_seconds", "How long messages wait.");
        self.by_role(wait, |actor| has_mailbox(actor).then_some(&actor.waits))?;
        let handle = described("actor_handle_seconds", "How long messages take.");
        self.by_role(handle, |actor| Some(&actor.handling))?;
        let late = described("timer_tick_delay_seconds", "How late the timer's ticks come.");
        self.by_role(late, |actor| {
            (actor.name.role == Role::Timer).then_some(&actor.waits)
        })
    }

    fn each(
        &mut self,
        metric: Described,
        kind: MetricType,
        shown: fn(&ActorDescription) -> bool,
        encode: impl Fn(&ActorDescription, &mut MetricEncoder<'_>) -> fmt::Result,
    ) -> Result<(), fmt::Error> {
        if !self.actors.iter().any(shown) {
            return Ok(());
        }
        let mut family = self
            .encoder
            .encode_descriptor(metric.name, metric.help, None, kind)?;
        for actor in self.actors.iter().filter(|actor| shown(actor)) {
            let labels = ActorLabels {
                actor: actor.name.role.as_str(),
                index: actor.name.index.to_string(),
            };
            encode(actor, &mut family.encode_family(&labels)?)?;
        }
        Ok(())
    }

    fn by_role(
        &mut self,
        metric: Described,
        durations: fn(&ActorDescription) -> Option<&Durations>,
    ) -> Result<(), fmt::Error> {
        let roles = Role::ALL.map(|role| (role, sum(&self.actors, role, durations)));
        if roles.iter().all(|(_, sum)| sum.is_none()) {
            return Ok(());
        }
        let kind = MetricType::Histogram;
        let mut family = self
            .encoder
            .encode_descriptor(metric.name, metric.help, None, kind)?;
        for (role, durations) in roles {
            let Some(durations) = durations else { continue };
            let labels = RoleLabels { actor: role.as_str() };
            let (sum, count) = (durations.total().as_secs_f64(), durations.count());
            family.encode_family(&labels)?.encode_histogram::<NoLabelSet>(
                sum,
                count,
                &shown_buckets(&durations),
                None,
            )?;
        }
        Ok(())
    }
}

fn described(name: &'static str, help: &'static str) -> Described {
    Described { name, help }
}

fn has_mailbox(actor: &ActorDescription) -> bool {
    actor.mailbox.capacity > 0
}

fn gauge(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// The longest turns of all actors of `role`.
fn longest(actors: &[ActorDescription], role: Role) -> LongestTurns {
    let of_role = actors.iter().filter(|actor| actor.name.role == role);
    of_role.fold(LongestTurns::default(), |mut longest, actor| {
        longest.add(&actor.longest);
        longest
    })
}

/// The durations of all actors of `role`; nothing when there is none.
fn sum(
    actors: &[ActorDescription],
    role: Role,
    durations: fn(&ActorDescription) -> Option<&Durations>,
) -> Option<Durations> {
    let of_role = actors.iter().filter(|actor| actor.name.role == role);
    of_role.filter_map(durations).fold(None, |sum, durations| {
        let mut sum: Durations = sum.unwrap_or_default();
        sum.add(durations);
        Some(sum)
    })
}

/// Upper bounds and counts, the buckets between shown bounds added to the next one.
fn shown_buckets(durations: &Durations) -> Vec<(f64, u64)> {
    let (mut shown, mut carried) = (Vec::new(), 0);
    for (position, (bound, count)) in durations.buckets().enumerate() {
        carried += count;
        if bound.is_none() || position % SHOWN == 0 {
            shown.push((bound.unwrap_or(f64::INFINITY), carried));
            carried = 0;
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use prometheus_client::encoding::text::encode;
    use spangraph_test_support::exposition::Scrape;

    use super::*;
    use crate::activity::{ActorName, Turn};

    fn encoded(actors: &ActorMeters) -> String {
        let (mut registry, mut text) = (Registry::default(), String::new());
        register(actors, registry.sub_registry_with_prefix("spangraph"));
        encode(&mut text, &registry).unwrap();
        text
    }

    #[test]
    fn each_actor_has_its_series_and_each_role_its_histograms() {
        let actors = ActorMeters::default();
        let meters = [0, 1].map(|index| actors.meter(ActorName::new(Role::Matcher, index), 8));
        for meter in &meters {
            meter.waited(Duration::from_micros(3));
            drop(meter.message());
        }
        assert!(meters[0].take_place());
        let text = encoded(&actors);
        let expected = r#"
spangraph_mailbox_length{actor="matcher",index="0"} 1
spangraph_mailbox_length{actor="matcher",index="1"} 0
spangraph_mailbox_capacity{actor="matcher",index="0"} 8
spangraph_actor_messages_total{actor="matcher",index="1"} 1
spangraph_actor_current_message_seconds{actor="matcher",index="0"} 0
spangraph_actor_handle_seconds_count{actor="matcher"} 2
spangraph_mailbox_wait_seconds_bucket{actor="matcher",le="0.000001"} 0
spangraph_mailbox_wait_seconds_bucket{actor="matcher",le="0.000004"} 2
spangraph_mailbox_wait_seconds_bucket{actor="matcher",le="+Inf"} 2
"#;
        let expected = Scrape::parse(expected).unwrap();
        let missing = expected.missing_from(&Scrape::parse(&text).unwrap());
        assert!(missing.is_empty(), "{missing:?} in\n{text}");
        assert!(!text.contains("timer"), "{text}");
    }

    #[test]
    fn the_longest_turn_of_all_actors_of_a_role_is_told_by_its_kind() {
        let actors = ActorMeters::default();
        let meters = [0, 1].map(|index| actors.meter(ActorName::new(Role::Aggregator, index), 8));
        for (meter, milliseconds) in meters.iter().zip([2, 1]) {
            let turn = meter.message().of(Turn::Collect);
            while turn.begun().elapsed() < Duration::from_millis(milliseconds) {}
        }
        let page = Scrape::parse(&encoded(&actors)).unwrap();
        let longest = |turn| {
            let labels = [("actor", "aggregator"), ("turn", turn)];
            page.value("spangraph_actor_longest_turn_seconds", &labels)
        };
        assert!(longest("collect").unwrap() >= 0.002);
        assert_eq!(longest("apply"), None);
    }

    #[test]
    fn the_timer_has_no_mailbox_but_delays() {
        let actors = ActorMeters::default();
        let timer = actors.meter(ActorName::new(Role::Timer, 0), 0);
        timer.waited(Duration::from_millis(2));
        let text = encoded(&actors);
        let page = Scrape::parse(&text).unwrap();
        let delays = page.value("spangraph_timer_tick_delay_seconds_count", &[("actor", "timer")]);
        assert_eq!(delays, Some(1.0), "{text}");
        assert!(!text.contains("mailbox"), "{text}");
    }
}
