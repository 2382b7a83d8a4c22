//! Finds the rows of a table by their keys, which stay in the table.

use std::hash::{BuildHasher, Hash};

use foldhash::fast::RandomState;
use hashbrown::HashTable;

/// The numbers of a table's rows, found by the hash of their keys.
///
/// It holds no keys: it may be half empty after it grew, and an empty place then costs 5 bytes instead of 5 and a key.
/// Who finds a row reads it anyway. Peers choose the keys, so each index hashes them in a way of its own; a copy hashes as the
/// original does, so that what was found there is found here.
#[derive(Clone, Debug, Default)]
pub struct RowIndex {
    rows: HashTable<u32>,
    hasher: RandomState,
}

/// The hash of a key in one [`RowIndex`].
#[derive(Clone, Copy, Debug)]
pub struct KeyHash(u64);

impl RowIndex {
    /// An index with room for so many rows before it grows.
    pub fn with_capacity(rows: usize) -> Self {
        Self {
            rows: HashTable::with_capacity(rows),
            hasher: RandomState::default(),
        }
    }

    /// The hash of `key`, to find it and to insert it when it is not there.
    #[inline]
    pub fn hash(&self, key: impl Hash) -> KeyHash {
        KeyHash(self.hasher.hash_one(key))
    }

    /// The row whose key has `hash` and of which `has_key` says that the key is the one.
    #[inline]
    pub fn find(&self, hash: KeyHash, has_key: impl Fn(u32) -> bool) -> Option<u32> {
        self.rows.find(hash.0, |row| has_key(*row)).copied()
    }

    /// Adds `row`, whose key has `hash` and is not there yet; `key_of` tells the key of any row that is there.
    #[inline]
    pub fn insert<K: Hash>(&mut self, hash: KeyHash, row: u32, key_of: impl Fn(u32) -> K) {
        let hasher = &self.hasher;
        let rehash = |row: &u32| hasher.hash_one(key_of(*row));
        self.rows.insert_unique(hash.0, row, rehash);
    }

    /// Makes room for so many more rows at once; `key_of` tells the key of any row that is there.
    pub fn reserve<K: Hash>(&mut self, rows: usize, key_of: impl Fn(u32) -> K) {
        let hasher = &self.hasher;
        self.rows.reserve(rows, |row| hasher.hash_one(key_of(*row)));
    }

    /// Removes `row`, whose key has `hash`; whether it was there.
    pub fn remove(&mut self, hash: KeyHash, row: u32) -> bool {
        let entry = self.rows.find_entry(hash.0, |found| *found == row);
        entry.map(hashbrown::hash_table::OccupiedEntry::remove).is_ok()
    }

    /// Notes that what was row `from`, whose key has `hash`, is row `to` now.
    pub fn renumber(&mut self, hash: KeyHash, from: u32, to: u32) {
        if let Some(row) = self.rows.find_mut(hash.0, |found| *found == from) {
            *row = to;
        }
    }

    /// Removes the rows that `keep` does not want.
    pub fn retain(&mut self, keep: impl Fn(u32) -> bool) {
        self.rows.retain(|row| keep(*row));
    }

    /// Removes all rows; keeps the memory.
    pub fn clear(&mut self) {
        self.rows.clear();
    }

    /// The rows, in the order of their keyed hashes.
    pub fn iter(&self) -> impl Iterator<Item = u32> {
        self.rows.iter().copied()
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Gives memory back when less than half of it is used.
    pub fn shrink<K: Hash>(&mut self, key_of: impl Fn(u32) -> K) {
        if self.rows.capacity() > 2 * self.rows.len() + 16 {
            let hasher = &self.hasher;
            self.rows.shrink_to_fit(|row| hasher.hash_one(key_of(*row)));
        }
    }

    /// The bytes that are allocated.
    pub fn memory_bytes(&self) -> usize {
        self.rows.allocation_size()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn rows_are_found_by_the_keys_that_they_have_at_the_time(steps in proptest::collection::vec(any::<(u8, bool)>(), 0..400)) {
            let mut index = RowIndex::default();
            let mut keys: Vec<String> = Vec::new();
            for (number, insert) in steps {
                let key = format!("key-{}", number % 32);
                let hash = index.hash(key.as_str());
                let known = (0_u32..).zip(&keys).find(|(_, known)| **known == key).map(|(row, _)| row);
                prop_assert_eq!(index.find(hash, |row| keys[row as usize] == key), known);
                match known {
                    None if insert => {
                        keys.push(key);
                        let last = u32::try_from(keys.len() - 1).unwrap();
                        index.insert(hash, last, |row| keys[row as usize].as_str());
                    }
                    Some(row) if !insert => {
                        prop_assert!(index.remove(hash, row));
                        let (last, last_key) = (u32::try_from(keys.len() - 1).unwrap(), keys[keys.len() - 1].as_str());
                        index.renumber(index.hash(last_key), last, row);
                        keys.swap_remove(row as usize);
                        index.shrink(|row| keys[row as usize].as_str());
                    }
                    _ => {}
                }
                prop_assert_eq!(index.len(), keys.len());
            }
        }
    }

    #[test]
    fn memory_is_given_back_and_copies_find_what_the_original_finds() {
        let mut index = RowIndex::default();
        (0..5000_u32).for_each(|row| index.insert(index.hash(row), row, |row| row));
        let large = index.memory_bytes();
        index.retain(|row| row < 10);
        index.shrink(|row| row);
        assert!(index.memory_bytes() * 10 < large);
        let copy = index.clone();
        assert_eq!(copy.find(copy.hash(7_u32), |row| row == 7), Some(7));
        assert_eq!(copy.find(copy.hash(11_u32), |row| row == 11), None);
    }
}
