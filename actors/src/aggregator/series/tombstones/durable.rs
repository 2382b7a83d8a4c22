//! Tombstones in blocks of an epoch.

use std::sync::Arc;

use prost::Message as _;

use super::Tombstones;
use crate::aggregator::durable::{Flaw, TombstonesRecord};
use crate::aggregator::series::FamilyId;

/// So many are in a block.
const BLOCK_STONES: usize = 1_024;

impl Tombstones {
    /// The blocks, none when there are no tombstones.
    pub fn blocks(&self) -> impl Iterator<Item = Vec<u8>> {
        let mut stones = self.stones.iter().peekable();
        std::iter::from_fn(move || {
            stones.peek()?;
            let mut record = TombstonesRecord::default();
            for stone in stones.by_ref().take(BLOCK_STONES) {
                record.labels.push(stone.labels.to_vec());
                record.families.push(stone.family.0.into());
                record.last_sent_unix_milliseconds.push(stone.last_sent);
            }
            Some(record.encode_to_vec())
        })
    }

    /// How many blocks there are.
    pub fn block_count(&self) -> usize {
        self.stones.len().div_ceil(BLOCK_STONES)
    }

    /// Before when no series is seeded, in milliseconds since the Unix epoch.
    pub fn seeds_from(&self) -> Option<i64> {
        self.seeds_from
    }

    /// Takes in the tombstones of a block, which are of the first so many families.
    ///
    /// # Errors
    /// When they are none.
    pub fn load(&mut self, block: &[u8], families: usize) -> Result<(), Flaw> {
        let record = TombstonesRecord::decode(block)?;
        let count = record.labels.len();
        if [record.families.len(), record.last_sent_unix_milliseconds.len()] != [count; 2] {
            return Err(Flaw::Unfit("tombstones"));
        }
        let parts = record.families.iter().zip(&record.last_sent_unix_milliseconds);
        for (labels, (family, last_sent)) in record.labels.into_iter().zip(parts) {
            let family = u16::try_from(*family).map(FamilyId);
            let family = family.ok().filter(|family| family.index() < families);
            let family = family.ok_or(Flaw::Missing("families"))?;
            self.insert(&Arc::from(labels), family, *last_sent);
        }
        Ok(())
    }
}
