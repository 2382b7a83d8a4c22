//! How a change becomes durable: it is appended to the manifest, and what then has no use any more is removed.

use std::io::ErrorKind;
use std::mem;
use std::path::PathBuf;

use super::error::StoreError;
use super::manifest::Manifest;
use super::record::{Change, TakenRecord};
use super::recover::SEGMENT;
use super::store::EpochStore;
use crate::segments::{SegmentError, file_name};

impl EpochStore {
    /// Commits a change, with what was acknowledged and the removal of segments that nothing lies in.
    pub(super) fn write(&mut self, mut change: Change) -> Result<(), StoreError> {
        self.check()?;
        change.sequence = self.image.sequence + 1;
        let taken = self.acknowledged.iter();
        change
            .taken
            .extend(taken.map(|(endpoint, up_to)| TakenRecord::new(endpoint, *up_to)));
        change.removed_segments = self.dead_segments(&change);
        if let Err(error) = self.manifest.append(&change) {
            return Err(self.decide_against(error));
        }
        let dead = mem::take(&mut change.removed_segments);
        self.image.apply(change);
        self.acknowledged.clear();
        self.forget(&dead);
        if self.manifest.is_overgrown() {
            // The manifest is whole, so the next commit tries again.
            let _ = self.renew_manifest();
        }
        Ok(())
    }

    /// Makes durable what was acknowledged. Without it that is so with the next epoch.
    pub fn flush(&mut self) -> Result<(), StoreError> {
        match self.acknowledged.is_empty() {
            true => self.check(),
            false => self.write(Change::default()),
        }
    }

    pub(super) fn segment_path(&self, number: u64) -> PathBuf {
        self.folder.join(file_name(SEGMENT, number))
    }

    /// Removes files that nothing lies in. What cannot be removed is tried again after the next commit.
    pub(super) fn remove_unused_files(&mut self) {
        let disk = &self.disk;
        self.unused_files.retain(|path| {
            let removed = disk.remove(path);
            removed.is_err_and(|error| error.source.kind() != ErrorKind::NotFound)
        });
    }

    /// Whether something is, or may be, appended to the segment.
    pub(super) fn is_written(&self, number: u64) -> bool {
        let mut logs = self.log.iter().chain(&self.rewritten);
        self.lent.contains(&number) || logs.any(|log| log.writes(number))
    }

    /// A change may stand in the manifest although its sync failed. A new manifest, without it and with a later
    /// sequence, decides that it does not.
    fn decide_against(&mut self, error: SegmentError) -> StoreError {
        self.image.sequence += 2;
        match self.renew_manifest() {
            Ok(()) => StoreError::NotCommitted(error),
            Err(_) => {
                self.is_in_doubt = true;
                StoreError::InDoubt(error)
            }
        }
    }

    /// Begins a new manifest, and removes the old one. When that fails after the new one was begun, nothing more is
    /// committed: the old one being there says that the new one has no commits.
    fn renew_manifest(&mut self) -> Result<(), SegmentError> {
        self.manifests += 1;
        let begun = Manifest::begin(self.disk.as_ref(), &self.folder, self.manifests, &self.image);
        let old = mem::replace(&mut self.manifest, begun?);
        self.acknowledged.clear();
        let removed = self.disk.remove(old.path());
        let removed = removed.and_then(|()| self.disk.sync_folder(&self.folder));
        self.is_in_doubt = removed.is_err();
        Ok(removed?)
    }

    /// Segments that nothing lies in, and nothing will once `change` is applied.
    fn dead_segments(&self, change: &Change) -> Vec<u64> {
        let unused = self
            .image
            .segments
            .iter()
            .filter(|(_, used)| used.live_bytes == 0);
        let numbers = unused.map(|(number, _)| *number);
        let grows = |number: u64| change.segments.iter().any(|record| record.number == number);
        numbers
            .filter(|number| !self.is_written(*number) && !grows(*number))
            .collect()
    }

    fn forget(&mut self, dead: &[u64]) {
        for number in dead {
            self.image.segments.remove(number);
            self.segments.remove(number);
            let path = self.segment_path(*number);
            self.unused_files.insert(path);
        }
        self.remove_unused_files();
    }
}
