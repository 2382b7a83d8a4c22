//! What durable state needs of a file system, as a trait, so that tests can put a failing one beneath it.

mod append;
mod error;
#[cfg(any(test, feature = "fault-injection"))]
pub mod memory;
mod system;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::Path;
use std::sync::Arc;

pub use error::{DiskError, Operation};
pub use system::SystemDisk;

/// A file system. Nothing that was changed is durable before it was synced: what is in a file by [`DiskFile::sync`],
/// that it is in its folder, or no longer, by [`Disk::sync_folder`].
pub trait Disk: fmt::Debug + Send + Sync {
    /// Makes `folder` and those above it, where they are missing, and makes that durable.
    fn create_folder(&self, folder: &Path) -> Result<(), DiskError>;

    /// Creates an empty file to write and read. Fails when there is something of that name.
    fn create(&self, path: &Path) -> Result<Arc<dyn DiskFile>, DiskError>;

    /// As [`create`](Self::create), a file that is only appended to and hardly ever read. What is written may be gathered
    /// until it is flushed or synced, and the file may end with zeros that were not written. With `writes_through` it is
    /// synced after every few writes.
    fn create_to_append(&self, path: &Path, writes_through: bool) -> Result<Arc<dyn DiskFile>, DiskError> {
        let _ = writes_through;
        self.create(path)
    }

    /// Opens a file to read.
    fn open(&self, path: &Path) -> Result<Arc<dyn DiskFile>, DiskError>;

    /// Opens a file to read and to write over.
    fn open_to_write(&self, path: &Path) -> Result<Arc<dyn DiskFile>, DiskError>;

    /// The files of `folder`, by name. Folders in it, and names that are not Unicode, are left out.
    fn list(&self, folder: &Path) -> Result<Vec<FileEntry>, DiskError>;

    /// Removes a file. Who has it open can go on reading it.
    fn remove(&self, path: &Path) -> Result<(), DiskError>;

    /// Makes durable which files are in `folder`.
    fn sync_folder(&self, folder: &Path) -> Result<(), DiskError>;

    /// How many more bytes can be written to `folder`.
    fn free_bytes(&self, folder: &Path) -> Result<u64, DiskError>;
}

/// A file that is open.
pub trait DiskFile: fmt::Debug + Send + Sync {
    /// Writes all of `bytes` at `offset`. When it fails, any part of them may be written.
    fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<(), DiskError>;

    /// As [`write_at`](Self::write_at), these parts one after the other.
    fn write_parts_at(&self, offset: u64, parts: &[&[u8]]) -> Result<(), DiskError> {
        self.write_at(offset, &parts.concat())
    }

    /// Hands to the system what a file that is [appended to](Disk::create_to_append) has gathered. When it fails, any part of
    /// that may be written.
    fn flush(&self) -> Result<(), DiskError> {
        Ok(())
    }

    /// Reads into `buffer` what stands at `offset`, and returns how many bytes. They may be fewer than asked for; none
    /// are only read at the end of the file.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<usize, DiskError>;

    /// Makes durable what was written. When it fails, what was written since the last time may be durable or lost, and
    /// another attempt does not tell: the system may have given up on it.
    fn sync(&self) -> Result<(), DiskError>;

    /// How long the file is, in bytes.
    fn bytes(&self) -> Result<u64, DiskError>;
}

/// A file in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileEntry {
    /// Its name, without the folder.
    pub name: String,
    /// How long it is, in bytes.
    pub bytes: u64,
}

/// Reads until `buffer` is full or the file ends, and returns how many bytes were read.
pub fn read_fully(file: &dyn DiskFile, offset: u64, buffer: &mut [u8]) -> Result<usize, DiskError> {
    let mut read = 0;
    while let Some(rest) = buffer.get_mut(read..).filter(|rest| !rest.is_empty()) {
        match file.read_at(offset + read as u64, rest)? {
            0 => break,
            more => read += more,
        }
    }
    Ok(read)
}
