//! What is damaged of a segment: the file, the place, and how much.

use std::fmt;
use std::path::PathBuf;

use thiserror::Error;

use super::format::FORMAT_VERSION;
use crate::disk::DiskError;

/// A part of a file that is not what was written.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{} is damaged at offset {offset}, {bytes} bytes: {flaw}", path.display())]
pub struct Damage {
    /// The file.
    pub path: PathBuf,
    /// Where the damaged part begins, in bytes.
    pub offset: u64,
    /// How many bytes are of no use.
    pub bytes: u64,
    /// What is wrong with them.
    pub flaw: Flaw,
}

/// What is wrong with a part of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// The header of the file is not what was written, or that of another file.
    Header,
    /// There is no frame where one was written.
    NoFrame,
    /// The payload of a frame is not what was written.
    Payload,
    /// The file ends before them.
    Missing,
    /// What was written says nothing that can be understood.
    Meaning,
    /// They were committed, and the manifest ends before that.
    Forgotten,
}

/// A segment cannot be written or read.
#[derive(Debug, Error)]
pub enum SegmentError {
    /// The disk failed.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// It is damaged.
    #[error(transparent)]
    Damaged(#[from] Damage),
    /// It was written by another version.
    #[error(
        "{} has version {version} of the format, and this server reads version {FORMAT_VERSION}: start the server that wrote it, or reset the state",
        path.display()
    )]
    Version {
        /// The file.
        path: PathBuf,
        /// The version that it has.
        version: u32,
    },
    /// A write or sync of it failed before, so it is never written again.
    #[error("{} is not written again, because a write or sync of it failed", path.display())]
    Broken {
        /// The file.
        path: PathBuf,
    },
    /// A payload is longer than a frame can be.
    #[error("{bytes} bytes do not fit into a frame")]
    TooLong {
        /// How long it is.
        bytes: usize,
    },
}

impl fmt::Display for Flaw {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Header => "the header of the file is not the one that was written",
            Self::NoFrame => "there is no frame where one was written",
            Self::Payload => "the payload does not have its checksum",
            Self::Missing => "the file ends before them",
            Self::Meaning => "the payload cannot be understood",
            Self::Forgotten => {
                "they were committed, and the manifest, which was cut short, does not know of them"
            }
        })
    }
}
