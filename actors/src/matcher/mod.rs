//! Pairs half-edges into edges: the pending tables, and the actor that owns them.

mod actor;
mod budget;
mod completion;
mod description;
mod durable;
mod duration_histogram;
mod given_up;
mod interning;
mod ledger;
mod markers;
mod marks;
mod outcomes;
mod pairing;
mod pairing_budgets;
mod pairing_counts;
mod pending_edge;
mod pending_table;
mod row_layout;
mod service_rows;
mod symbols;

#[cfg(test)]
pub use actor::FailForTest;
pub use actor::{
    DescribePairing, DrainMatcher, Drained, Expire, FreezePairings, FrozenPairings, MatchHalves, Matcher,
    RestoredPairing,
};
pub use budget::Budget;
pub use description::{
    AGE_SHARES, PairingDescription, Pending, SAMPLED, ShardPairingDescription, SlackCounts,
};
pub use durable::{BlockFlaw, LoadedPairing, PAIRING_TABLES, PairingBlockError, PairingImage, PairingLoader};
pub use duration_histogram::{DurationBucket, DurationHistogram};
pub use outcomes::Outcomes;
pub use pairing::Pairing;
pub use pairing_budgets::PairingBudgets;
pub use pairing_counts::{FateCounts, PairingCounts, ServiceCounts, ServicePairing};
