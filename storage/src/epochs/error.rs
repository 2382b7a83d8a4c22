//! Why state cannot be opened, read or written, and what is lost.

use std::fmt;
use std::path::PathBuf;

use thiserror::Error;

use super::keys::{BlockKey, EndpointKey};
use crate::disk::DiskError;
use crate::segments::{Damage, SegmentError};

/// State cannot be opened. Nothing was changed.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The disk failed, so it may be whole.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// It was written by another version.
    #[error(transparent)]
    Version(SegmentError),
    /// It is damaged. Only a reset makes room for a fresh start.
    #[error("{} of the state cannot be read, first: {first}; restore the folder from a copy, or reset it and lose all of it", parts(*.losses))]
    Damaged {
        /// The first loss.
        first: Box<Loss>,
        /// How many losses there are.
        losses: usize,
    },
    /// There are segments, and no manifest that says what is in them.
    #[error(
        "{} has {segments} segments and no manifest: restore the folder from a copy, or reset it and lose all of it",
        folder.display()
    )]
    NoManifest {
        /// The folder.
        folder: PathBuf,
        /// How many segments there are.
        segments: usize,
    },
}

/// An operation on open state failed.
#[derive(Debug, Error)]
pub enum StoreError {
    /// Nothing of the change stands, and the state goes on: begin the epoch anew, with all blocks that changed since the
    /// last one that was committed.
    #[error("the change was not committed: {0}")]
    NotCommitted(#[source] SegmentError),
    /// It is not known whether the change stands. Open the state again: what is loaded then tells.
    #[error("it is not known whether the change was committed, so the state must be opened again: {0}")]
    InDoubt(#[source] SegmentError),
    /// A change was in doubt before, so nothing is written until the state was opened again.
    #[error("the state must be opened again, because it is not known whether a change was committed")]
    ReopenNeeded,
    /// A block or batch cannot be written. The epoch cannot be committed any more.
    #[error("a part of the epoch cannot be written: {0}")]
    Unwritten(#[source] SegmentError),
    /// A part of this epoch could not be written, so it is not committed: begin it anew.
    #[error("the epoch is not committed, because a part of it could not be written")]
    Incomplete,
    /// A file was removed or cut short by another. Nothing of it is needed any more once all blocks were put again.
    #[error("{} was removed or cut short while this server runs: all that is kept is written anew", path.display())]
    Gone {
        /// The file; the first when there are several.
        path: PathBuf,
    },
    /// A part of the state is damaged.
    #[error(transparent)]
    Lost(Box<Loss>),
    /// A part of the state cannot be read, and may be whole.
    #[error(transparent)]
    Unread(#[from] SegmentError),
}

/// Damage, and what it is that cannot be read for it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{damage}; lost: {lost}")]
pub struct Loss {
    /// Where it is.
    pub damage: Damage,
    /// What is lost.
    pub lost: Lost,
}

/// What is lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lost {
    /// A part of the manifest: what was committed then, so all of the state.
    Manifest,
    /// A block.
    Block(BlockKey),
    /// Samples that wait for an endpoint.
    Samples {
        /// The endpoint.
        endpoint: EndpointKey,
        /// How many samples.
        samples: u64,
        /// The cut they were collected at, in milliseconds since the Unix epoch.
        cut_unix_milliseconds: i64,
    },
}

impl fmt::Display for Lost {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Manifest => formatter.write_str("where everything lies"),
            Self::Block(key) => key.fmt(formatter),
            Self::Samples {
                endpoint,
                samples,
                cut_unix_milliseconds,
            } => write!(
                formatter,
                "{samples} samples for {endpoint}, collected at {cut_unix_milliseconds} ms since the Unix epoch"
            ),
        }
    }
}

fn parts(losses: usize) -> String {
    if losses == 1 {
        "1 part".to_owned()
    } else {
        format!("{losses} parts")
    }
}
