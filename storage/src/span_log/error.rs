//! Why a log cannot be opened, written or read.

use std::ops::Range;
use std::path::PathBuf;

use thiserror::Error;

use crate::disk::DiskError;
use crate::segments::{Damage, SegmentError};

/// A log cannot be opened, written or read.
#[derive(Debug, Error)]
pub enum SpanLogError {
    /// A segment cannot be written or read.
    #[error(transparent)]
    Segment(#[from] SegmentError),
    /// There is no room for the request within the bound of the log. Nothing of it was written.
    #[error("the span log has {bytes} of at most {most_bytes} bytes, so there is no room for the request")]
    Full {
        /// How many bytes the log has.
        bytes: u64,
        /// How many it may have.
        most_bytes: u64,
    },
    /// There is no room for the request on the disk. Nothing of it was written.
    #[error(
        "the disk of the span log has room for {free_bytes} bytes, of which {kept_free_bytes} are to be left, so there is no room for the request"
    )]
    DiskFull {
        /// How many bytes there is room for.
        free_bytes: u64,
        /// How many are to be left.
        kept_free_bytes: u64,
    },
    /// The file that is written was removed by another. What is in it and in no epoch is lost with the process.
    #[error("{} was removed while this server runs", path.display())]
    Gone {
        /// The file.
        path: PathBuf,
    },
    /// Requests are asked for that were freed before.
    #[error("requests {} to {} of the span log were removed before they were asked for", positions.start, positions.end.saturating_sub(1))]
    Removed {
        /// The positions of the requests.
        positions: Range<u64>,
    },
    /// Requests that were answered cannot be read.
    #[error(transparent)]
    Lost(#[from] LostRecords),
}

/// Requests that were logged and cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{damage}; lost: requests {} to {} of the span log", positions.start, positions.end.saturating_sub(1))]
pub struct LostRecords {
    /// Where the damage is.
    pub damage: Damage,
    /// The positions of the requests.
    pub positions: Range<u64>,
}

impl From<DiskError> for SpanLogError {
    fn from(error: DiskError) -> Self {
        Self::Segment(error.into())
    }
}
