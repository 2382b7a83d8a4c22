//! Pairs half-edges into edges.

mod budget;
mod completion;
mod markers;
mod outcomes;
mod pairing;
mod pending_table;

pub use budget::Budget;
pub use outcomes::Outcomes;
pub use pairing::{Pairing, PairingBudgets};
