//! The series of one tenant: families of them over shared label sets, within limits.

mod durable;

pub use self::durable::FrozenBooks;

use std::sync::Arc;

use spangraph_config::{RegistrySettings, TenantId};

use super::family::{Family, Update};
use super::family_id::FamilyId;
use super::family_table::FamilyTable;
use super::moment::{Moment, Turn};
use super::tombstones::Tombstones;
use crate::aggregator::labels::{EncodedLabels, LabelRules, LabelSetId, LabelSets};
use crate::aggregator::limits::{KeyedHash, LabelLimits, Limits, TurnedAway};
use crate::time::TimeShift;

/// Families of series; layers for service graphs and the like say what the families are and update them.
#[derive(Debug)]
pub struct SeriesStore {
    pub(in crate::aggregator) families: FamilyTable<Family>,
    pub(in crate::aggregator) sets: LabelSets,
    pub(in crate::aggregator) tombstones: Tombstones,
    pub(in crate::aggregator) last_collected: Option<i64>,
    /// The collections, counted.
    pub(in crate::aggregator) turn: Turn,
    /// Nothing of it was frozen yet, or families got other numbers since.
    pub(in crate::aggregator) is_whole: bool,
    pub(in crate::aggregator) trace_id_label_name: Arc<str>,
    /// Whether exemplars are collected; they are there to scrape in any case.
    pub(in crate::aggregator) sends_exemplars: bool,
    /// The limits on label values, which layers apply before they ask for a label set.
    pub(in crate::aggregator) label_limits: LabelLimits,
    stale_milliseconds: i64,
    rules: LabelRules,
    overflow_labels: EncodedLabels<Vec<u8>>,
    limits: Limits,
    counts: SeriesCounts,
    turned_away: TurnedAway,
    /// The hash of the labels that [`Self::label_set`] last led to the overflow, whose updates come next.
    turned_away_hash: u64,
    hash: KeyedHash,
}

/// How many series there are and were; a histogram counts as its buckets, sum and count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SeriesCounts {
    /// Series that exist now, those of the overflow included.
    pub active: usize,
    /// Series that were ever created.
    pub created: u64,
    /// Series that were removed because they were not updated.
    pub removed: u64,
    /// Updates of a counter, gauge or histogram that a limit turned away to the overflow.
    pub limited_updates: u64,
}

impl SeriesStore {
    /// A store of these families, without series.
    pub fn new(
        settings: &RegistrySettings,
        tenant: &TenantId,
        families: FamilyTable<Family>,
        label_limits: LabelLimits,
    ) -> Self {
        let rules = LabelRules::new(settings, tenant);
        let stale_milliseconds = i64::try_from(settings.stale_duration.as_millis()).unwrap_or(i64::MAX);
        Self {
            sets: LabelSets::new(families.len()),
            turned_away: TurnedAway::new(families.len(), stale_milliseconds),
            turned_away_hash: 0,
            hash: KeyedHash::new(),
            families,
            tombstones: Tombstones::default(),
            last_collected: None,
            is_whole: true,
            turn: Turn::default(),
            trace_id_label_name: settings.trace_id_label_name.as_str().into(),
            sends_exemplars: true,
            label_limits,
            stale_milliseconds,
            overflow_labels: rules.encode_overflow(),
            rules,
            limits: Limits::new(settings.limiter),
            counts: SeriesCounts::default(),
        }
    }

    /// Whether label sets look the same as in `other`: same limits of length, same labels added.
    pub(in crate::aggregator) fn labels_as(&self, other: &Self) -> bool {
        self.rules == other.rules
    }

    /// Takes from `old` everything that is not of a family; its label sets and tombstones have the new numbers.
    pub(in crate::aggregator) fn inherit_books(&mut self, old: Self) {
        self.sets = old.sets;
        self.tombstones = old.tombstones;
        self.last_collected = old.last_collected;
        self.turn = old.turn;
        self.limits.inherit(&old.limits);
        self.counts = old.counts;
        self.label_limits.inherit(old.label_limits);
    }

    /// How many series there are and were.
    pub fn counts(&self) -> SeriesCounts {
        self.counts
    }

    /// How many label sets there are.
    pub fn label_sets(&self) -> usize {
        self.sets.len()
    }

    /// How many label sets there would be without a limit: those there are, and an estimate of those turned away.
    pub fn demanded_label_sets(&self) -> usize {
        self.sets.len() + self.turned_away.label_sets()
    }

    /// How many series there would be without a limit: those there are, and an estimate of those turned away.
    pub fn demanded_series(&self) -> usize {
        let rows = self.families.iter().zip(self.turned_away.rows());
        let turned_away: usize = rows.map(|(family, rows)| rows * family.series_per_row()).sum();
        self.counts.active + turned_away
    }

    /// The limit on series or label sets.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The label set of a series whose own labels are `own`, or the overflow when a limit turns it away.
    ///
    /// A new one must get a series, or be given back to [`Self::settle`].
    pub fn label_set<'a>(&mut self, own: impl Iterator<Item = (&'a str, &'a str)>) -> LabelSetId {
        let labels = self.rules.encode(own);
        if let Some(id) = self.sets.find(&labels.bytes) {
            return id;
        }
        if !self.limits.admits_label_set() || labels == self.overflow_labels {
            self.turned_away_hash = self.hash.hash(&labels.bytes);
            self.turned_away.see_label_set(self.turned_away_hash);
            return self.overflow_set();
        }
        self.limits.add_label_set();
        self.sets.insert(labels, false)
    }

    /// Updates the series that `label_set` has in `family`; a new one that a limit turns away is the overflow's.
    #[inline]
    pub fn update(
        &mut self,
        family: FamilyId,
        label_set: LabelSetId,
        update: Update,
        now_unix_milliseconds: i64,
    ) {
        let (row, is_overflow) = match self.sets.row(label_set, family) {
            Some(row) if !self.sets.get(label_set).is_overflow => (row, false),
            _ => {
                let (label_set, row) = self.create_if_new(family, label_set, now_unix_milliseconds);
                (row, self.sets.get(label_set).is_overflow)
            }
        };
        if is_overflow {
            self.counts.limited_updates += 1;
        }
        let moment = self.moment(now_unix_milliseconds);
        self.families[family].update(row, update, moment);
    }

    /// Updates the series in `row`, which must exist and not be the overflow's.
    pub fn update_row(&mut self, family: FamilyId, row: usize, update: Update, now_unix_milliseconds: i64) {
        let moment = self.moment(now_unix_milliseconds);
        self.families[family].update(row, update, moment);
    }

    /// The series that `label_set` has in `family`, which is created if it is new and no limit turns it away:
    /// then it is the overflow's.
    pub fn create_if_new(
        &mut self,
        family: FamilyId,
        label_set: LabelSetId,
        now_unix_milliseconds: i64,
    ) -> (LabelSetId, usize) {
        if self.sets.get(label_set).is_overflow {
            self.turned_away.see_series(family, self.turned_away_hash);
        }
        match self.sets.row(label_set, family) {
            Some(row) => (label_set, row),
            None => self.create(family, label_set, now_unix_milliseconds),
        }
    }

    /// Where further updates of a new label set go: to the overflow when a limit turned all of its series away.
    ///
    /// What is turned away leaves nothing behind, or a flood of it would fill the memory. Only a label set that had series
    /// stays until [`Self::remove_emptied`], as keys may lead to it.
    pub fn settle(&mut self, label_set: LabelSetId) -> LabelSetId {
        if self.has_series(label_set) {
            return label_set;
        }
        let hash = self.hash.hash(&self.sets.get(label_set).labels.bytes);
        self.turned_away.see_label_set(hash);
        if self
            .sets
            .remove_if_new(label_set)
            .is_some_and(|set| !set.is_overflow)
        {
            self.limits.remove_label_set();
        }
        self.overflow_set()
    }

    /// Whether the label set has series.
    pub fn has_series(&self, label_set: LabelSetId) -> bool {
        self.sets.has_series(label_set)
    }

    /// Whether label sets lost their last series, and are still there.
    pub fn has_emptied_sets(&self) -> bool {
        self.sets.has_emptied()
    }

    /// Whether the label set gathers what limits turn away.
    pub fn is_overflow(&self, label_set: LabelSetId) -> bool {
        self.sets.get(label_set).is_overflow
    }

    /// Forgets what was turned away long ago.
    pub fn forget_turned_away(&mut self, now_unix_milliseconds: i64) {
        self.turned_away.forget(now_unix_milliseconds);
    }

    /// Moves the times by which series become stale and periods end. When series were sent is a fact, and stays.
    pub fn shift(&mut self, by: TimeShift) {
        self.families.iter_mut().for_each(|family| family.shift(by));
        self.turned_away.shift(by);
        self.label_limits.shift(by);
    }

    /// Removes so many of the label sets that lost their last series; how many were left, when those were fewer. Keys that lead
    /// to them must be gone by then.
    pub fn remove_emptied(&mut self, most: usize) -> usize {
        let limits = &mut self.limits;
        self.sets.remove_emptied(most, |set| {
            if !set.is_overflow {
                limits.remove_label_set();
            }
        })
    }

    /// Gives memory back, by and by: whether it is done.
    pub fn shrink(&mut self) -> bool {
        self.families.iter_mut().for_each(Family::shrink);
        self.sets.shrink()
    }

    /// The same and [`Self::remove_emptied`], all at once.
    pub fn remove_all_emptied(&mut self) {
        self.remove_emptied(usize::MAX);
        while !self.shrink() {}
    }

    /// The time at or before which the last update of stale series lies, in milliseconds since the Unix epoch.
    pub fn stale_since(&self, now_unix_milliseconds: i64) -> i64 {
        now_unix_milliseconds.saturating_sub(self.stale_milliseconds)
    }

    /// Removes the series in `row`; the last one of its family takes its number. Its label set stays.
    pub(in crate::aggregator) fn remove(&mut self, family: FamilyId, row: usize) {
        let store = &mut self.families[family];
        let label_set = store.heads.first(row).label_set;
        let count = store.series_per_row();
        store.swap_remove(row);
        if row < store.heads.rows() {
            self.sets.move_row(store.heads.first(row).label_set, family, row);
        }
        if !self.sets.get(label_set).is_overflow {
            self.limits.remove_series(count);
        }
        self.sets.detach(label_set, family);
        self.counts.active -= count;
        self.counts.removed += count as u64;
    }

    /// The bytes that are allocated for series and labels.
    pub fn memory_bytes(&self) -> usize {
        self.families.iter().map(Family::memory_bytes).sum::<usize>()
            + self.sets.memory_bytes()
            + self.tombstones.memory_bytes()
            + self.label_limits.memory_bytes()
            + self.turned_away.memory_bytes()
    }

    /// Creates the series that `label_set` does not have yet, unless a limit leads it to the overflow's.
    fn create(
        &mut self,
        family: FamilyId,
        label_set: LabelSetId,
        now_unix_milliseconds: i64,
    ) -> (LabelSetId, usize) {
        let count = self.families[family].series_per_row();
        let mut label_set = label_set;
        if !self.sets.get(label_set).is_overflow {
            if self.limits.admits_series(count) {
                self.limits.add_series(count);
            } else {
                let hash = self.hash.hash(&self.sets.get(label_set).labels.bytes);
                self.turned_away.see_series(family, hash);
                label_set = self.overflow_set();
                if let Some(row) = self.sets.row(label_set, family) {
                    return (label_set, row);
                }
            }
        }
        let moment = self.moment(now_unix_milliseconds);
        let row = self.families[family].push(label_set, moment);
        self.sets.attach(label_set, family, row);
        self.counts.active += count;
        self.counts.created += count as u64;
        (label_set, row)
    }

    #[inline]
    fn moment(&self, unix_milliseconds: i64) -> Moment {
        Moment {
            unix_milliseconds,
            turn: self.turn,
        }
    }

    fn overflow_set(&mut self) -> LabelSetId {
        match self.sets.find(&self.overflow_labels.bytes) {
            Some(id) => id,
            None => self.sets.insert(self.overflow_labels.clone(), true),
        }
    }
}
