//! Counts what the keys of one layer consist of, by comparing numbers instead of texts.

use std::hash::BuildHasher;

use foldhash::fast::RandomState;
use foldhash::quality::SeedableRandomState;
use hashbrown::HashMap;

use super::super::bit_set::BitSet;
use crate::aggregator::labels::LabelSetId;
use crate::aggregator::limits::{RecentlyDistinct, local_hasher};
use crate::aggregator::lookup::{KeyTable, Symbol};

/// The distinct values of the labels of one table, and what each service has.
pub struct KeyCount<'r> {
    /// What was counted.
    pub table: KeyTable<'r>,
    /// The distinct label sets.
    pub label_sets: usize,
    /// For each service its series and label sets.
    pub services: HashMap<Symbol, ServiceCount, RandomState>,
    /// For each distinct name its values, by the indices of their symbols.
    pub labels: Vec<(&'r str, BitSet)>,
    places: Vec<Place>,
    without: Vec<RecentlyDistinct>,
    /// One a place of the last key.
    hashes: Vec<u64>,
    hasher: SeedableRandomState,
}

/// What one service has.
#[derive(Clone, Copy, Debug, Default)]
pub struct ServiceCount {
    /// Series.
    pub series: usize,
    /// Label sets.
    pub label_sets: usize,
}

/// One place of a key.
struct Place {
    /// The number of its name.
    label: usize,
    /// Places of the same name whose values come over its own.
    later: Vec<usize>,
}

impl<'r> KeyCount<'r> {
    /// Counts all keys of `table` whose label set is not `seen` yet; `series` tells how many series a set has.
    pub fn of(table: KeyTable<'r>, seen: &mut BitSet, series: impl Fn(LabelSetId) -> usize) -> Self {
        let mut count = Self::empty(table);
        table.keys.for_each(|key, label_set| {
            if seen.insert(label_set.index()) {
                count.label_sets += 1;
                count.see_labels(key);
                count.see_service(key, series(label_set));
                count.see_without();
            }
        });
        count
    }

    /// How many distinct values the label at `place` has.
    pub fn values(&self, place: usize) -> usize {
        let place = self.places.get(place);
        let label = place.and_then(|place| self.labels.get(place.label));
        label.map_or(0, |(_, values)| values.len())
    }

    /// For each dimension how many label sets there would be without it, estimated.
    pub fn label_sets_without(&self) -> impl Iterator<Item = usize> {
        let estimates = self.without.iter().map(RecentlyDistinct::estimate);
        estimates.map(|estimate| estimate.min(self.label_sets))
    }

    fn empty(table: KeyTable<'r>) -> Self {
        let mut labels: Vec<(&str, BitSet)> = Vec::new();
        let places = table.label_names.iter().enumerate().map(|(place, name)| {
            let known = labels.iter().position(|(known, _)| known == name);
            let label = known.unwrap_or(labels.len());
            if known.is_none() {
                labels.push((name, BitSet::default()));
            }
            let later = table.label_names.iter().enumerate().skip(place + 1);
            let later = later.filter(|(_, later)| *later == name);
            Place {
                label,
                later: later.map(|(later, _)| later).collect(),
            }
        });
        Self {
            places: places.collect(),
            labels,
            table,
            label_sets: 0,
            services: HashMap::default(),
            without: table
                .dimensions
                .iter()
                .map(|_| RecentlyDistinct::default())
                .collect(),
            hashes: Vec::new(),
            hasher: local_hasher(),
        }
    }

    fn see_labels(&mut self, key: &[Symbol]) {
        self.hashes.clear();
        for (place, symbol) in self.places.iter().zip(key) {
            let value = place.shown(*symbol, key);
            if let (Some(value), Some((_, values))) = (value, self.labels.get_mut(place.label)) {
                values.insert(value);
            }
            if !self.without.is_empty() {
                let hash = value.map(|value| self.hasher.hash_one((place.label, value)));
                self.hashes.push(hash.unwrap_or(0));
            }
        }
    }

    fn see_service(&mut self, key: &[Symbol], series: usize) {
        let service = Symbol::at(self.table.service, key);
        if service.index().is_some() {
            let count = self.services.entry(service).or_default();
            count.series += series;
            count.label_sets += 1;
        }
    }

    /// A label set's hash is the sum of its labels', so that one label is easily taken out of it.
    fn see_without(&mut self) {
        let whole = self.hashes.iter().copied().fold(0, u64::wrapping_add);
        for (dimension, without) in self.table.dimensions.iter().zip(&mut self.without) {
            let own = self.hashes.get(dimension.place).copied().unwrap_or(0);
            without.see(whole.wrapping_sub(own));
        }
    }
}

impl Place {
    /// The index of the text that stands here, unless it is empty or another one of the same name comes over it.
    fn shown(&self, symbol: Symbol, key: &[Symbol]) -> Option<usize> {
        let is_hidden = self
            .later
            .iter()
            .any(|later| Symbol::at(*later, key) != Symbol::ABSENT);
        symbol.index().filter(|_| !is_hidden)
    }
}
