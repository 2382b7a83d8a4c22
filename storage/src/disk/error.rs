//! What failed on a disk: the operation, the file and the place in it.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// A file system did not do what was asked of it.
#[derive(Debug, Error)]
#[error("cannot {operation} {}{}: {source}", path.display(), At(*offset))]
pub struct DiskError {
    /// What was asked.
    pub operation: Operation,
    /// The file or folder.
    pub path: PathBuf,
    /// Where in the file, in bytes; none when it is about all of it.
    pub offset: Option<u64>,
    /// What the system said.
    pub source: io::Error,
}

/// What can be asked of a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is named as what it does")]
pub enum Operation {
    Create,
    Open,
    Read,
    Write,
    Sync,
    List,
    Remove,
    Measure,
}

impl DiskError {
    /// The `operation` on all of `path` failed.
    pub fn new(operation: Operation, path: &Path, source: io::Error) -> Self {
        Self {
            operation,
            path: path.to_owned(),
            offset: None,
            source,
        }
    }

    /// The same, at `offset` of the file.
    #[must_use]
    pub fn at(mut self, offset: u64) -> Self {
        self.offset = Some(offset);
        self
    }

    /// Whether there was no room: it can go on once something was removed.
    #[must_use]
    pub fn is_for_want_of_room(&self) -> bool {
        use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
        matches!(self.source.kind(), StorageFull | QuotaExceeded | FileTooLarge)
    }

    /// Whether there is no such file or folder.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        self.source.kind() == io::ErrorKind::NotFound
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Create => "create",
            Self::Open => "open",
            Self::Read => "read",
            Self::Write => "write to",
            Self::Sync => "sync",
            Self::List => "list",
            Self::Remove => "remove",
            Self::Measure => "measure",
        })
    }
}

struct At(Option<u64>);

impl fmt::Display for At {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(offset) => write!(formatter, " at offset {offset}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_the_file_and_the_offset() {
        let full = io::Error::from(io::ErrorKind::StorageFull);
        let error = DiskError::new(Operation::Write, Path::new("state/segment-1"), full).at(96);
        assert!(error.is_for_want_of_room());
        assert_eq!(
            error.to_string(),
            "cannot write to state/segment-1 at offset 96: no storage space"
        );
    }
}
