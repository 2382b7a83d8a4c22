//! Pairs half-edges into edges: the pending tables, and the actor that owns them.

mod actor;
mod budget;
mod completion;
mod interning;
mod markers;
mod outcomes;
mod pairing;
mod pending_edge;
mod pending_table;
mod symbols;

#[cfg(test)]
pub use actor::FailForTest;
pub use actor::{DrainMatcher, Drained, Expire, MatchHalves, Matcher};
pub use budget::Budget;
pub use outcomes::Outcomes;
pub use pairing::{Pairing, PairingBudgets};
