//! Finds the rows of a table by their keys, which stay in the table.

mod leaving;

use std::hash::{BuildHasher, Hash};

use foldhash::fast::RandomState;
use hashbrown::HashTable;

use self::leaving::Leaving;

/// The numbers of a table's rows, found by the hash of their keys.
///
/// It holds no keys: it may be half empty after it grew, and an empty place then costs 5 bytes instead of 5 and a key.
/// Who finds a row reads it anyway. Peers choose the keys, so each index hashes them in a way of its own; a copy hashes as the
/// original does, so that what was found there is found here.
///
/// To grow, a large index hashes no more than [`MOVED_AT_A_TIME`] keys a row that comes: to hash all at once takes as long as
/// tens of thousands of spans, behind which nobody wants to wait.
#[derive(Clone, Debug, Default)]
pub struct RowIndex {
    rows: HashTable<u32>,
    /// The rows that are still where they were before it last grew or shrank.
    leaving: Option<Box<Leaving>>,
    hasher: RandomState,
}

/// The hash of a key in one [`RowIndex`].
#[derive(Clone, Copy, Debug)]
pub struct KeyHash(u64);

/// So few rows are moved at once.
const AT_ONCE: usize = 7_168;

/// So many places are emptied for each row that comes: so all is moved before the new table is full.
const MOVED_AT_A_TIME: usize = 4;

/// So many places are emptied each time that an index is to shrink.
const MOVED_TO_SHRINK: usize = 4_096;

impl RowIndex {
    /// An index with room for so many rows before it grows.
    pub fn with_capacity(rows: usize) -> Self {
        Self {
            rows: HashTable::with_capacity(rows),
            leaving: None,
            hasher: RandomState::default(),
        }
    }

    /// The hash of `key`, to find it and to insert it when it is not there.
    #[inline]
    pub fn hash(&self, key: impl Hash) -> KeyHash {
        KeyHash(self.hasher.hash_one(key))
    }

    /// The row whose key has `hash` and of which `has_key` says that the key is the one.
    #[inline(always)]
    pub fn find(&self, hash: KeyHash, has_key: impl Fn(u32) -> bool) -> Option<u32> {
        if let Some(row) = self.rows.find(hash.0, |row| has_key(*row)) {
            return Some(*row);
        }
        let leaving = self.leaving.as_ref()?;
        leaving.find(hash.0, &has_key)
    }

    /// Adds `row`, whose key has `hash` and is not there yet; `key_of` tells the key of any row that is there.
    #[inline]
    pub fn insert<K: Hash>(&mut self, hash: KeyHash, row: u32, key_of: impl Fn(u32) -> K) {
        if self.leaving.is_some() || self.rows.len() == self.rows.capacity() {
            self.make_room(&key_of);
        }
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
    #[inline]
    pub fn remove(&mut self, hash: KeyHash, row: u32) -> bool {
        match self.rows.find_entry(hash.0, |found| *found == row) {
            Ok(entry) => {
                entry.remove();
                true
            }
            Err(_) => self
                .leaving
                .as_mut()
                .is_some_and(|leaving| leaving.remove(hash.0, row)),
        }
    }

    /// Notes that what was row `from`, whose key has `hash`, is row `to` now.
    pub fn renumber(&mut self, hash: KeyHash, from: u32, to: u32) {
        if let Some(row) = self.rows.find_mut(hash.0, |found| *found == from) {
            *row = to;
        } else if let Some(leaving) = &mut self.leaving {
            leaving.renumber(hash.0, from, to);
        }
    }

    /// Removes the rows that `keep` does not want.
    pub fn retain(&mut self, keep: impl Fn(u32) -> bool) {
        self.rows.retain(|row| keep(*row));
        if let Some(leaving) = &mut self.leaving {
            leaving.retain(&keep);
        }
    }

    /// Removes all rows; keeps the memory.
    pub fn clear(&mut self) {
        self.rows.clear();
        self.leaving = None;
    }

    /// The rows, in the order of their keyed hashes.
    pub fn iter(&self) -> impl Iterator<Item = u32> {
        let leaving = self.leaving.iter().flat_map(|leaving| leaving.iter());
        self.rows.iter().copied().chain(leaving)
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows.len() + self.leaving.as_ref().map_or(0, |leaving| leaving.len())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Gives memory back when less than half of it is used. A large index needs to be told so again and again: whether it is
    /// done.
    pub fn shrink<K: Hash>(&mut self, key_of: impl Fn(u32) -> K) -> bool {
        if self.leaving.is_none() && self.is_mostly_empty() {
            self.leave_for(self.rows.len());
        }
        let emptiness = if self.len() <= AT_ONCE { 16 } else { 1 };
        self.go_on(MOVED_TO_SHRINK * emptiness, &key_of);
        self.leaving.is_none() && !self.is_mostly_empty()
    }

    /// The bytes that are allocated.
    pub fn memory_bytes(&self) -> usize {
        let leaving = self.leaving.as_ref().map_or(0, |leaving| leaving.memory_bytes());
        self.rows.allocation_size() + leaving
    }

    fn is_mostly_empty(&self) -> bool {
        self.rows.capacity() > 2 * self.rows.len() + 16
    }

    /// Makes room for a row, or goes on with making it.
    #[cold]
    fn make_room<K: Hash>(&mut self, key_of: &impl Fn(u32) -> K) {
        if self.leaving.is_none() {
            let (rows, places) = (self.rows.len(), self.rows.num_buckets());
            if places <= AT_ONCE {
                return;
            }
            // Rows that came and went use places up too, so that it may be full with few.
            self.leave_for((2 * rows).max(places / 2));
        }
        self.go_on(MOVED_AT_A_TIME, key_of);
    }

    /// Begins to move into a table that has room for so many rows.
    fn leave_for(&mut self, capacity: usize) {
        let rows = std::mem::replace(&mut self.rows, HashTable::with_capacity(capacity));
        self.leaving = Some(Box::new(Leaving::new(rows)));
    }

    /// Moves the rows of so many places.
    fn go_on<K: Hash>(&mut self, places: usize, key_of: &impl Fn(u32) -> K) {
        let Some(leaving) = &mut self.leaving else { return };
        let (rows, hasher) = (&mut self.rows, &self.hasher);
        let hash = |row: &u32| hasher.hash_one(key_of(*row));
        let is_over = leaving.take(places, |row| {
            rows.insert_unique(hash(&row), row, hash);
        });
        if is_over {
            self.leaving = None;
        }
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

    /// An index of a table of numbers, which are their own keys.
    #[derive(Default)]
    struct Numbers {
        index: RowIndex,
        /// How many keys were hashed.
        hashed: std::cell::Cell<usize>,
    }

    impl Numbers {
        fn key_of(&self) -> impl Fn(u32) -> u32 {
            |row| {
                self.hashed.set(self.hashed.get() + 1);
                row
            }
        }

        /// Does `step`, and tells how many keys were hashed for it.
        fn hashed_by<T>(&mut self, step: impl FnOnce(&mut RowIndex, &dyn Fn(u32) -> u32) -> T) -> (usize, T) {
            let mut index = std::mem::take(&mut self.index);
            self.hashed.set(0);
            let done = step(&mut index, &self.key_of());
            self.index = index;
            (self.hashed.get(), done)
        }
    }

    const MANY: u32 = 40_000;

    #[test]
    fn a_large_index_hashes_few_keys_for_each_row_that_comes() {
        let mut numbers = Numbers::default();
        let mut longest = 0;
        for row in 0..MANY {
            let (hashed, ()) = numbers.hashed_by(|index, key_of| index.insert(index.hash(row), row, key_of));
            longest = longest.max(hashed);
        }
        assert!(longest <= AT_ONCE, "{longest} keys were hashed in one go");
        let index = &numbers.index;
        let found = |row: u32| index.find(index.hash(row), |at| at == row);
        assert_eq!(index.len(), MANY as usize);
        assert!((0..MANY).all(|row| found(row) == Some(row)) && found(MANY).is_none());
    }

    #[test]
    fn rows_that_come_and_go_in_a_large_index_never_have_all_hashed() {
        let mut numbers = Numbers::default();
        let mut longest = 0;
        for row in 0..30 * MANY {
            let (hashed, ()) = numbers.hashed_by(|index, key_of| {
                index.insert(index.hash(row), row, key_of);
                if let Some(gone) = row.checked_sub(MANY / 10) {
                    assert!(index.remove(index.hash(gone), gone));
                }
            });
            longest = longest.max(hashed);
        }
        assert!(longest <= AT_ONCE, "{longest} keys were hashed in one go");
        assert_eq!(numbers.index.len(), (MANY / 10) as usize);
        assert!(
            numbers.index.memory_bytes() < 1 << 20,
            "{} bytes",
            numbers.index.memory_bytes()
        );
    }

    #[test]
    fn a_large_index_shrinks_by_and_by() {
        let mut numbers = Numbers::default();
        for row in 0..10 * MANY {
            numbers.hashed_by(|index, key_of| index.insert(index.hash(row), row, key_of));
        }
        let large = numbers.index.memory_bytes();
        numbers.index.retain(|row| row < MANY);
        let mut times = 0;
        loop {
            let (hashed, is_done) = numbers.hashed_by(|index, key_of| index.shrink(key_of));
            times += 1;
            assert!(hashed <= MOVED_TO_SHRINK, "{hashed} keys were hashed in one go");
            if is_done {
                break;
            }
        }
        assert!(times > 10 && numbers.index.memory_bytes() * 4 < large);
        let mut rows: Vec<_> = numbers.index.iter().collect();
        rows.sort_unstable();
        assert!(rows.into_iter().eq(0..MANY));
    }

    #[test]
    fn memory_is_given_back_and_copies_find_what_the_original_finds() {
        let mut index = RowIndex::default();
        (0..5000_u32).for_each(|row| index.insert(index.hash(row), row, |row| row));
        let large = index.memory_bytes();
        index.retain(|row| row < 10);
        assert!(index.shrink(|row| row));
        assert!(index.memory_bytes() * 10 < large);
        let copy = index.clone();
        assert_eq!(copy.find(copy.hash(7_u32), |row| row == 7), Some(7));
        assert_eq!(copy.find(copy.hash(11_u32), |row| row == 11), None);
    }
}
