//! A disk in memory that loses power, tears writes, fills up, fails to sync and flips bits, for tests.

mod content;
mod faults;
mod names;
mod power;
mod state;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Disk, DiskError, DiskFile, FileEntry, Operation};
pub use power::Tear;
use state::State;

/// A disk in memory. Clones are the same disk.
#[derive(Clone, Debug, Default)]
pub struct MemoryDisk {
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct MemoryFile {
    disk: MemoryDisk,
    path: PathBuf,
    content: usize,
    /// Files that were open before a restart are of no use after it.
    start: u64,
}

impl MemoryDisk {
    /// Lets the power fail once `units` more are used: each byte that is written is one, and so is each sync, creation
    /// and removal. A write that it ends in is torn there.
    pub fn set_power(&self, units: u64) {
        self.state().faults.power = Some(units);
    }

    /// The units of power that were used so far.
    #[must_use]
    pub fn used_power(&self) -> u64 {
        self.state().faults.used_power
    }

    /// Whether the power has not failed.
    #[must_use]
    pub fn has_power(&self) -> bool {
        self.state().faults.power != Some(0)
    }

    /// Starts the machine again after the power failed, or at any moment: what was not synced is as `tear` says.
    pub fn restart(&self, tear: Tear) {
        self.state().restart(tear);
    }

    /// Bounds the bytes of all files together; none for no bound.
    pub fn set_capacity(&self, bytes: Option<u64>) {
        self.state().faults.capacity = bytes;
    }

    /// The bytes of all files together.
    #[must_use]
    pub fn used_bytes(&self) -> u64 {
        self.state().used_bytes()
    }

    /// Lets the sync after `successes` more fail, once.
    pub fn fail_sync_after(&self, successes: u64) {
        self.state().faults.syncs_to_failure = Some(successes);
    }

    /// Lets every read return only a part of what is there, or all of it again.
    pub fn set_short_reads(&self, are_short: bool) {
        self.state().faults.short_reads = are_short;
    }

    /// Flips the `bit` (0 to 7) of the byte at `offset` of a file, on the disk and in what is kept of it in memory.
    /// Returns whether there is such a byte.
    pub fn flip(&self, path: &Path, offset: u64, bit: u8) -> bool {
        self.state().flip(path, offset, bit)
    }

    /// Cuts a file to `bytes`, as a disk does that forgets. Returns whether it was longer.
    pub fn cut(&self, path: &Path, bytes: u64) -> bool {
        self.state().cut(path, bytes)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn handle(&self, path: &Path, content: usize, start: u64) -> Arc<dyn DiskFile> {
        let (disk, path) = (self.clone(), path.to_owned());
        Arc::new(MemoryFile {
            disk,
            path,
            content,
            start,
        })
    }
}

impl Disk for MemoryDisk {
    fn create_folder(&self, folder: &Path) -> Result<(), DiskError> {
        let used = self.state().faults.use_power(1);
        used.map_err(|error| DiskError::new(Operation::Create, folder, error))
    }

    fn create(&self, path: &Path) -> Result<Arc<dyn DiskFile>, DiskError> {
        let mut state = self.state();
        let created = state.create(path);
        let content = created.map_err(|error| DiskError::new(Operation::Create, path, error))?;
        Ok(self.handle(path, content, state.start))
    }

    fn open(&self, path: &Path) -> Result<Arc<dyn DiskFile>, DiskError> {
        let state = self.state();
        let opened = state.find(path);
        let content = opened.map_err(|error| DiskError::new(Operation::Open, path, error))?;
        Ok(self.handle(path, content, state.start))
    }

    fn open_to_write(&self, path: &Path) -> Result<Arc<dyn DiskFile>, DiskError> {
        self.open(path)
    }

    fn list(&self, folder: &Path) -> Result<Vec<FileEntry>, DiskError> {
        let listed = self.state().list(folder);
        listed.map_err(|error| DiskError::new(Operation::List, folder, error))
    }

    fn remove(&self, path: &Path) -> Result<(), DiskError> {
        let removed = self.state().remove(path);
        removed.map_err(|error| DiskError::new(Operation::Remove, path, error))
    }

    fn sync_folder(&self, folder: &Path) -> Result<(), DiskError> {
        let synced = self.state().sync_folder(folder);
        synced.map_err(|error| DiskError::new(Operation::Sync, folder, error))
    }

    fn free_bytes(&self, _folder: &Path) -> Result<u64, DiskError> {
        Ok(self.state().free_bytes())
    }
}

impl DiskFile for MemoryFile {
    fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<(), DiskError> {
        let mut state = self.disk.state();
        let written = state.is_of(self.start);
        let written = written.and_then(|()| state.write(self.content, offset, bytes));
        written.map_err(|error| DiskError::new(Operation::Write, &self.path, error).at(offset))
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<usize, DiskError> {
        let mut state = self.disk.state();
        let read = state.is_of(self.start);
        let read = read.and_then(|()| state.read(self.content, offset, buffer));
        read.map_err(|error| DiskError::new(Operation::Read, &self.path, error).at(offset))
    }

    fn sync(&self) -> Result<(), DiskError> {
        let mut state = self.disk.state();
        let synced = state.is_of(self.start);
        let synced = synced.and_then(|()| state.sync(self.content));
        synced.map_err(|error| DiskError::new(Operation::Sync, &self.path, error))
    }

    fn bytes(&self) -> Result<u64, DiskError> {
        let state = self.disk.state();
        let bytes = state.is_of(self.start).map(|()| state.bytes(self.content));
        bytes.map_err(|error| DiskError::new(Operation::Measure, &self.path, error))
    }
}
