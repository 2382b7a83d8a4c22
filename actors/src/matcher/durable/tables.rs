//! The numbers of the tables that pairing has in an epoch; they outlive the process.

use std::ops::RangeInclusive;

const FIRST: u32 = 0x1000_0000;

/// How many numbers a shard has, most of them spare.
const NUMBERS_OF_A_SHARD: u32 = 16;

/// The numbers of all tables of pairing.
///
/// Shard `n` has the 16 from `0x1000_0000 + 16 n` on: the first is that of pending edges, the second that of the marks of
/// filtered halves. When a shard has no pairing of a tenant any more, or is no more, the blocks that it had must be
/// removed: else what was in them is loaded with the rest.
pub const PAIRING_TABLES: RangeInclusive<u32> = FIRST..=FIRST + NUMBERS_OF_A_SHARD * 0x1_0000 - 1;

/// What a table of a shard holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PairingTable {
    /// Pending edges.
    Edges,
    /// Marks of filtered halves.
    Marks,
}

impl PairingTable {
    /// Its number in `shard`.
    pub fn number(self, shard: u16) -> u32 {
        FIRST + NUMBERS_OF_A_SHARD * u32::from(shard) + self.offset()
    }

    /// What the table with this number holds; `None` when it is none of pairing's.
    pub fn of(number: u32) -> Option<Self> {
        if !PAIRING_TABLES.contains(&number) {
            return None;
        }
        let offset = (number - FIRST) % NUMBERS_OF_A_SHARD;
        [Self::Edges, Self::Marks]
            .into_iter()
            .find(|table| table.offset() == offset)
    }

    fn offset(self) -> u32 {
        match self {
            Self::Edges => 0,
            Self::Marks => 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_known_by_their_numbers_in_every_shard() {
        for shard in [0, 1, u16::MAX] {
            for table in [PairingTable::Edges, PairingTable::Marks] {
                let number = table.number(shard);
                assert!(PAIRING_TABLES.contains(&number));
                assert_eq!(PairingTable::of(number), Some(table));
            }
        }
        assert_eq!(PairingTable::Marks.number(2), 0x1000_0021);
        assert_eq!(PairingTable::of(0x1000_0002), None);
        assert_eq!(PairingTable::of(0), None);
        assert_eq!(PairingTable::of(0x1010_0000), None);
    }
}
