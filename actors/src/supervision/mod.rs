//! What keeps actors going: the threads they run on, their bounded mailboxes, and who hears of one that died.

mod arbiter_ring;
pub mod fault;
mod lifeline;
mod mailbox;
mod rest;

pub use arbiter_ring::ArbiterRing;
pub use lifeline::{Death, Lifeline, Lifelines};
pub use mailbox::{Mailbox, MailboxLevel, Queued, Slot, deliver, set_capacity};
pub use rest::rest;
