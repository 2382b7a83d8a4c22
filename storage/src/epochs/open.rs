//! Opens state, whole or not at all, and resets it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::blocks::Blocks;
use super::epoch::Epoch;
use super::error::OpenError;
use super::image::Image;
use super::manifest::{MANIFEST, Manifest, Recovered};
use super::recover::{SEGMENT, Segments, Verified, is_of_state, recover, verify};
use super::store::{EpochStore, StoreLimits};
use crate::disk::{Disk, DiskError, FileEntry};
use crate::segments::{Damage, SegmentError, SegmentNumbers, TornEnd, file_name, number_in};

/// What was found when state was opened.
#[derive(Debug)]
pub struct Loaded {
    /// The last epoch; none where there is none yet.
    pub epoch: Option<Epoch>,
    /// Its blocks, by key.
    pub blocks: Blocks,
    /// What was being committed when the machine stopped, and does not count; none after a stop in order.
    pub torn: Option<(PathBuf, TornEnd)>,
    /// Damage by which nothing is lost.
    pub harmless: Vec<Damage>,
}

/// What a reset removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reset {
    /// How many files.
    pub files: usize,
    /// How many bytes.
    pub bytes: u64,
}

impl EpochStore {
    /// Opens the state in `folder`, which is created where it is missing. All of the state is read and checked first;
    /// an error has changed nothing.
    ///
    /// Hold the [`FolderLock`](crate::lock::FolderLock) of the folder before.
    pub fn open(
        disk: Arc<dyn Disk>,
        folder: &Path,
        limits: StoreLimits,
    ) -> Result<(Self, Loaded), OpenError> {
        disk.create_folder(folder)?;
        let files = disk.list(folder)?;
        let recovered = recover(disk.as_ref(), folder, &files)?;
        let Recovered {
            image,
            torn,
            header_damage,
        } = recovered.unwrap_or_default();
        let Verified {
            segments,
            losses,
            harmless,
        } = verify(disk.as_ref(), folder, &files, &image)?;
        if let Some(first) = losses.first() {
            let (first, losses) = (Box::new(first.clone()), losses.len());
            return Err(OpenError::Damaged { first, losses });
        }
        let loaded = Loaded {
            epoch: image.epoch.clone(),
            blocks: Blocks::new(&image, &segments),
            torn,
            harmless: header_damage.into_iter().chain(harmless).collect(),
        };
        let found = FoundState {
            files,
            image,
            segments,
        };
        Ok((found.start(disk, folder, limits)?, loaded))
    }
}

/// State that was found whole.
struct FoundState {
    files: Vec<FileEntry>,
    image: Image,
    segments: Segments,
}

impl FoundState {
    /// Begins a manifest of its own. Of the old one it is not known whether what was read of it is on the disk.
    fn start(self, disk: Arc<dyn Disk>, folder: &Path, limits: StoreLimits) -> Result<EpochStore, OpenError> {
        let manifests = highest(&self.files, MANIFEST) + 1;
        let first_segment = self.image.next_segment.max(highest(&self.files, SEGMENT) + 1);
        let begun = Manifest::begin(disk.as_ref(), folder, manifests, &self.image);
        let manifest = begun.map_err(|error| {
            // Starts that fail again and again must not fill the disk with what they began.
            let _ = disk.remove(&folder.join(file_name(MANIFEST, manifests)));
            as_open_error(error)
        })?;
        let unused = self.unused_files(folder, &manifest);
        for path in &unused {
            disk.remove(path)?;
        }
        disk.sync_folder(folder)?;
        Ok(EpochStore {
            disk,
            folder: folder.to_owned(),
            limits,
            image: self.image,
            manifest,
            manifests,
            numbers: SegmentNumbers::from(first_segment),
            segments: self.segments,
            log: None,
            lent: BTreeSet::new(),
            begun: 0,
            rewritten: None,
            victim: None,
            acknowledged: BTreeMap::new(),
            gone: BTreeSet::new(),
            unused_files: BTreeSet::new(),
            is_in_doubt: false,
        })
    }

    /// Older manifests, and segments that no commit speaks of.
    fn unused_files(&self, folder: &Path, manifest: &Manifest) -> Vec<PathBuf> {
        let is_unused = |name: &str| match number_in(SEGMENT, name) {
            Some(number) => !self.image.segments.contains_key(&number),
            None => number_in(MANIFEST, name).is_some_and(|number| number != manifest.number()),
        };
        let unused = self.files.iter().filter(|file| is_unused(&file.name));
        unused.map(|file| folder.join(&file.name)).collect()
    }
}

/// Removes all state of `folder`, damaged or not, so that the next start is a fresh one. Other files stay.
pub fn reset(disk: &dyn Disk, folder: &Path) -> Result<Reset, DiskError> {
    let mut reset = Reset::default();
    // Segments go last: without a manifest they are refused, and so is a reset that came half way.
    for file in disk.list(folder)?.iter().filter(|file| is_of_state(&file.name)) {
        disk.remove(&folder.join(&file.name))?;
        reset.files += 1;
        reset.bytes += file.bytes;
    }
    disk.sync_folder(folder)?;
    Ok(reset)
}

/// Whether there is any state in `folder`, damaged or not.
pub fn has_state(disk: &dyn Disk, folder: &Path) -> Result<bool, DiskError> {
    let files = disk.list(folder)?;
    Ok(files.iter().any(|file| is_of_state(&file.name)))
}

fn highest(files: &[FileEntry], prefix: &str) -> u64 {
    let numbers = files.iter().filter_map(|file| number_in(prefix, &file.name));
    numbers.max().unwrap_or(0)
}

fn as_open_error(error: SegmentError) -> OpenError {
    match error {
        SegmentError::Disk(error) => error.into(),
        other => OpenError::Version(other),
    }
}
