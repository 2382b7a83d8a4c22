//! The label sets of one tenant, each once, and which series each family has of them.

mod durable;

use std::hash::BuildHasher;
use std::sync::Arc;

use foldhash::fast::FixedState;

pub use self::durable::encode as encode_label_sets;
use super::label_set::EncodedLabels;
use crate::aggregator::series::FamilyId;
use crate::batches::LANES;
use crate::tables::{Column, RowIndex};

/// The number of a label set; given to another one after the set was removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LabelSetId(pub(in crate::aggregator) u32);

impl LabelSetId {
    /// The position in a table with one entry a label set.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// One label set that has, or is about to have, series; or the empty place of one that is gone.
#[derive(Clone, Debug, Default)]
pub struct LabelSet {
    /// The labels.
    pub labels: EncodedLabels<Arc<[u8]>>,
    /// The lane of all its series.
    pub lane: u8,
    /// It gathers what limits turn away, so limits do not count it.
    pub is_overflow: bool,
    /// Whether it is there.
    is_used: bool,
    /// No series of it was ever noted.
    is_new: bool,
    series: u16,
}

impl LabelSet {
    /// Whether it is there, and limits count it.
    pub fn is_counted(&self) -> bool {
        self.is_used && !self.is_overflow
    }
}

/// Label sets by number and by their bytes.
#[derive(Debug)]
pub struct LabelSets {
    sets: Column<LabelSet>,
    /// The places of sets that are gone.
    free: Vec<u32>,
    index: RowIndex,
    /// For each set and family the family's row, or [`NO_ROW`].
    rows: Column<u32>,
    /// Sets whose last series is gone.
    emptied: Vec<LabelSetId>,
    label_bytes: usize,
}

const NO_ROW: u32 = u32::MAX;
/// So many places are given back at a time.
const GIVEN_BACK_AT_A_TIME: usize = 32_768;
/// A shared slice is allocated with two counts before its bytes.
const SHARED_BYTES: usize = 2 * size_of::<usize>();

impl LabelSets {
    /// No label sets yet, for `families` families.
    pub fn new(families: usize) -> Self {
        Self {
            sets: Column::new(1),
            free: Vec::new(),
            index: RowIndex::default(),
            rows: Column::new(families),
            emptied: Vec::new(),
            label_bytes: 0,
        }
    }

    /// How many label sets there are.
    pub fn len(&self) -> usize {
        self.sets.rows() - self.free.len()
    }

    /// The set with exactly these labels.
    pub fn find(&self, labels: &[u8]) -> Option<LabelSetId> {
        let same = |id| bytes_of(&self.sets, id) == labels;
        self.index.find(self.index.hash(labels), same).map(LabelSetId)
    }

    /// Adds a set that is not there yet, without series.
    pub fn insert(&mut self, labels: EncodedLabels<Vec<u8>>, is_overflow: bool) -> LabelSetId {
        let hash = self.index.hash(labels.bytes.as_slice());
        let lane = lane_of(&labels.bytes);
        let labels: EncodedLabels<Arc<[u8]>> = labels.map(Arc::from);
        self.label_bytes += labels.bytes.len() + SHARED_BYTES;
        let id = self.place(LabelSet {
            labels,
            lane,
            is_overflow,
            is_used: true,
            is_new: true,
            series: 0,
        });
        let sets = &self.sets;
        self.index.insert(hash, id, |id| bytes_of(sets, id));
        LabelSetId(id)
    }

    /// The set `id`, which must be there.
    ///
    /// A number is had from labels, a key or a series, and the set outlives what leads to it.
    #[inline]
    pub fn get(&self, id: LabelSetId) -> &LabelSet {
        self.sets.first(id.index())
    }

    /// The sets at the places that their numbers say.
    pub fn table(&self) -> &Column<LabelSet> {
        &self.sets
    }

    /// Whether the set has a series.
    pub fn has_series(&self, id: LabelSetId) -> bool {
        self.sets.get(id.index()).is_some_and(|set| set.series > 0)
    }

    /// Whether sets lost their last series, and are still there.
    pub fn has_emptied(&self) -> bool {
        !self.emptied.is_empty()
    }

    /// The sets as [`Self::table`] has them, for ever as they are now.
    pub fn freeze(&mut self) -> Column<LabelSet> {
        self.sets.freeze()
    }

    /// The row of the set's series in `family`.
    #[inline]
    pub fn row(&self, id: LabelSetId, family: FamilyId) -> Option<usize> {
        let row = *self.rows.row(id.index()).get(family.index())?;
        (row != NO_ROW).then_some(row as usize)
    }

    /// The families that the set has series in.
    pub fn families(&self, id: LabelSetId) -> impl Iterator<Item = FamilyId> {
        let rows = FamilyId::all().zip(self.rows.row(id.index()));
        rows.filter(|(_, row)| **row != NO_ROW).map(|(family, _)| family)
    }

    /// Notes a new series of the set.
    pub fn attach(&mut self, id: LabelSetId, family: FamilyId, row: usize) {
        let set = self.sets.first_mut(id.index());
        set.series += 1;
        set.is_new = false;
        self.move_row(id, family, row);
    }

    /// Notes that a series of the set now has another row.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a family has at most one row a label set"
    )]
    pub fn move_row(&mut self, id: LabelSetId, family: FamilyId, row: usize) {
        *row_at(&mut self.rows, id.index(), family) = row as u32;
    }

    /// Notes that a series of the set is gone. The set stays until [`Self::remove_emptied`].
    pub fn detach(&mut self, id: LabelSetId, family: FamilyId) {
        *row_at(&mut self.rows, id.index(), family) = NO_ROW;
        let set = self.sets.first_mut(id.index());
        set.series -= 1;
        if set.series == 0 {
            self.emptied.push(id);
        }
    }

    /// Removes the set `id` when it never had series, as when a limit turned all of them away.
    ///
    /// One that had some stays until [`Self::remove_emptied`], because keys may lead to it.
    pub fn remove_if_new(&mut self, id: LabelSetId) -> Option<LabelSet> {
        let is_new = self.sets.get(id.index()).is_some_and(|set| set.is_new);
        if is_new { self.remove(id) } else { None }
    }

    /// Removes so many of the sets that lost their last series, and hands each to `removed`; how many were left, when those
    /// were fewer.
    pub fn remove_emptied(&mut self, most: usize, mut removed: impl FnMut(LabelSet)) -> usize {
        let going = self.emptied.split_off(self.emptied.len().saturating_sub(most));
        for id in &going {
            let id = *id;
            if !self.has_series(id)
                && let Some(set) = self.remove(id)
            {
                removed(set);
            }
        }
        going.len()
    }

    /// Gives the places behind the last set back, when most places are free, by and by: whether it is done.
    pub fn shrink(&mut self) -> bool {
        let places = self.sets.rows();
        let mut is_done = true;
        if places > 2 * self.len() + 16 {
            let looked_at = (0..places).rev().take(GIVEN_BACK_AT_A_TIME);
            let unused = looked_at.take_while(|id| !self.sets.first(*id).is_used).count();
            is_done = unused < GIVEN_BACK_AT_A_TIME;
            self.give_back(places - unused);
        }
        if self.emptied.is_empty() {
            self.emptied = Vec::new();
        }
        let sets = &self.sets;
        self.index.shrink(|id| bytes_of(sets, id)) && is_done
    }

    /// Gives each family the number that `numbers` has for it, of `families`; those without one have no series left.
    pub fn renumber(&mut self, numbers: &[Option<FamilyId>], families: usize) {
        let mut rows = Column::new(families);
        rows.resize(self.rows.rows(), NO_ROW);
        for set in 0..rows.rows() {
            for (number, row) in numbers.iter().zip(self.rows.row(set)) {
                if let Some(number) = number {
                    *row_at(&mut rows, set, *number) = *row;
                }
            }
        }
        self.rows = rows;
    }

    /// The bytes that are allocated.
    pub fn memory_bytes(&self) -> usize {
        self.sets.memory_bytes()
            + self.free.capacity() * size_of::<u32>()
            + self.index.memory_bytes()
            + self.rows.memory_bytes()
            + self.label_bytes
    }

    /// Puts a set where one is gone, or behind all others, and tells its number.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "4 billion label sets would need over 400 GB first"
    )]
    fn place(&mut self, set: LabelSet) -> u32 {
        if let Some(id) = self.free.pop() {
            *self.sets.first_mut(id as usize) = set;
            return id;
        }
        let id = self.sets.push(set);
        self.rows.resize(id + 1, NO_ROW);
        id as u32
    }

    /// Gives back all places from `used` on, in which there is no set.
    fn give_back(&mut self, used: usize) {
        self.sets.resize(used, LabelSet::default());
        self.rows.resize(used, NO_ROW);
        self.free.retain(|id| (*id as usize) < used);
        self.free.shrink_to(2 * self.free.len());
        self.sets.shrink();
        self.rows.shrink();
    }

    fn remove(&mut self, id: LabelSetId) -> Option<LabelSet> {
        let place = self.sets.get_mut(id.index()).filter(|set| set.is_used)?;
        let set = std::mem::take(place);
        self.index.remove(self.index.hash(&*set.labels.bytes), id.0);
        self.label_bytes -= set.labels.bytes.len() + SHARED_BYTES;
        self.free.push(id.0);
        Some(set)
    }
}

/// The labels of the set `id` of those that the index names.
fn bytes_of(sets: &Column<LabelSet>, id: u32) -> &[u8] {
    &sets.first(id as usize).labels.bytes
}

/// Where the row of `set` in `family` stands.
#[expect(
    clippy::indexing_slicing,
    reason = "`rows` has a place for each family of its store"
)]
fn row_at(rows: &mut Column<u32>, set: usize, family: FamilyId) -> &mut u32 {
    &mut rows.row_mut(set)[family.index()]
}

/// The lane is the same whenever and wherever the labels come again, so its hash has no key.
#[expect(clippy::cast_possible_truncation, reason = "there are fewer than 256 lanes")]
fn lane_of(labels: &[u8]) -> u8 {
    (FixedState::with_seed(0).hash_one(labels) % LANES as u64) as u8
}
