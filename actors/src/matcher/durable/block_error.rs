//! Why a block of pairing cannot be read.

use thiserror::Error;

use crate::durability::TableBlock;

/// A block that cannot be read: what waited there is lost.
#[derive(Debug, Error)]
#[error("block {} of table {:#x} of pending edges cannot be read: {flaw}", place.block, place.table)]
pub struct PairingBlockError {
    /// Which block.
    pub place: TableBlock,
    /// What is wrong with it.
    #[source]
    pub flaw: BlockFlaw,
}

/// What is wrong with a block.
#[derive(Debug, Error)]
pub enum BlockFlaw {
    /// Its table is none of those of pairing.
    #[error("there is no such table")]
    UnknownTable,
    /// It is not what such blocks are encoded in.
    #[error(transparent)]
    Encoding(#[from] prost::DecodeError),
    /// Its columns do not fit together.
    #[error("{column} has {found} values where {expected} belong")]
    Length {
        /// Which column.
        column: &'static str,
        /// How many values it has.
        found: usize,
        /// How many it should have.
        expected: usize,
    },
    /// A value cannot be.
    #[error("{column} has a value that cannot be")]
    Value {
        /// In which column.
        column: &'static str,
    },
    /// One shard would have more text than it can hold.
    #[error("with it there is more text than a shard can hold")]
    TooMuchText,
}
