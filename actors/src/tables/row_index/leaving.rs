//! The rows of an index that are on their way into another table, a few at a time.

use hashbrown::HashTable;

/// A table that is emptied place by place. Rows that are still in it are found, renumbered and removed there.
#[derive(Clone, Debug)]
pub(super) struct Leaving {
    rows: HashTable<u32>,
    /// The first place that may have a row.
    next: usize,
}

impl Leaving {
    /// All of `rows`, which get none any more.
    pub(super) fn new(rows: HashTable<u32>) -> Self {
        Self { rows, next: 0 }
    }

    /// Hands the rows of the next so many places to `put`; whether there are none left.
    pub(super) fn take(&mut self, places: usize, mut put: impl FnMut(u32)) -> bool {
        let end = self.next.saturating_add(places).min(self.rows.num_buckets());
        for place in self.next..end {
            if let Ok(entry) = self.rows.get_bucket_entry(place) {
                put(entry.remove().0);
            }
        }
        self.next = end;
        self.rows.is_empty()
    }

    /// The row whose key has `hash` and of which `has_key` says that the key is the one.
    #[cold]
    pub(super) fn find(&self, hash: u64, has_key: &impl Fn(u32) -> bool) -> Option<u32> {
        self.rows.find(hash, |row| has_key(*row)).copied()
    }

    /// Removes `row`, whose key has `hash`; whether it was there.
    #[cold]
    pub(super) fn remove(&mut self, hash: u64, row: u32) -> bool {
        let entry = self.rows.find_entry(hash, |found| *found == row);
        entry.map(hashbrown::hash_table::OccupiedEntry::remove).is_ok()
    }

    /// Notes that what was row `from`, whose key has `hash`, is row `to` now.
    #[cold]
    pub(super) fn renumber(&mut self, hash: u64, from: u32, to: u32) {
        if let Some(row) = self.rows.find_mut(hash, |found| *found == from) {
            *row = to;
        }
    }

    /// Removes the rows that `keep` does not want.
    pub(super) fn retain(&mut self, keep: &impl Fn(u32) -> bool) {
        self.rows.retain(|row| keep(*row));
    }

    /// The rows that are still here.
    pub(super) fn iter(&self) -> impl Iterator<Item = u32> {
        self.rows.iter().copied()
    }

    /// How many those are.
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// The bytes that are allocated.
    pub(super) fn memory_bytes(&self) -> usize {
        self.rows.allocation_size()
    }
}
