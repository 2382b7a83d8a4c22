//! The lock file that keeps two servers out of one folder.

mod look;

use std::fs::{self, File, Metadata, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process;

use thiserror::Error;

pub use look::Look;

/// The name of the lock file in its folder.
pub const LOCK_FILE: &str = "lock";

/// A folder that is this process' own, until this is dropped or the process ends, however it ends.
#[derive(Debug)]
pub struct FolderLock {
    path: PathBuf,
    held: File,
}

/// The folder cannot be this process' own.
#[derive(Debug, Error)]
pub enum LockError {
    /// Another process has it.
    #[error("{} is in use by another server{}: stop that one, or give this one a folder of its own", folder.display(), holder(*pid))]
    Held {
        /// The folder.
        folder: PathBuf,
        /// The process that has it, where its lock file says so.
        pid: Option<u32>,
    },
    /// The lock file cannot be written or locked.
    #[error("cannot lock {}: {source}", path.display())]
    Io {
        /// The lock file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl FolderLock {
    /// Takes the lock of `folder`, which must be there.
    pub fn take(folder: &Path) -> Result<Self, LockError> {
        let path = folder.join(LOCK_FILE);
        let io = |source| LockError::Io {
            path: path.clone(),
            source,
        };
        let mut file = lock_file(&path).map_err(io)?;
        match file.try_lock() {
            // The number only helps to find the holder: on a full disk the lock holds without it.
            Ok(()) => _ = write_pid(&mut file),
            Err(TryLockError::Error(error)) => return Err(io(error)),
            Err(TryLockError::WouldBlock) => return Err(held(folder, &mut file)),
        }
        Ok(Self { path, held: file })
    }

    /// Whether the lock file is still in its place. When it was removed, or the folder was, another process can take what is
    /// there now.
    #[must_use]
    pub fn is_in_place(&self) -> bool {
        let identity = |file: io::Result<Metadata>| file.map(|file| (file.dev(), file.ino())).ok();
        let in_place = identity(fs::metadata(&self.path));
        in_place.is_some() && in_place == identity(self.held.metadata())
    }

    /// The lock file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// The file stays when the lock is given back: who removed it could remove the one of the next holder.
fn lock_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
}

fn held(folder: &Path, file: &mut File) -> LockError {
    let (folder, pid) = (folder.to_owned(), read_pid(file));
    LockError::Held { folder, pid }
}

fn write_pid(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    write!(file, "{}", process::id())
}

fn read_pid(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.take(32).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

fn holder(pid: Option<u32>) -> String {
    pid.map_or_else(String::new, |pid| format!(", process {pid}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_one_holder_at_a_time_and_the_next_is_told_which() {
        let folder = tempfile::tempdir().unwrap();
        let first = FolderLock::take(folder.path()).unwrap();
        let error = FolderLock::take(folder.path()).unwrap_err();
        let LockError::Held { pid, .. } = &error else {
            panic!("{error}");
        };
        assert_eq!(*pid, Some(process::id()));
        assert!(error.to_string().contains("in use by another server, process "));
        drop(first);
        FolderLock::take(folder.path()).unwrap();
    }

    #[test]
    fn a_pid_that_is_longer_than_the_next_one_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(LOCK_FILE), "99999999999999999999").unwrap();
        let _held = FolderLock::take(folder.path()).unwrap();
        let error = FolderLock::take(folder.path()).unwrap_err();
        assert!(matches!(error, LockError::Held { pid: Some(pid), .. } if pid == process::id()));
    }

    #[test]
    fn a_lock_file_that_was_removed_or_replaced_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let lock = FolderLock::take(folder.path()).unwrap();
        assert!(lock.is_in_place());
        std::fs::remove_file(lock.path()).unwrap();
        assert!(!lock.is_in_place());
        std::fs::write(lock.path(), "another").unwrap();
        assert!(!lock.is_in_place());
    }

    #[test]
    fn a_folder_that_is_not_there_is_told_with_its_lock_file() {
        let error = FolderLock::take(Path::new("/nowhere/at/all")).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("cannot lock /nowhere/at/all/lock: ")
        );
    }
}
