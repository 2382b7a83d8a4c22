//! Label sets in blocks of an epoch.

use std::sync::Arc;

use prost::Message as _;

use super::{LabelSet, LabelSetId, LabelSets, NO_ROW, SHARED_BYTES, bytes_of, lane_of};
use crate::aggregator::durable::{Flaw, LabelSetsRecord};
use crate::aggregator::labels::EncodedLabels;
use crate::aggregator::series::FamilyId;

const EMPTY: u8 = 0;
const USED: u8 = 1;
const OVERFLOW: u8 = 2;

/// The block of these label sets.
pub fn encode(sets: &[LabelSet]) -> Vec<u8> {
    let mut record = LabelSetsRecord::default();
    for set in sets {
        record.labels.extend_from_slice(&set.labels.bytes);
        let length = u32::try_from(set.labels.bytes.len());
        record.lengths.push(length.unwrap_or(u32::MAX));
        let (name_at, bound_at) = set.labels.places();
        record.names_at.push(name_at);
        record.bounds_at.push(bound_at);
        record.uses.push(match (set.is_used, set.is_overflow) {
            (false, _) => EMPTY,
            (true, false) => USED,
            (true, true) => OVERFLOW,
        });
    }
    record.encode_to_vec()
}

impl LabelSets {
    /// Appends the label sets of `block`, none of which has series yet.
    ///
    /// # Errors
    /// When they are none, or do not follow those before.
    pub fn load(&mut self, block: &[u8]) -> Result<(), Flaw> {
        let sets = decode(block)?;
        let first = self.sets.rows();
        for (id, set) in (first..).zip(&sets) {
            self.label_bytes += if set.is_used {
                set.labels.bytes.len() + SHARED_BYTES
            } else {
                let free = u32::try_from(id).map_err(|_| Flaw::Unfit("label sets"))?;
                self.free.push(free);
                0
            };
        }
        if !sets.is_empty() && !self.sets.append_block(sets) {
            return Err(Flaw::OutOfOrder);
        }
        self.rows.resize(self.sets.rows(), NO_ROW);
        self.index_from(first)
    }

    /// Notes that a series of the set `id` is in `row` of `family`.
    ///
    /// # Errors
    /// When there is no such set, or it has one there already.
    pub fn load_row(&mut self, id: LabelSetId, family: FamilyId, row: usize) -> Result<(), Flaw> {
        let is_there = self.sets.get(id.index()).is_some_and(|set| set.is_used);
        if !is_there || self.row(id, family).is_some() {
            return Err(Flaw::Missing("label sets"));
        }
        self.attach(id, family, row);
        Ok(())
    }

    /// All series are noted; sets that have none are to be removed.
    pub fn end_loading(&mut self) {
        let ids = (0..).take(self.sets.rows()).map(LabelSetId);
        let is_bare = |id: &LabelSetId| {
            let set = self.sets.first(id.index());
            set.is_used && set.series == 0
        };
        self.emptied = ids.filter(is_bare).collect();
    }

    fn index_from(&mut self, first: usize) -> Result<(), Flaw> {
        let sets = &self.sets;
        for id in first..sets.rows() {
            let set = sets.first(id);
            let hash = self.index.hash(&*set.labels.bytes);
            let number = u32::try_from(id).map_err(|_| Flaw::Unfit("label sets"))?;
            let same = |id| bytes_of(sets, id) == &*set.labels.bytes;
            if set.is_used && self.index.find(hash, same).is_some() {
                return Err(Flaw::Unfit("label sets"));
            }
            if set.is_used {
                self.index.insert(hash, number, |id| bytes_of(sets, id));
            }
        }
        Ok(())
    }
}

fn decode(block: &[u8]) -> Result<Vec<LabelSet>, Flaw> {
    let record = LabelSetsRecord::decode(block)?;
    let count = record.lengths.len();
    if [record.names_at.len(), record.bounds_at.len(), record.uses.len()] != [count; 3] {
        return Err(Flaw::Unfit("label sets"));
    }
    let places = record.names_at.iter().zip(&record.bounds_at);
    let parts = record.lengths.iter().zip(places).zip(&record.uses);
    let mut rest = record.labels.as_slice();
    let mut sets = Vec::with_capacity(count);
    for ((length, (name_at, bound_at)), used) in parts {
        let split = rest.split_at_checked(*length as usize);
        let (bytes, behind) = split.ok_or(Flaw::Unfit("labels"))?;
        let labels = EncodedLabels::of_parts(Arc::<[u8]>::from(bytes), *name_at, *bound_at);
        sets.push(LabelSet {
            lane: lane_of(bytes),
            labels: labels.ok_or(Flaw::Unfit("labels"))?,
            is_overflow: *used == OVERFLOW,
            is_used: *used != EMPTY,
            is_new: false,
            series: 0,
        });
        rest = behind;
    }
    Ok(sets)
}
