//! The state of one owner as of a cut, taken in a moment and written on another thread.

use std::fmt::Debug;
use std::sync::Arc;

use spangraph_storage::epochs::StoreError;

use crate::batches::Collected;

/// A block of a table: a table has its blocks numbered from 0 without gaps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TableBlock {
    /// Which table; the owner numbers them, and the numbers outlive the process.
    pub table: u32,
    /// Which block of it.
    pub block: u32,
}

/// How many blocks a table has; those that an earlier image had behind them are gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Table {
    /// Which table.
    pub table: u32,
    /// How many blocks it has.
    pub blocks: u32,
}

/// Which blocks are to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// Those that may differ from what the image before had, whose epoch was committed.
    Changed,
    /// All: the image before did not become durable.
    All,
}

/// Takes encoded blocks.
pub type BlockSink<'a> = dyn FnMut(TableBlock, &[u8]) -> Result<(), StoreError> + 'a;

/// State as of a cut. It holds what its owner had then, and shares with it what the owner does not change meanwhile.
pub trait StateImage: Debug + Send {
    /// Hands the blocks to `sink`, each at most once.
    ///
    /// # Errors
    /// The first of the sink's, after which it is not called again.
    fn save(&self, which: Which, sink: &mut BlockSink<'_>) -> Result<(), StoreError>;

    /// All tables that the owner has, empty ones too.
    fn tables(&self) -> Vec<Table>;
}

/// A state that what is due at its cut is collected from.
pub trait CollectingImage: StateImage {
    /// Hands what is due to `hand_on` part by part, in the order in which it is to be sent.
    fn collect(&self, hand_on: &mut dyn FnMut(Collected));
}

impl<I: StateImage + Sync> StateImage for Arc<I> {
    fn save(&self, which: Which, sink: &mut BlockSink<'_>) -> Result<(), StoreError> {
        I::save(self, which, sink)
    }

    fn tables(&self) -> Vec<Table> {
        I::tables(self)
    }
}

impl<I: CollectingImage + Sync> CollectingImage for Arc<I> {
    fn collect(&self, hand_on: &mut dyn FnMut(Collected)) {
        I::collect(self, hand_on);
    }
}
