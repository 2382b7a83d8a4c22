//! The epoch store: opened with the last epoch, it takes the next ones, each whole or not at all.

use std::collections::{BTreeMap, BTreeSet};
use std::mem;
use std::path::PathBuf;
use std::sync::Arc;

use super::content::PartEncoder;
use super::epoch::Epoch;
use super::error::StoreError;
use super::image::Image;
use super::keys::{BlockKey, EndpointKey, TenantKey};
use super::manifest::Manifest;
use super::queue::{Dropped, QueueLimits, overflow};
use super::recover::{SEGMENT, Segments};
use super::victim::Victim;
use super::writer::{Cut, EpochWriter, Tools, Written};
use crate::disk::Disk;
use crate::segments::{Extent, SegmentLimits, SegmentNumbers, SegmentedLog};

/// The bounds of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreLimits {
    /// How large segments are, whatever the state has.
    pub segments: SegmentSizes,
    /// How much waits for an endpoint.
    pub queue: QueueLimits,
    /// The manifest is not begun anew while it has fewer bytes than this, or than three times its snapshot.
    pub manifest_bytes: u64,
}

/// How large segments are: an eighth of what is in use, within these bounds.
///
/// What stays of a segment because a little of it is in use, and the one that is being written, then are a small part of
/// the state; and a large state has no thousands of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentSizes {
    /// In bytes, however small the state is.
    pub least: u64,
    /// In bytes, however large the state is.
    pub most: u64,
}

/// Into how many segments what is in use is parted, when that is neither small nor large.
const SEGMENTS_OF_A_STATE: u64 = 8;

/// The durable state of one folder. One at a time: see [`FolderLock`](crate::lock::FolderLock).
#[derive(Debug)]
pub struct EpochStore {
    pub(super) disk: Arc<dyn Disk>,
    pub(super) folder: PathBuf,
    pub(super) limits: StoreLimits,
    pub(super) image: Image,
    pub(super) manifest: Manifest,
    /// The highest number of a manifest so far.
    pub(super) manifests: u64,
    pub(super) numbers: SegmentNumbers,
    /// The segments that are open to read.
    pub(super) segments: Segments,
    /// What epochs are written to, when none is being written.
    pub(super) log: Option<SegmentedLog>,
    /// The segments that the epoch which is being written may append to.
    pub(super) lent: BTreeSet<u64>,
    /// Which of the epochs that were begun is the last.
    pub(super) begun: u64,
    /// What is rewritten lies apart from what epochs write: it lives longer.
    pub(super) rewritten: Option<SegmentedLog>,
    pub(super) victim: Option<Victim>,
    /// What was acknowledged, and is not in the manifest yet.
    pub(super) acknowledged: BTreeMap<EndpointKey, u64>,
    /// Segments that were removed or cut short by another.
    pub(super) gone: BTreeSet<u64>,
    /// Files that nothing lies in any more, and that could not be removed yet.
    pub(super) unused_files: BTreeSet<PathBuf>,
    pub(super) is_in_doubt: bool,
}

/// An epoch that was committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed {
    /// The epoch.
    pub epoch: Epoch,
    /// What was dropped of the endpoints' queues, because their bounds were reached.
    pub dropped: Vec<Dropped>,
}

impl EpochStore {
    /// The last epoch; none when none was committed yet.
    #[must_use]
    pub fn epoch(&self) -> Option<&Epoch> {
        self.image.epoch.as_ref()
    }

    /// The keys of all blocks of `tenant` in the last epoch, so that they can be removed when it is gone.
    pub fn block_keys(&self, tenant: TenantKey) -> impl Iterator<Item = BlockKey> {
        let key = |table, block| BlockKey { tenant, table, block };
        let blocks = self.image.blocks.range(key(0, 0)..=key(u32::MAX, u32::MAX));
        blocks.map(|(key, _)| *key)
    }

    /// Begins the next epoch. One that was begun before, and not committed, cannot be committed any more. After
    /// [`StoreError::Gone`] the next one must hold all blocks.
    pub fn begin(&mut self, cut: Cut) -> Result<EpochWriter, StoreError> {
        self.check()?;
        self.look_at_files()?;
        let encoder = PartEncoder::new();
        let mut log = self.log.take().unwrap_or_else(|| self.new_log());
        log.set_limits(self.segment_limits());
        self.lent = log.extents().iter().map(|extent| extent.id.number).collect();
        self.begun += 1;
        let ticket = self.begun;
        let tools = Tools { ticket, log, encoder };
        let mut writer = EpochWriter::new(cut, &self.image, tools);
        self.gone_blocks().for_each(|key| writer.remove_block(key));
        Ok(writer)
    }

    /// Commits an epoch: all of it is durable and seen from now on, or nothing of it. What the endpoints' queues then
    /// hold beyond their bounds is dropped in the same commit.
    pub fn commit(&mut self, writer: EpochWriter) -> Result<Committed, StoreError> {
        let mut written = writer.finish();
        let begun = written.log.extents();
        match self.commit_written(&mut written) {
            Ok(dropped) => {
                self.lent.clear();
                self.log = Some(written.log);
                let epoch = written.epoch;
                Ok(Committed { epoch, dropped })
            }
            Err(error) => {
                self.give_up(&begun);
                Err(error)
            }
        }
    }

    /// Gives up an epoch that was begun, and the room that it took.
    pub fn abandon(&mut self, writer: EpochWriter) {
        self.give_up(&writer.finish().log.extents());
    }

    fn commit_written(&mut self, written: &mut Written) -> Result<Vec<Dropped>, StoreError> {
        self.check()?;
        if written.is_incomplete || written.ticket != self.begun {
            return Err(StoreError::Incomplete);
        }
        let extents = written.log.sync().map_err(StoreError::NotCommitted)?;
        let mut change = mem::take(&mut written.change);
        change.segments = extents.into_iter().map(Extent::into).collect();
        let now = written.epoch.cut_unix_milliseconds;
        let mut dropped = overflow(&self.image.queues, &written.samples, self.limits.queue, now);
        dropped.extend(self.gone_samples());
        change.taken = dropped.iter().map(Dropped::record).collect();
        self.write(change)?;
        self.gone.clear();
        Ok(dropped)
    }

    /// Removes the files of those of the segments `begun` that no commit speaks of.
    pub(super) fn give_up(&mut self, begun: &[Extent]) {
        if self.is_in_doubt {
            return;
        }
        let numbers = begun.iter().map(|extent| extent.id.number);
        let unknown = numbers.filter(|number| !self.image.segments.contains_key(number));
        let files: Vec<_> = unknown.map(|number| self.segment_path(number)).collect();
        self.unused_files.extend(files);
        self.remove_unused_files();
    }

    pub(super) fn new_log(&self) -> SegmentedLog {
        let (disk, folder) = (Arc::clone(&self.disk), self.folder.clone());
        let limits = self.segment_limits();
        SegmentedLog::new(disk, folder, SEGMENT, limits, self.numbers.clone())
    }

    pub(super) fn segment_limits(&self) -> SegmentLimits {
        self.limits.segments.of_state(self.image.live_bytes())
    }

    pub(super) fn check(&self) -> Result<(), StoreError> {
        if self.is_in_doubt {
            Err(StoreError::ReopenNeeded)
        } else {
            Ok(())
        }
    }
}

impl SegmentSizes {
    /// How large segments are when `live_bytes` are in use.
    fn of_state(self, live_bytes: u64) -> SegmentLimits {
        let part = live_bytes / SEGMENTS_OF_A_STATE;
        SegmentLimits {
            segment_bytes: part.max(self.least).min(self.most),
        }
    }
}

impl Default for StoreLimits {
    /// Segments of 1 to 32 MiB; for each endpoint 1 GiB and a day; a manifest of 1 MiB.
    fn default() -> Self {
        Self {
            segments: SegmentSizes {
                least: 1 << 20,
                most: 32 << 20,
            },
            queue: QueueLimits {
                bytes: 1 << 30,
                age_milliseconds: 24 * 60 * 60 * 1000,
            },
            manifest_bytes: 1 << 20,
        }
    }
}
