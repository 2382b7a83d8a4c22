//! What each actor does: its mailbox, its messages, how long they wait and take, and how busy it is.
//!
//! Recording is a few relaxed atomic additions and stores a message. Reading never disturbs the actor.

mod actor_name;
mod description;
mod durations;
mod meter;
mod meters;
mod stuck;
mod turn;

pub use actor_name::{ActorName, Role};
pub use description::{ActorActivity, ActorDescription};
pub use durations::{DurationMeter, Durations};
pub use meter::{ActorMeter, Handling};
pub use meters::ActorMeters;
pub use stuck::{STUCK_AFTER, StuckActor};
pub use turn::{LongestTurns, Turn};
