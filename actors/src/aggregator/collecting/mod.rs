//! How series go out: collections in slices, and the lanes that their samples are encoded into.

mod collection;
mod lanes;

pub use collection::Collection;
pub(in crate::aggregator) use collection::{EndedSeries, FrozenCollection, FrozenSeries, Writing};
pub use lanes::Lanes;
