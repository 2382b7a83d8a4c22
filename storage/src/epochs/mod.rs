//! Epochs: state that is committed whole or not at all, with the samples that wait to be sent.
//!
//! The bulk lies in segments, blocks and samples in the order they were written. A manifest says where each of them is,
//! and is the only thing that decides what counts: an epoch is committed by one append to it, after the segments were
//! synced. A block that is not put again keeps its place. Segments of which much is of no use are rewritten.
//!
//! The manifest is a segment too, not an embedded database: so its damage is told with file and offset, is looked for
//! at every start, and the disk that fails on purpose stands beneath all of it.
//!
//! ```
//! # use std::sync::Arc;
//! # use spangraph_storage::{disk::SystemDisk, epochs::*, lock::FolderLock};
//! # let folder = tempfile::tempdir()?;
//! # let folder = folder.path();
//! let _lock = FolderLock::take(folder)?;
//! let (mut store, loaded) = EpochStore::open(Arc::new(SystemDisk), folder, StoreLimits::default())?;
//! for block in loaded.blocks {
//!     let (_key, _bytes) = block?;
//! }
//!
//! // One epoch, in as many slices as it takes.
//! let tenant = TenantKey::of("team-a");
//! let endpoint = EndpointKey { tenant, name: "mimir".to_owned() };
//! let mut writer = store.begin(Cut { unix_milliseconds: 15_000, content_version: 1 })?;
//! writer.put_block(BlockKey { tenant, table: 0, block: 7 }, b"128 rows of a column")?;
//! writer.put_samples(endpoint.clone(), 15_000, 2, b"two samples")?;
//! store.commit(writer)?;
//!
//! // Only now the samples are there to be sent.
//! while let Some(batch) = store.take(&endpoint, None)? {
//!     store.acknowledge(&endpoint, batch.number);
//! }
//! while store.rewrite(4 << 20)?.has_more {}
//! store.flush()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod blocks;
mod commit;
mod compaction;
mod content;
mod convert;
mod epoch;
mod error;
mod gone;
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
mod victim;
mod waiting;
mod writer;

pub use blocks::Blocks;
pub use compaction::Rewritten;
pub use content::MAX_PART_BYTES;
pub use epoch::Epoch;
pub use error::{Loss, Lost, OpenError, StoreError};
pub use inspect::{BlockUsage, Condition, Usage, inspect};
pub use keys::{BlockKey, EndpointKey, SourcePart, TenantKey};
pub use open::{Loaded, Reset, has_state, reset};
pub use queue::{Backlog, Dropped, QueueLimits, SampleBatch};
pub use store::{Committed, EpochStore, SegmentSizes, StoreLimits};
pub use writer::{Cut, EpochWriter};
