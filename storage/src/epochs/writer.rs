//! An epoch that is being written: what it holds is on the disk, and nobody sees it before its commit.

use std::collections::BTreeMap;
use std::fmt;

use super::content::PartEncoder;
use super::epoch::{Epoch, QueuedBatch};
use super::error::StoreError;
use super::image::Image;
use super::keys::{BlockKey, EndpointKey, SourcePart};
use super::record::{BlockRecord, Change, SamplesRecord};
use crate::segments::{Place, SegmentError, SegmentedLog};

/// What an epoch begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// The time of the cut, in milliseconds since the Unix epoch.
    pub unix_milliseconds: i64,
    /// The version of what will be in the blocks.
    pub content_version: u32,
}

/// An epoch that is being written. Dropped, it never was, and the room that it took is free from the next start on;
/// [`EpochStore::abandon`](super::EpochStore::abandon) gives it back at once.
///
/// It can be written in as many slices as its owner likes, and the state goes on meanwhile. After a failed write it
/// cannot be committed.
#[must_use = "what is not committed is lost"]
pub struct EpochWriter {
    epoch: Epoch,
    tools: Tools,
    blocks: BTreeMap<BlockKey, Option<Place>>,
    samples: Vec<(EndpointKey, QueuedBatch)>,
    next_batch: u64,
    is_incomplete: bool,
}

/// What an epoch is written with.
pub struct Tools {
    /// Which of the epochs that were begun it is.
    pub ticket: u64,
    pub log: SegmentedLog,
    pub encoder: PartEncoder,
}

/// The parts of an epoch that is to be committed.
pub struct Written {
    pub epoch: Epoch,
    pub ticket: u64,
    pub log: SegmentedLog,
    pub change: Change,
    pub samples: Vec<(EndpointKey, QueuedBatch)>,
    pub is_incomplete: bool,
}

impl EpochWriter {
    pub(super) fn new(cut: Cut, image: &Image, tools: Tools) -> Self {
        let last = image.epoch.clone();
        let (number, positions) = last.map_or((0, BTreeMap::new()), |last| (last.number, last.positions));
        let epoch = Epoch {
            number: number + 1,
            cut_unix_milliseconds: cut.unix_milliseconds,
            content_version: cut.content_version,
            positions,
        };
        Self {
            epoch,
            tools,
            blocks: BTreeMap::new(),
            samples: Vec::new(),
            next_batch: image.next_batch,
            is_incomplete: false,
        }
    }

    /// The number that the epoch will have.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.epoch.number
    }

    /// Puts a block in the place of the one with this key, if any. Blocks that are not put stay as they are.
    pub fn put_block(&mut self, key: BlockKey, block: &[u8]) -> Result<(), StoreError> {
        let Tools { log, encoder, .. } = &mut self.tools;
        let encoded = encoder.block(block);
        let placed = encoded.and_then(|(kind, payload)| log.append(kind, payload));
        let place = self.noted(placed)?;
        self.blocks.insert(key, Some(place));
        Ok(())
    }

    /// Removes a block; nothing where there is none.
    pub fn remove_block(&mut self, key: BlockKey) {
        self.blocks.insert(key, None);
    }

    /// Appends `samples` samples to what waits for `endpoint`. They were collected at `cut_unix_milliseconds`, and are
    /// given back as these `bytes`.
    pub fn put_samples(
        &mut self,
        endpoint: EndpointKey,
        cut_unix_milliseconds: i64,
        samples: u64,
        bytes: &[u8],
    ) -> Result<(), StoreError> {
        let Tools { log, encoder, .. } = &mut self.tools;
        let encoded = encoder.samples(bytes);
        let placed = encoded.and_then(|(kind, payload)| log.append(kind, payload));
        let batch = QueuedBatch {
            number: self.next_batch,
            cut_unix_milliseconds,
            samples,
            place: self.noted(placed)?,
        };
        self.next_batch += 1;
        self.samples.push((endpoint, batch));
        Ok(())
    }

    /// Sets up to where all sources are in. Those of the last epoch stay where this is not called.
    pub fn set_positions(&mut self, positions: BTreeMap<SourcePart, u64>) {
        self.epoch.positions = positions;
    }

    pub(super) fn finish(self) -> Written {
        let mut change = Change {
            epoch: Some((&self.epoch).into()),
            next_batch: self.next_batch,
            ..Change::default()
        };
        let no_place = Place {
            segment: 0,
            offset: 0,
            bytes: 0,
        };
        for (key, place) in self.blocks {
            match place {
                Some(place) => change.blocks.push(BlockRecord::new(key, place)),
                None => change.removed_blocks.push(BlockRecord::new(key, no_place)),
            }
        }
        let samples = self.samples.iter();
        change.samples = samples
            .map(|(endpoint, batch)| SamplesRecord::new(endpoint, batch))
            .collect();
        Written {
            epoch: self.epoch,
            ticket: self.tools.ticket,
            log: self.tools.log,
            change,
            samples: self.samples,
            is_incomplete: self.is_incomplete,
        }
    }

    fn noted(&mut self, placed: Result<Place, SegmentError>) -> Result<Place, StoreError> {
        self.is_incomplete |= placed.is_err();
        placed.map_err(StoreError::Unwritten)
    }
}

impl fmt::Debug for EpochWriter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("EpochWriter");
        shown.field("epoch", &self.epoch).field("log", &self.tools.log);
        shown.finish_non_exhaustive()
    }
}
