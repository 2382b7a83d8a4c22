//! The numbers of a registry's tables. They outlive the process, so they never change.

use crate::aggregator::series::FamilyId;

/// What there is once; of one block.
pub const BOOKS: u32 = 0;
/// Label sets, by their numbers.
pub const LABEL_SETS: u32 = 1;
/// Removed series of the last minute.
pub const TOMBSTONES: u32 = 2;
/// Patterns of span names.
pub const SPAN_NAMES: u32 = 3;
/// The rows of the first family; those of the others follow.
pub const FIRST_ROWS: u32 = 16;

/// The table of the rows of `family`.
pub fn rows_of(family: FamilyId) -> u32 {
    FIRST_ROWS + u32::from(family.0)
}

/// The family whose rows are in `table`.
pub fn family_of(table: u32) -> Option<FamilyId> {
    u16::try_from(table.checked_sub(FIRST_ROWS)?).ok().map(FamilyId)
}
