//! Actors that do not come to the end of a message.

use std::fmt;
use std::time::Duration;

use super::actor_name::ActorName;

/// An actor that has handled one message for longer than this is stuck.
///
/// The longest message of a pipeline that is well, a scrape of a million series, takes a fraction of it.
pub const STUCK_AFTER: Duration = Duration::from_secs(5);

/// An actor that has handled one message for longer than [`STUCK_AFTER`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StuckActor {
    /// Which one.
    pub name: ActorName,
    /// How long the message has taken so far.
    pub under_way: Duration,
}

impl fmt::Display for StuckActor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.under_way.as_secs();
        write!(
            formatter,
            "actor {} has handled one message for {seconds} s",
            self.name
        )
    }
}
