//! The number of a family, by which label sets name it without knowing families.

/// The number of a family in its store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FamilyId(pub(super) u16);

impl FamilyId {
    /// The position in a table with one entry a family.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}
