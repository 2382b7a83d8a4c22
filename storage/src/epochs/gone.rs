//! Notices files that were removed or cut short beneath a running server, and goes on without them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::error::StoreError;
use super::keys::BlockKey;
use super::queue::Dropped;
use super::store::EpochStore;
use crate::segments::{SegmentError, file_name};

impl EpochStore {
    /// An error when a file is not as it was written. That comes once for each: what was in it is to be put again with the
    /// next epoch, and samples that were are [dropped](super::Committed::dropped) by it.
    pub(super) fn look_at_files(&mut self) -> Result<(), StoreError> {
        let listed = self.disk.list(&self.folder).map_err(SegmentError::from)?;
        let files: BTreeMap<_, _> = listed.into_iter().map(|file| (file.name, file.bytes)).collect();
        let is_there = |name: &str, bytes: u64| files.get(name).is_some_and(|there| *there >= bytes);
        let name = file_name(super::manifest::MANIFEST, self.manifest.number());
        let mut gone: Option<PathBuf> = None;
        if !self.manifest.is_broken() && !is_there(&name, self.manifest.bytes()) {
            self.manifest.give_up();
            gone = Some(self.manifest.path().to_owned());
        }
        for (number, used) in &self.image.segments {
            let name = file_name(super::recover::SEGMENT, *number);
            if used.live_bytes > 0 && !is_there(&name, used.extent.bytes) && self.gone.insert(*number) {
                gone = gone.or(Some(self.folder.join(name)));
            }
        }
        let Some(path) = gone else { return Ok(()) };
        // One of them may be among the files that are written.
        (self.log, self.rewritten, self.victim) = (None, None, None);
        Err(StoreError::Gone { path })
    }

    /// The blocks that lie in files which are gone: those that are not put again are no more.
    pub(super) fn gone_blocks(&self) -> impl Iterator<Item = BlockKey> {
        let blocks = self.image.blocks.iter();
        let gone = blocks.filter(|(_, place)| self.gone.contains(&place.segment));
        gone.map(|(key, _)| *key)
    }

    /// The samples that lie in files which are gone, with those before them: what comes after is sent in order.
    pub(super) fn gone_samples(&self) -> Vec<Dropped> {
        let queues = self.image.queues.iter();
        let dropped = queues.filter_map(|(endpoint, queue)| {
            let is_gone = |place: crate::segments::Place| self.gone.contains(&place.segment);
            let count = 1 + queue.iter().rposition(|batch| is_gone(batch.place))?;
            Dropped::of(endpoint, queue.iter().take(count))
        });
        dropped.collect()
    }
}
