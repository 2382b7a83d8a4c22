//! What is wrong with a block of a registry.

use thiserror::Error;

use crate::aggregator::processors::SpanNamesFlaw;
use crate::durability::TableBlock;

/// What is wrong with a block.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Flaw {
    /// It is no protobuf.
    #[error(transparent)]
    Malformed(#[from] prost::DecodeError),
    /// Its columns do not fit together.
    #[error("{0} do not fit what else is in the block")]
    Unfit(&'static str),
    /// It names something that is not there.
    #[error("{0} are named that are not there")]
    Missing(&'static str),
    /// It does not follow the blocks before it.
    #[error("it does not follow the block before it")]
    OutOfOrder,
    /// It is of a kind that this version does not know.
    #[error("there is a {0} that this version does not know")]
    Unknown(&'static str),
    /// It holds no patterns of span names.
    #[error(transparent)]
    SpanNames(#[from] SpanNamesFlaw),
}

/// A registry cannot be restored.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RestoreError {
    /// A block cannot be used.
    #[error("block {} of table {}: {flaw}", at.block, at.table)]
    Block {
        /// Which one.
        at: TableBlock,
        /// What is wrong.
        #[source]
        flaw: Flaw,
    },
    /// There are blocks, and none that says what they are.
    #[error("there is no block that says which series there are")]
    NoBooks,
}
