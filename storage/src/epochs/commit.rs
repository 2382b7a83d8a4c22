//! How a change becomes durable: it is appended to the manifest, and what then has no use any more is removed.

use std::io::ErrorKind;
use std::mem;
use std::path::{Path, PathBuf};

use super::error::StoreError;
use super::manifest::{MANIFEST, Manifest};
use super::record::{Change, TakenRecord};
use super::recover::SEGMENT;
use super::store::EpochStore;
use crate::disk::{Disk, DiskError};
use crate::segments::{SegmentError, file_name};

impl EpochStore {
    /// Commits a change, with what was acknowledged and the removal of segments that nothing lies in.
    pub(super) fn write(&mut self, mut change: Change) -> Result<(), StoreError> {
        self.check()?;
        self.mend_manifest()?;
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
        if self.manifest.is_overgrown(self.limits.manifest_bytes) {
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
        let disk = self.disk.as_ref();
        self.unused_files.retain(|path| remove(disk, path).is_err());
    }

    /// Whether something is, or may be, appended to the segment.
    pub(super) fn is_written(&self, number: u64) -> bool {
        let mut logs = self.log.iter().chain(&self.rewritten);
        self.lent.contains(&number) || logs.any(|log| log.writes(number))
    }

    /// Begins a new manifest when the old one takes no change, as when the disk was full for its last mark.
    fn mend_manifest(&mut self) -> Result<(), StoreError> {
        if !self.manifest.is_broken() {
            return Ok(());
        }
        let mended = self.renew_manifest();
        let is_in_doubt = self.is_in_doubt;
        mended.map_err(|error| match is_in_doubt {
            true => StoreError::InDoubt(error),
            false => StoreError::NotCommitted(error),
        })
    }

    /// A change may stand in the manifest although its sync failed. A new manifest without it decides that it does not.
    fn decide_against(&mut self, error: SegmentError) -> StoreError {
        match self.renew_manifest() {
            Ok(()) => StoreError::NotCommitted(error),
            Err(_) => {
                self.is_in_doubt = true;
                StoreError::InDoubt(error)
            }
        }
    }

    /// Begins a new manifest in the place of the old one. Whether or not that succeeds, only one is left before the next
    /// commit: so none that is older is ever there to be taken for one that is damaged.
    fn renew_manifest(&mut self) -> Result<(), SegmentError> {
        self.manifests += 1;
        let begun = Manifest::begin(self.disk.as_ref(), &self.folder, self.manifests, &self.image);
        let (unused, begun) = match begun {
            Ok(manifest) => (
                mem::replace(&mut self.manifest, manifest).path().to_owned(),
                Ok(()),
            ),
            Err(error) => (self.folder.join(file_name(MANIFEST, self.manifests)), Err(error)),
        };
        let removed = remove(self.disk.as_ref(), &unused).and_then(|()| self.disk.sync_folder(&self.folder));
        self.is_in_doubt = removed.is_err();
        begun.and(removed.map_err(SegmentError::from))
    }

    /// Segments that nothing lies in once `change` is applied. They go with it, not with the change after it: between two
    /// epochs the one before would take as much as the state.
    fn dead_segments(&self, change: &Change) -> Vec<u64> {
        let grows = |number: u64| change.segments.iter().any(|record| record.number == number);
        let mut dead = self.image.emptied_by(change);
        dead.retain(|number| !self.is_written(*number) && !grows(*number));
        dead
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

/// Removes a file that may be gone already.
fn remove(disk: &dyn Disk, path: &Path) -> Result<(), DiskError> {
    match disk.remove(path) {
        Err(error) if error.source.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}
