//! The series of a tenant: families of them over shared label sets, and what is remembered of those that ended.

mod family;
mod family_id;
mod family_table;
mod moment;
mod series_store;
mod tombstones;

pub use family::{Family, FamilyKind, SeriesHead, Update, Values, add_family, bound_texts};
pub use family_id::FamilyId;
pub use family_table::FamilyTable;
pub use moment::Moment;
#[cfg(test)]
pub use moment::Turn;
pub use series_store::{SeriesCounts, SeriesStore};
pub use tombstones::Tombstones;
