//! The series of a tenant: families of them over shared label sets, and what is remembered of those that ended.

mod family;
mod family_id;
mod family_labels;
mod family_table;
mod moment;
mod series_store;
mod tombstones;

pub use family::{Family, FamilyKind, SeriesHead, Update, Values, add_family};
pub use family_id::FamilyId;
pub use family_labels::bound_texts;
pub use family_table::FamilyTable;
pub use moment::{Moment, Turn};
pub use series_store::{FrozenBooks, SeriesCounts, SeriesStore};
pub use tombstones::Tombstones;
