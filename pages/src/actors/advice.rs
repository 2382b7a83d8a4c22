//! Which setting to turn when an actor cannot keep up.

use spangraph_actors::activity::Role;

use super::report::ActorReport;
use crate::numbers;

/// From this share of its mailbox on, an actor cannot keep up.
pub const NEARLY_FULL: f64 = 0.8;

/// From this share of the time on, an actor is busy all the time.
pub const BUSY: f64 = 0.9;

/// Later ticks than this show that the machine is short of CPU.
const LATE_SECONDS: f64 = 0.1;

/// What to do about an actor that is stuck.
const STUCK: &str = "No message should take so long, and what comes for this actor waits. /ready answers 503 until it is \
     done. When it does not end, restart the process, which gives up what the actor holds, and report it with the log.";

/// What can be turned for actors of `role`.
#[must_use]
pub fn settings(role: Role) -> &'static str {
    match role {
        Role::Ingest => {
            "More spangraph.ingest.actors when cores are idle; a longer spangraph.ingest.mailbox for short bursts."
        }
        Role::Matcher => {
            "More spangraph.matcher.shards when cores are idle; a longer spangraph.matcher.mailbox for short bursts."
        }
        Role::Aggregator => {
            "There is one a tenant: fewer series, by fewer dimensions or max_active_series; a longer \
             registry.collection_interval; or the tenant's traces spread over several processes. A longer \
             spangraph.aggregator.mailbox helps with short bursts only."
        }
        Role::Writer => {
            "There is one an endpoint: fewer series, a longer registry.collection_interval, or a larger \
             queue_config.max_samples_per_send."
        }
        Role::Timer => {
            "The timer has little to do: when it is late, the machine is short of CPU. Give it more cores."
        }
    }
}

/// What to do about an actor of `role` that stands out.
#[must_use]
pub fn remedy(actor: &ActorReport, role: Role) -> &'static str {
    if actor.is_stuck() { STUCK } else { settings(role) }
}

/// What stands out about `actor`; nothing when it keeps up.
#[must_use]
pub fn conspicuous(actor: &ActorReport) -> Option<String> {
    if let Some(seconds) = actor.current_message_seconds.filter(|_| actor.is_stuck()) {
        let time = numbers::seconds(seconds);
        return Some(format!("it has handled one message for {time}"));
    }
    strained(actor).map(str::to_owned)
}

fn strained(actor: &ActorReport) -> Option<&'static str> {
    if actor.fill() >= NEARLY_FULL {
        Some("its mailbox is nearly full")
    } else if actor.busy_share >= BUSY {
        Some("it is busy nearly all the time")
    } else if actor.role == Role::Timer.as_str()
        && actor.wait_p99_seconds.is_some_and(|late| late > LATE_SECONDS)
    {
        Some("its ticks come late")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::super::report::tests::actor;
    use super::*;

    #[test]
    fn an_actor_that_keeps_up_does_not_stand_out() {
        assert_eq!(conspicuous(&actor(Role::Matcher)), None);
    }

    #[test]
    fn a_full_mailbox_and_a_busy_actor_stand_out() {
        let full = ActorReport {
            mailbox_length: Some(8),
            mailbox_capacity: Some(10),
            ..actor(Role::Matcher)
        };
        assert_eq!(conspicuous(&full).as_deref(), Some("its mailbox is nearly full"));
        let busy = ActorReport {
            busy_share: 0.9,
            ..actor(Role::Matcher)
        };
        assert_eq!(
            conspicuous(&busy).as_deref(),
            Some("it is busy nearly all the time")
        );
    }

    #[test]
    fn an_actor_that_is_stuck_stands_out_for_that_above_all() {
        let at_it_for = |seconds| ActorReport {
            mailbox_length: Some(10),
            mailbox_capacity: Some(10),
            current_message_seconds: Some(seconds),
            ..actor(Role::Matcher)
        };
        let stuck = at_it_for(7.0);
        let told = conspicuous(&stuck).unwrap();
        assert!(told.contains("one message for 7"), "{told}");
        assert!(remedy(&stuck, Role::Matcher).contains("restart"));
        let busy = at_it_for(0.5);
        assert_eq!(conspicuous(&busy).as_deref(), Some("its mailbox is nearly full"));
        assert_eq!(remedy(&busy, Role::Matcher), settings(Role::Matcher));
    }

    #[test]
    fn only_the_timer_may_not_wait() {
        let late = |role| ActorReport {
            wait_p99_seconds: Some(0.2),
            ..actor(role)
        };
        assert_eq!(
            conspicuous(&late(Role::Timer)).as_deref(),
            Some("its ticks come late")
        );
        assert_eq!(conspicuous(&late(Role::Ingest)), None);
    }

    #[test]
    fn each_setting_that_is_named_is_documented() {
        let documentation = include_str!("../../../docs/configuration.md");
        let mut named = 0;
        for role in Role::ALL {
            for key in keys(settings(role)) {
                let is_named = [format!("`{key}`"), format!(".{key}`")]
                    .iter()
                    .any(|written| documentation.contains(written));
                assert!(is_named, "{key} of {role:?}");
                named += 1;
            }
        }
        assert!(named >= Role::ALL.len(), "only {named} settings are named");
    }

    /// The last parts of the words that look like settings: those with a dot or an underscore inside.
    fn keys(text: &str) -> impl Iterator<Item = &str> {
        let words = text
            .split_whitespace()
            .map(|word| word.trim_end_matches(['.', ',', ';']));
        let settings = words.filter(|word| word.contains(['.', '_']));
        settings.filter_map(|setting| setting.rsplit('.').next())
    }
}
