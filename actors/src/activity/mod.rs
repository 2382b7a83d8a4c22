//! What each actor does: its mailbox, its messages, how long they wait and take, and how busy it is.
//!
//! Recording is a few relaxed atomic additions and stores a message. Reading never disturbs the actor.

mod durations;
mod meter;
mod meters;
mod snapshot;
mod stuck;

pub use durations::{DurationMeter, Durations};
pub use meter::{ActorMeter, Handling};
pub use meters::ActorMeters;
pub use snapshot::{ActorActivity, ActorName, ActorSnapshot, Role};
pub use stuck::{STUCK_AFTER, StuckActor};
