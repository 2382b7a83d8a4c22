//! The tables of tombstones: many small ones, so that none is ever copied, rebuilt or swept for long.

use std::hash::BuildHasher;
use std::sync::Arc;

use foldhash::fast::RandomState;
use hashbrown::HashTable;

use super::Tombstone;
use crate::aggregator::series::FamilyId;

/// How many tables there are once there are tombstones: a million of them are 16,000 in each.
const SHARDS: usize = 64;

/// Tombstones by the hash of labels and family.
///
/// A copy shares each table until either changes it.
#[derive(Clone, Debug, Default)]
pub(super) struct Shards {
    /// None, or [`SHARDS`].
    tables: Vec<Arc<HashTable<Tombstone>>>,
    hasher: RandomState,
}

impl Shards {
    /// Puts `stone` in, in place of one of the same series.
    pub(super) fn insert(&mut self, stone: Tombstone) {
        self.tables.resize_with(SHARDS, Arc::default);
        let hash = self.hash(&stone.labels, stone.family);
        let hasher = &self.hasher;
        let same = |known: &Tombstone| known.family == stone.family && known.labels == stone.labels;
        let rehash = |known: &Tombstone| hasher.hash_one((&*known.labels, known.family));
        if let Some(table) = self.tables.get_mut(shard_of(hash)) {
            Arc::make_mut(table).entry(hash, same, rehash).insert(stone);
        }
    }

    /// The tombstone of a series.
    pub(super) fn find(&self, labels: &[u8], family: FamilyId) -> Option<&Tombstone> {
        if self.tables.is_empty() {
            return None;
        }
        let hash = self.hash(labels, family);
        let same = |stone: &Tombstone| stone.family == family && *stone.labels == *labels;
        self.tables.get(shard_of(hash))?.find(hash, same)
    }

    /// Removes the tombstones of one table that `keep` does not want; tells how many it had, none when there is no such table.
    pub(super) fn retain_in(&mut self, table: usize, keep: impl Fn(&Tombstone) -> bool) -> Option<usize> {
        let table = self.tables.get_mut(table)?;
        let before = table.len();
        if table.iter().all(&keep) {
            return Some(before);
        }
        let table = Arc::make_mut(table);
        table.retain(|stone| keep(stone));
        if table.capacity() > 2 * table.len() + 16 {
            let hasher = &self.hasher;
            table.shrink_to_fit(|stone| hasher.hash_one((&*stone.labels, stone.family)));
        }
        Some(before)
    }

    /// Takes all tombstones out.
    pub(super) fn drain(&mut self) -> Vec<Tombstone> {
        let tables = std::mem::take(&mut self.tables);
        let tables = tables.into_iter().map(Arc::unwrap_or_clone);
        tables.flatten().collect()
    }

    /// Gives the tables back when all are empty.
    pub(super) fn shrink(&mut self) {
        if self.len() == 0 {
            self.tables = Vec::new();
        }
    }

    /// All tombstones.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Tombstone> {
        self.tables.iter().flat_map(|table| table.iter())
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.tables.iter().map(|table| table.len()).sum()
    }

    /// The bytes that are allocated, without labels.
    pub(super) fn memory_bytes(&self) -> usize {
        let tables: usize = self.tables.iter().map(|table| table.allocation_size()).sum();
        tables + self.tables.len() * size_of::<HashTable<Tombstone>>()
    }

    fn hash(&self, labels: &[u8], family: FamilyId) -> u64 {
        self.hasher.hash_one((labels, family))
    }
}

/// By bits in the middle: a table finds its places by those at both ends.
fn shard_of(hash: u64) -> usize {
    usize::try_from(hash >> 32).unwrap_or(0) % SHARDS
}
