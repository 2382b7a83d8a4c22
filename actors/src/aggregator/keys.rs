//! Keys: the label values as the pipeline has them, by which a layer finds its label sets.

use std::hash::BuildHasher;

use foldhash::fast::RandomState;
use hashbrown::HashTable;

use super::column::Column;
use super::label_sets::LabelSetId;
use super::symbols::{Symbol, Symbols};

/// Rows of label values and the label set each makes.
///
/// Several keys may make one label set, as when values are cut or overridden.
#[derive(Debug)]
pub struct Keys {
    symbols: Symbols,
    /// One symbol a label, [`Symbol::ABSENT`] where there is none.
    rows: Column<Symbol>,
    targets: Column<Target>,
    index: HashTable<u32>,
    hasher: RandomState,
}

/// Where a key leads.
#[derive(Clone, Copy, Debug)]
struct Target {
    label_set: LabelSetId,
    /// The last use, in milliseconds since the Unix epoch.
    used: i64,
}

impl Keys {
    /// No keys yet; each will have `labels` values.
    pub fn new(labels: usize) -> Self {
        Self {
            symbols: Symbols::default(),
            rows: Column::new(labels),
            targets: Column::new(1),
            index: HashTable::new(),
            hasher: RandomState::default(),
        }
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.targets.rows()
    }

    /// The symbols that the keys consist of.
    pub fn symbols(&self) -> &Symbols {
        &self.symbols
    }

    /// The label set that `key` makes, when it is known; it counts as used now.
    pub fn find(&mut self, key: &[Symbol], now_unix_milliseconds: i64) -> Option<LabelSetId> {
        let same = |row: &u32| self.rows.row(*row as usize) == key;
        let row = *self.index.find(self.hasher.hash_one(key), same)?;
        let target = self.targets.first_mut(row as usize);
        target.used = now_unix_milliseconds;
        Some(target.label_set)
    }

    /// Adds a key that is not known yet; `values` are as many as the key has labels.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "4 billion keys would need over 100 GB first"
    )]
    pub fn insert(&mut self, values: &[Option<&str>], label_set: LabelSetId, now_unix_milliseconds: i64) {
        let row = self.rows.push(Symbol::ABSENT);
        for (symbol, value) in self.rows.row_mut(row).iter_mut().zip(values) {
            *symbol = value.map_or(Symbol::ABSENT, |value| self.symbols.acquire(value));
        }
        self.targets.push(Target {
            label_set,
            used: now_unix_milliseconds,
        });
        let (rows, hasher) = (&self.rows, &self.hasher);
        let hash = hasher.hash_one(rows.row(row));
        self.index
            .insert_unique(hash, row as u32, |row| hasher.hash_one(rows.row(*row as usize)));
    }

    /// Removes the keys that were last used at `oldest` or before, and those whose label set is not `alive`.
    pub fn retain(&mut self, oldest: i64, alive: impl Fn(LabelSetId) -> bool) {
        let mut row = 0;
        while row < self.len() {
            let target = self.targets.first(row);
            if target.used > oldest && alive(target.label_set) {
                row += 1;
            } else {
                self.remove(row);
            }
        }
        self.shrink();
    }

    /// The bytes that are allocated.
    pub fn memory_bytes(&self) -> usize {
        self.rows.memory_bytes()
            + self.targets.memory_bytes()
            + self.index.allocation_size()
            + self.symbols.memory_bytes()
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "rows were counted in 32 bits when they were added"
    )]
    fn remove(&mut self, row: usize) {
        let (hash, last) = (self.hasher.hash_one(self.rows.row(row)), self.len() - 1);
        if let Ok(entry) = self.index.find_entry(hash, |found| *found as usize == row) {
            entry.remove();
        }
        let moved_hash = self.hasher.hash_one(self.rows.row(last));
        if let Some(moved) = self.index.find_mut(moved_hash, |found| *found as usize == last) {
            *moved = row as u32;
        }
        for symbol in self.rows.row(row) {
            self.symbols.release(*symbol);
        }
        self.rows.swap_remove(row);
        self.targets.swap_remove(row);
    }

    fn shrink(&mut self) {
        self.rows.shrink();
        self.targets.shrink();
        self.symbols.shrink();
        if self.index.capacity() > 2 * self.index.len() + 16 {
            let (rows, hasher) = (&self.rows, &self.hasher);
            self.index
                .shrink_to_fit(|row| hasher.hash_one(rows.row(*row as usize)));
        }
    }
}
