//! The labels of one layer, with the keys by which its label sets are found.

use std::ops::Range;

use super::keys::{Forgetting, Keys};
use crate::aggregator::labels::LabelSetId;
use crate::aggregator::limits::{LabelId, LabelLimits};
use crate::aggregator::series::SeriesStore;
use crate::time::TimeShift;

/// The labels that the series of a layer may have, and its keys.
#[derive(Debug)]
pub struct KeyedLabels {
    /// In the order of a key's symbols; of repeated names the last value wins.
    pub names: Vec<String>,
    /// The keys, each of as many symbols.
    pub keys: Keys,
    limited: Vec<LabelId>,
}

impl KeyedLabels {
    /// Labels without keys, whose values `limits` bound.
    pub fn new(names: Vec<String>, limits: &mut LabelLimits) -> Self {
        Self {
            keys: Keys::new(names.len()),
            limited: limits.add(&names),
            names,
        }
    }

    /// Goes on with the keys of `old` when they have the same labels.
    pub fn inherit(&mut self, old: &mut Self) {
        if self.names == old.names {
            std::mem::swap(&mut self.keys, &mut old.keys);
        }
    }

    /// Puts the overflow's in place of `values` of labels that have too many.
    pub fn limit(&self, values: &mut [Option<&str>], store: &mut SeriesStore) {
        store.label_limits.limit(&self.limited, values);
    }

    /// The label set that these values make; see [`SeriesStore::label_set`].
    pub fn make_label_set(&self, values: &[Option<&str>], store: &mut SeriesStore) -> LabelSetId {
        let own = self.names.iter().zip(values);
        store.label_set(own.filter_map(|(name, value)| Some((name.as_str(), (*value)?))))
    }

    /// A walk that forgets the keys that were last used at `oldest` or before, and those whose label set lost its series;
    /// none when there are no such keys.
    pub fn begin_forgetting(&self, oldest: i64, store: &SeriesStore) -> Option<Forgetting> {
        let is_needed = store.has_emptied_sets() || self.keys.may_be_old(oldest);
        is_needed.then(|| Forgetting::of(oldest))
    }

    /// Goes on with `walk` for so many keys; how many were left, when those were fewer: then it is over.
    pub fn forget(&mut self, walk: &mut Forgetting, keys: usize, store: &SeriesStore) -> usize {
        self.keys
            .forget(walk, keys, |label_set| store.has_series(label_set))
    }

    /// Forgets the keys whose label set lost its series, all at once.
    pub fn forget_emptied(&mut self, store: &SeriesStore) {
        if let Some(mut walk) = self.begin_forgetting(i64::MIN, store) {
            self.forget(&mut walk, usize::MAX, store);
            while !self.keys.shrink() {}
        }
    }

    /// Moves the times at which keys were last used.
    pub fn shift(&mut self, by: TimeShift) {
        self.keys.shift(by);
    }

    /// Notes the values of the keys in `rows` that were used after `oldest`, for a new period of the limits on them.
    pub fn see_values(&self, rows: Range<usize>, oldest: i64, limits: &mut LabelLimits) {
        let see = |label, text: &str| limits.see(label, text);
        self.keys.for_each_value(rows, oldest, &self.limited, see);
    }
}
