//! What an actor has done, since its start and between two looks at it.

use std::time::Duration;

use super::actor_name::ActorName;
use super::durations::Durations;
use super::turn::LongestTurns;
use crate::supervision::MailboxLevel;

/// All that an actor has recorded since its start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActorDescription {
    /// Which actor.
    pub name: ActorName,
    /// Its mailbox now; the timer has none, and a capacity of 0.
    pub mailbox: MailboxLevel,
    /// How long messages have waited; for the timer how late its ticks came.
    pub waits: Durations,
    /// How long messages have taken.
    pub handling: Durations,
    /// The time spent on messages and chores, with that under way.
    pub busy: Duration,
    /// How long the message or chore that is handled now has taken so far; `None` when none is.
    pub under_way: Option<Duration>,
    /// The longest turn of each kind.
    pub longest: LongestTurns,
}

/// What an actor did in a window of time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ActorActivity {
    /// Messages handled a second.
    pub messages_per_second: f64,
    /// How long messages waited; for the timer how late its ticks came.
    pub waits: Durations,
    /// How long messages took.
    pub handling: Durations,
    /// The share of the time that it was busy, 0 to 1.
    pub busy_share: f64,
}

impl ActorDescription {
    /// How many messages were handled.
    #[must_use]
    pub fn messages(&self) -> u64 {
        self.handling.count()
    }

    /// Adds what another actor has recorded.
    pub fn add(&mut self, other: &Self) {
        self.mailbox.waiting += other.mailbox.waiting;
        self.mailbox.capacity += other.mailbox.capacity;
        self.waits.add(&other.waits);
        self.handling.add(&other.handling);
        self.busy += other.busy;
        self.under_way = self.under_way.max(other.under_way);
        self.longest.add(&other.longest);
    }

    /// What the actor did in the `elapsed` time since `earlier`, or since its start when it was not there then.
    #[must_use]
    pub fn since(&self, earlier: Option<&Self>, elapsed: Duration) -> ActorActivity {
        let before = |durations: &Durations, earlier: Option<&Durations>| match earlier {
            Some(earlier) => durations.since(earlier),
            None => durations.clone(),
        };
        let handling = before(&self.handling, earlier.map(|earlier| &earlier.handling));
        let busy = self
            .busy
            .saturating_sub(earlier.map_or(Duration::ZERO, |earlier| earlier.busy));
        let seconds = elapsed.as_secs_f64().max(f64::MIN_POSITIVE);
        ActorActivity {
            messages_per_second: if elapsed.is_zero() {
                0.0
            } else {
                handling.count() as f64 / seconds
            },
            waits: before(&self.waits, earlier.map(|earlier| &earlier.waits)),
            handling,
            busy_share: if elapsed.is_zero() {
                0.0
            } else {
                (busy.as_secs_f64() / seconds).min(1.0)
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::activity::{DurationMeter, Role};

    fn description(handled: &[u64]) -> ActorDescription {
        let meter = DurationMeter::default();
        for milliseconds in handled {
            meter.record(Duration::from_millis(*milliseconds));
        }
        ActorDescription {
            name: ActorName::new(Role::Ingest, 0),
            mailbox: MailboxLevel {
                waiting: 0,
                capacity: 1,
            },
            waits: Durations::default(),
            busy: meter.read().total(),
            under_way: None,
            longest: LongestTurns::default(),
            handling: meter.read(),
        }
    }

    #[test]
    fn a_window_has_the_rates_of_what_came_in_it() {
        let (earlier, later) = (description(&[100]), description(&[100, 200, 300]));
        let activity = later.since(Some(&earlier), Duration::from_secs(2));
        assert_eq!(activity.messages_per_second, 1.0);
        assert_eq!(activity.busy_share, 0.25);
        assert!(activity.handling.percentile(50) > Some(Duration::from_millis(130)));
    }

    #[test]
    fn an_actor_that_was_not_there_before_counts_from_its_start() {
        let activity = description(&[100]).since(None, Duration::from_secs(1));
        assert_eq!((activity.messages_per_second, activity.busy_share), (1.0, 0.1));
    }

    #[test]
    fn no_share_is_more_than_all_and_no_time_has_no_rate() {
        let activity = description(&[5_000]).since(None, Duration::from_secs(1));
        assert_eq!(activity.busy_share, 1.0);
        let activity = description(&[5_000]).since(None, Duration::ZERO);
        assert_eq!((activity.messages_per_second, activity.busy_share), (0.0, 0.0));
    }
}
