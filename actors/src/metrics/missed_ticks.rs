//! Counts the ticks for which an actor had no room.

use actix::Message;
use actix::prelude::SendError;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

use crate::activity::Role;

/// The ticks that found no room, by the role of the actor that had none; clones share them.
#[derive(Clone, Debug)]
pub struct MissedTicks(Family<RoleLabels, Counter>);

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RoleLabels {
    actor: &'static str,
}

/// Whom the timer tells.
const TOLD: [Role; 3] = [Role::Ingest, Role::Matcher, Role::Aggregator];

impl MissedTicks {
    /// Adds the counters to `registry`.
    pub fn register(&self, registry: &mut Registry) {
        let help = "Ticks of the timer that found no room in a mailbox, and were made up for later";
        registry.register("timer_ticks_missed", help, self.0.clone());
    }

    /// Counts a tick that found no room at an actor of `role`; whether it need not be sent again. One whose actor has ended
    /// need not.
    pub(crate) fn note<M: Message>(&self, role: Role, sent: Result<(), SendError<M>>) -> bool {
        let is_missed = matches!(sent, Err(SendError::Full(_)));
        if is_missed {
            self.of(role).inc();
        }
        !is_missed
    }

    fn of(&self, role: Role) -> Counter {
        self.0.get_or_create_owned(&RoleLabels { actor: role.as_str() })
    }
}

impl Default for MissedTicks {
    /// All at 0, so that an alert sees the first one.
    fn default() -> Self {
        let missed = Self(Family::default());
        TOLD.iter().for_each(|role| _ = missed.of(*role));
        missed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matcher::Expire;
    use crate::time::PipelineTime;

    fn tick() -> Expire {
        let now = PipelineTime::default().into();
        Expire { now }
    }

    #[test]
    fn only_a_tick_that_found_no_room_is_counted_and_owed() {
        let missed = MissedTicks::default();
        assert!(missed.note(Role::Matcher, Ok::<_, SendError<Expire>>(())));
        assert!(missed.note(Role::Matcher, Err(SendError::Closed(tick()))));
        assert!(!missed.note(Role::Matcher, Err(SendError::Full(tick()))));
        assert_eq!(missed.of(Role::Matcher).get(), 1);
        assert_eq!(missed.of(Role::Aggregator).get(), 0);
    }
}
