//! Keys: the label values as the pipeline has them, by which a layer finds its label sets.

use std::ops::Range;

use super::symbols::{Symbol, Symbols};
use crate::aggregator::labels::LabelSetId;
use crate::tables::{Column, RowIndex};
use crate::time::TimeShift;

/// Rows of label values and the label set each makes.
///
/// Several keys may make one label set, as when values are cut or overridden.
#[derive(Debug)]
pub struct Keys {
    symbols: Symbols,
    /// One symbol a label, [`Symbol::ABSENT`] where there is none.
    rows: Column<Symbol>,
    targets: Column<Target>,
    index: RowIndex,
    /// No key was last used before, in milliseconds since the Unix epoch: learnt when all were looked at.
    oldest_use: i64,
}

/// How far a walk over all keys has come that forgets some of them.
///
/// Between its slices keys may be used and added, which it meets too. Only such a walk removes keys: rows move only then.
#[derive(Debug)]
pub struct Forgetting {
    oldest: i64,
    row: usize,
    oldest_use: i64,
}

impl Forgetting {
    /// A walk that forgets the keys that were last used at `oldest` or before.
    pub fn of(oldest: i64) -> Self {
        Self {
            oldest,
            row: 0,
            oldest_use: i64::MAX,
        }
    }
}

/// By so much uses may come later than their stamps say, in milliseconds.
const LATENESS: i64 = 60_000;

/// So many keys for each label set are kept, and [`LEAST_KEYS`] more: as a rule each has one.
const KEYS_OF_LABEL_SET: usize = 4;

/// So few are kept however few label sets there are.
const LEAST_KEYS: usize = 1024;

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
            index: RowIndex::default(),
            oldest_use: i64::MAX,
        }
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.targets.rows()
    }

    /// Whether there are as many keys as are worth keeping for so many label sets.
    ///
    /// Where values are cut short, hidden by external labels or overwritten by others of the same name, one label set
    /// has any number of keys, which no limit on series would bound. A key that is not kept costs only time: its labels
    /// are put together each time it comes.
    pub fn are_full(&self, label_sets: usize) -> bool {
        self.len()
            >= label_sets
                .saturating_mul(KEYS_OF_LABEL_SET)
                .saturating_add(LEAST_KEYS)
    }

    /// The symbols that the keys consist of.
    pub fn symbols(&self) -> &Symbols {
        &self.symbols
    }

    /// The label set that `key` makes, when it is known; it counts as used now.
    pub fn find(&mut self, key: &[Symbol], now_unix_milliseconds: i64) -> Option<LabelSetId> {
        let same = |row| self.rows.row(row as usize) == key;
        let row = self.index.find(self.index.hash(key), same)?;
        let target = self.targets.first_mut(row as usize);
        target.used = now_unix_milliseconds;
        Some(target.label_set)
    }

    /// As [`Self::find`], by texts.
    pub fn find_values(&mut self, values: &[Option<&str>], now_unix_milliseconds: i64) -> Option<LabelSetId> {
        let symbol =
            |value: &Option<&str>| value.map_or(Some(Symbol::ABSENT), |text| self.symbols.find(text));
        let key: Vec<_> = values.iter().map(symbol).collect::<Option<_>>()?;
        self.find(&key, now_unix_milliseconds)
    }

    /// Hands the text of every value of the keys in `rows` that were used after `oldest` to `see`, with the one of `labels`
    /// that it is a value of.
    pub fn for_each_value<L: Copy>(
        &self,
        rows: Range<usize>,
        oldest: i64,
        labels: &[L],
        mut see: impl FnMut(L, &str),
    ) {
        let rows = rows.start..rows.end.min(self.len());
        for row in rows.filter(|row| self.targets.first(*row).used > oldest) {
            for (label, symbol) in labels.iter().zip(self.rows.row(row)) {
                see(*label, self.symbols.text(*symbol));
            }
        }
    }

    /// Hands every key and the label set that it leads to to `see`.
    pub fn for_each(&self, mut see: impl FnMut(&[Symbol], LabelSetId)) {
        for row in 0..self.len() {
            see(self.rows.row(row), self.targets.first(row).label_set);
        }
    }

    /// Adds a key that is not known yet; `values` are as many as the key has labels.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "4 billion keys would need over 100 GB first"
    )]
    pub fn insert(&mut self, values: &[Option<&str>], label_set: LabelSetId, now_unix_milliseconds: i64) {
        let oldest = now_unix_milliseconds.saturating_sub(LATENESS);
        self.oldest_use = self.oldest_use.min(oldest);
        let row = self.rows.push(Symbol::ABSENT);
        for (symbol, value) in self.rows.row_mut(row).iter_mut().zip(values) {
            *symbol = value.map_or(Symbol::ABSENT, |value| self.symbols.acquire(value));
        }
        self.targets.push(Target {
            label_set,
            used: now_unix_milliseconds,
        });
        let rows = &self.rows;
        let hash = self.index.hash(rows.row(row));
        self.index.insert(hash, row as u32, |row| rows.row(row as usize));
    }

    /// Whether keys may have been last used at `oldest` or before.
    pub fn may_be_old(&self, oldest: i64) -> bool {
        self.oldest_use <= oldest
    }

    /// Goes on with a walk that removes keys that are too old, and those whose label set is not `alive`, for so many keys; how
    /// many were left, when those were fewer: then it is over.
    pub fn forget(
        &mut self,
        walk: &mut Forgetting,
        keys: usize,
        alive: impl Fn(LabelSetId) -> bool,
    ) -> usize {
        let met = keys.min(self.len().saturating_sub(walk.row));
        for _ in 0..met {
            let target = self.targets.first(walk.row);
            if target.used > walk.oldest && alive(target.label_set) {
                walk.oldest_use = walk.oldest_use.min(target.used);
                walk.row += 1;
            } else {
                self.remove(walk.row);
            }
        }
        if met < keys {
            self.oldest_use = walk.oldest_use.saturating_sub(LATENESS);
        }
        met
    }

    /// Moves the times at which keys were last used.
    pub fn shift(&mut self, by: TimeShift) {
        by.apply(&mut self.oldest_use);
        for row in 0..self.targets.rows() {
            by.apply(&mut self.targets.first_mut(row).used);
        }
    }

    /// The bytes that are allocated.
    pub fn memory_bytes(&self) -> usize {
        self.rows.memory_bytes()
            + self.targets.memory_bytes()
            + self.index.memory_bytes()
            + self.symbols.memory_bytes()
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "rows were counted in 32 bits when they were added"
    )]
    fn remove(&mut self, row: usize) {
        let last = self.len() - 1;
        self.index.remove(self.index.hash(self.rows.row(row)), row as u32);
        let last_key = self.index.hash(self.rows.row(last));
        self.index.renumber(last_key, last as u32, row as u32);
        for symbol in self.rows.row(row) {
            self.symbols.release(*symbol);
        }
        self.rows.swap_remove(row);
        self.targets.swap_remove(row);
    }

    /// Gives memory back when less than half of it is used, by and by: whether it is done.
    pub fn shrink(&mut self) -> bool {
        self.rows.shrink();
        self.targets.shrink();
        let are_symbols_done = self.symbols.shrink();
        let rows = &self.rows;
        self.index.shrink(|row| rows.row(row as usize)) && are_symbols_done
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    fn retain(keys: &mut Keys, oldest: i64, alive: impl Fn(LabelSetId) -> bool) {
        keys.forget(&mut Forgetting::of(oldest), usize::MAX, alive);
        while !keys.shrink() {}
    }

    fn label_set(number: u8) -> LabelSetId {
        LabelSetId(u32::from(number))
    }

    fn find(keys: &mut Keys, values: [Option<&str>; 2], now: i64) -> Option<LabelSetId> {
        let mut key = [Symbol::ABSENT; 2];
        for (symbol, text) in key.iter_mut().zip(values) {
            if let Some(text) = text {
                *symbol = keys.symbols().find(text)?;
            }
        }
        keys.find(&key, now)
    }

    #[test]
    fn absent_and_empty_values_make_different_keys() {
        let mut keys = Keys::new(2);
        keys.insert(&[Some("a"), None], label_set(1), 0);
        keys.insert(&[Some("a"), Some("")], label_set(2), 0);
        assert_eq!(find(&mut keys, [Some("a"), None], 0), Some(label_set(1)));
        assert_eq!(find(&mut keys, [Some("a"), Some("")], 0), Some(label_set(2)));
        assert_eq!(find(&mut keys, [None, Some("a")], 0), None);
    }

    #[test]
    fn a_key_whose_label_set_died_goes_however_lately_it_was_used() {
        let mut keys = Keys::new(2);
        keys.insert(&[Some("a"), None], label_set(1), 10);
        keys.insert(&[Some("b"), None], label_set(2), 10);
        retain(&mut keys, 5, |id| id != label_set(1));
        assert_eq!((keys.len(), keys.symbols().len()), (1, 1));
        assert_eq!(find(&mut keys, [Some("b"), None], 10), Some(label_set(2)));
    }

    proptest! {
        #[test]
        fn keys_lead_where_a_map_leads_until_they_are_too_old(steps in proptest::collection::vec((0u8..5, 0u8..5), 0..80)) {
            let mut keys = Keys::new(2);
            let mut model: HashMap<[String; 2], (LabelSetId, i64)> = HashMap::new();
            for (now, (first, second)) in (0i64..).zip(steps) {
                let texts = [format!("client-{first}"), format!("server-{second}")];
                let values = [Some(texts[0].as_str()), Some(texts[1].as_str())];
                let found = find(&mut keys, values, now);
                prop_assert_eq!(found, model.get(&texts).map(|entry| entry.0));
                let id = found.unwrap_or(label_set(first * 5 + second));
                if found.is_none() {
                    keys.insert(&values, id, now);
                }
                model.insert(texts, (id, now));
                retain(&mut keys, now - 10, |_| true);
                model.retain(|_, (_, used)| *used > now - 10);
                prop_assert_eq!(keys.len(), model.len());
            }
        }
    }
}
