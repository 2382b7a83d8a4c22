//! The number of a family, by which label sets name it without knowing families.

/// The number of a family in its store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FamilyId(pub(in crate::aggregator) u16);

impl FamilyId {
    /// The number of the first family.
    pub const FIRST: Self = Self(0);

    /// All numbers, ascending.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..=u16::MAX).map(Self)
    }

    /// The number of the next family, whether or not there is one.
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// The position in a table with one entry a family.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}
