//! Tables with one entry for each family of a store.

use std::ops::{Index, IndexMut};

use super::family_id::FamilyId;

/// One entry a family, found by the family's number.
///
/// A table only grows, so each number that it gave stays good. A store under new settings has new tables; numbers of the
/// old one are exchanged by then.
#[derive(Debug)]
pub struct FamilyTable<T>(Vec<T>);

impl<T> FamilyTable<T> {
    /// Adds the entry of another family and tells the family's number; none when there are 2¹⁶ already.
    pub fn push(&mut self, entry: T) -> Option<FamilyId> {
        let id = u16::try_from(self.0.len()).ok().map(FamilyId)?;
        self.0.push(entry);
        Some(id)
    }

    /// How many families there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The entry of a family that may not be there.
    pub fn find(&self, id: FamilyId) -> Option<&T> {
        self.0.get(id.index())
    }

    /// The entry of a family that may not be there, to be changed.
    pub fn find_mut(&mut self, id: FamilyId) -> Option<&mut T> {
        self.0.get_mut(id.index())
    }

    /// The numbers of all families, ascending.
    pub fn ids(&self) -> impl Iterator<Item = FamilyId> + use<T> {
        FamilyId::all().take(self.0.len())
    }

    /// The entries in the order of the families' numbers.
    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        self.0.iter()
    }

    /// The entries in the order of the families' numbers, to be changed.
    pub fn iter_mut(&mut self) -> std::slice::IterMut<'_, T> {
        self.0.iter_mut()
    }
}

impl<T> Default for FamilyTable<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> FromIterator<T> for FamilyTable<T> {
    fn from_iter<I: IntoIterator<Item = T>>(entries: I) -> Self {
        Self(entries.into_iter().collect())
    }
}

impl<T> Index<FamilyId> for FamilyTable<T> {
    type Output = T;

    #[expect(
        clippy::indexing_slicing,
        reason = "the tables of one store have an entry for each number that it gave, and never lose one"
    )]
    fn index(&self, id: FamilyId) -> &T {
        &self.0[id.index()]
    }
}

impl<T> IndexMut<FamilyId> for FamilyTable<T> {
    #[expect(
        clippy::indexing_slicing,
        reason = "the tables of one store have an entry for each number that it gave, and never lose one"
    )]
    fn index_mut(&mut self, id: FamilyId) -> &mut T {
        &mut self.0[id.index()]
    }
}
