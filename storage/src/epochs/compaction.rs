//! Rewrites what is left in segments of which much is of no use, a slice at a time, so that they can be removed.

use super::blocks::lost;
use super::epoch::QueuedBatch;
use super::error::{Lost, StoreError};
use super::image::SegmentUse;
use super::record::{BlockRecord, Change, SamplesRecord};
use super::store::EpochStore;
use super::victim::{Owner, Victim};
use crate::segments::{Extent, Place, SegmentedLog};

/// What a slice of rewriting did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rewritten {
    /// How many bytes were rewritten.
    pub bytes: u64,
    /// Whether there is more to do now.
    pub has_more: bool,
}

/// What was copied, and is to be committed.
struct Slice {
    victim: Victim,
    change: Change,
    bytes: u64,
}

impl SegmentUse {
    /// At least half of it is of no use, or a quarter when the whole state `is_wasteful`: so no more than three bytes are
    /// ever written to free one.
    fn is_worth_rewriting(self, is_wasteful: bool) -> bool {
        let parts = if is_wasteful { 4 } else { 2 };
        self.dead_bytes().saturating_mul(parts) > self.extent.bytes
    }
}

impl EpochStore {
    /// Rewrites up to `most_bytes`, or one block or batch that is longer, and commits that. Blocks and samples stay as
    /// they are; only their places change. Nothing happens while each segment is half in use, and four fifths of all.
    pub fn rewrite(&mut self, most_bytes: u64) -> Result<Rewritten, StoreError> {
        self.check()?;
        let Some(victim) = self.victim.take().or_else(|| self.find_victim()) else {
            return Ok(Rewritten::default());
        };
        let mut log = self.rewritten.take().unwrap_or_else(|| self.new_log());
        let copied = self.copy_slice(victim, &mut log, most_bytes);
        let begun = log.extents();
        match copied.and_then(|slice| self.commit_slice(slice, &mut log)) {
            Ok(bytes) => {
                self.rewritten = Some(log);
                let has_more = self.victim.is_some() || self.least_used().is_some();
                Ok(Rewritten { bytes, has_more })
            }
            Err(error) => {
                self.give_up(&begun);
                Err(error)
            }
        }
    }

    fn copy_slice(
        &mut self,
        mut victim: Victim,
        log: &mut SegmentedLog,
        most_bytes: u64,
    ) -> Result<Slice, StoreError> {
        let (mut change, mut bytes) = (Change::default(), 0);
        while let Some(owner) = victim.owners.last() {
            let place = self.place_in(victim.number, owner);
            let more = place.map_or(0, |place| place.bytes);
            if bytes > 0 && bytes + more > most_bytes {
                break;
            }
            if let Some(place) = place {
                let moved = self.copy(owner, place, log)?;
                self.note(owner, moved, &mut change);
            }
            bytes += more;
            victim.owners.pop();
        }
        Ok(Slice {
            victim,
            change,
            bytes,
        })
    }

    fn commit_slice(&mut self, slice: Slice, log: &mut SegmentedLog) -> Result<u64, StoreError> {
        let Slice {
            victim,
            mut change,
            bytes,
        } = slice;
        let extents = log.sync().map_err(StoreError::NotCommitted)?;
        change.segments = extents.into_iter().map(Extent::into).collect();
        self.write(change)?;
        self.victim = Some(victim).filter(|victim| !victim.owners.is_empty());
        Ok(bytes)
    }

    fn find_victim(&self) -> Option<Victim> {
        let number = self.least_used()?;
        let owners = self.owners(number);
        Some(Victim { number, owners })
    }

    /// The least used segment of those that are worth it and that nothing is appended to.
    fn least_used(&self) -> Option<u64> {
        let is_wasteful = self.is_wasteful();
        let segments = self.image.segments.iter();
        let idle = segments.filter(|(number, _)| !self.is_written(**number));
        let worth_it = idle.filter(|(_, used)| used.is_worth_rewriting(is_wasteful));
        let least = worth_it.min_by_key(|(_, used)| used.live_bytes);
        least.map(|(number, _)| *number)
    }

    /// Whether there is so much of no use that more than the emptiest segments are to be rewritten.
    fn is_wasteful(&self) -> bool {
        self.image.dead_bytes() > self.image.live_bytes() / 4
    }

    fn owners(&self, number: u64) -> Vec<Owner> {
        let blocks = self.image.blocks.iter();
        let inside = blocks.filter(|(_, place)| place.segment == number);
        let mut owners: Vec<_> = inside.map(|(key, _)| Owner::Block(*key)).collect();
        for (endpoint, queue) in &self.image.queues {
            let inside = queue.iter().filter(|batch| batch.place.segment == number);
            owners.extend(inside.map(|batch| Owner::Batch(endpoint.clone(), batch.number)));
        }
        owners
    }

    /// Where the frame of `owner` is, when it still is in the segment `number`.
    fn place_in(&self, number: u64, owner: &Owner) -> Option<Place> {
        let place = match owner {
            Owner::Block(key) => self.image.blocks.get(key).copied(),
            Owner::Batch(endpoint, batch) => self.image.batch(endpoint, *batch).map(|batch| batch.place),
        };
        place.filter(|place| place.segment == number)
    }

    fn copy(&mut self, owner: &Owner, place: Place, log: &mut SegmentedLog) -> Result<Place, StoreError> {
        let read = self.segment(place.segment)?.read(place);
        let frame = read.map_err(|error| match self.lost_of(owner) {
            Some(part) => lost(error, part),
            None => error.into(),
        })?;
        let copied = log.append(frame.kind, &frame.payload);
        copied.map_err(StoreError::NotCommitted)
    }

    /// What is lost when the frame of `owner` is.
    fn lost_of(&self, owner: &Owner) -> Option<Lost> {
        match owner {
            Owner::Block(key) => Some(Lost::Block(*key)),
            Owner::Batch(endpoint, batch) => self.image.batch(endpoint, *batch).map(|batch| Lost::Samples {
                endpoint: endpoint.clone(),
                samples: batch.samples,
                cut_unix_milliseconds: batch.cut_unix_milliseconds,
            }),
        }
    }

    fn note(&self, owner: &Owner, place: Place, change: &mut Change) {
        match owner {
            Owner::Block(key) => change.blocks.push(BlockRecord::new(*key, place)),
            Owner::Batch(endpoint, batch) => {
                let batch = self.image.batch(endpoint, *batch);
                let moved = batch.map(|batch| QueuedBatch { place, ..*batch });
                let record = moved.map(|batch| SamplesRecord::new(endpoint, &batch));
                change.moved_samples.extend(record);
            }
        }
    }
}
