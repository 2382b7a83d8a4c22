//! How many series and label values a tenant may have, and what is told of those that were turned away.

mod demand;
mod distinct;
mod keyed_hash;
mod label_limits;
mod limit_warnings;
mod series_limits;

pub use demand::TurnedAway;
pub use distinct::{RecentlyDistinct, local_hasher};
pub use keyed_hash::KeyedHash;
#[cfg(test)]
pub use label_limits::OVERFLOW_VALUE;
pub use label_limits::{LabelDemand, LabelId, LabelLimits};
pub use limit_warnings::LimitWarnings;
pub use series_limits::Limits;
