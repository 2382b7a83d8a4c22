//! Epochs: state that is committed whole or not at all, with the samples that wait to be sent.
//!
//! The bulk lies in segments, blocks and samples in the order they were written. A manifest says where each of them is,
//! and is the only thing that decides what counts: an epoch is committed by one append to it, after the segments were
//! synced. A block that is not put again keeps its place. Segments that are less than half in use are rewritten.
//!
//! The manifest is a segment too, not an embedded database: so its damage is told with file and offset, is looked for
//! at every start, and the disk that fails on purpose stands beneath all of it.

mod blocks;
mod commit;
mod compaction;
mod content;
mod convert;
mod epoch;
mod error;
mod image;
mod inspect;
mod keys;
mod manifest;
mod open;
mod queue;
mod record;
mod recover;
mod store;
#[cfg(test)]
mod tests;
mod writer;

pub use blocks::Blocks;
pub use compaction::Rewritten;
pub use content::MAX_PART_BYTES;
pub use epoch::Epoch;
pub use error::{Loss, Lost, OpenError, StoreError};
pub use inspect::{BlockUsage, Condition, Usage, inspect};
pub use keys::{BlockKey, EndpointKey, SourcePart, TenantKey};
pub use open::{Loaded, Reset, reset};
pub use queue::{Backlog, Dropped, QueueLimits, SampleBatch};
pub use store::{Committed, EpochStore, StoreLimits};
pub use writer::{Cut, EpochWriter};
