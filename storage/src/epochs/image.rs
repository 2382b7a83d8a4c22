//! The image: where all that is durable lies. It is in memory whole, and the manifest is its changes.

use std::collections::{BTreeMap, VecDeque};

use super::epoch::{Epoch, QueuedBatch};
use super::keys::{BlockKey, EndpointKey};
use super::record::{BlockRecord, Change, SamplesRecord};
use crate::segments::{Extent, Place};

/// What is durable.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Image {
    pub epoch: Option<Epoch>,
    pub blocks: BTreeMap<BlockKey, Place>,
    /// Oldest first; no queue is empty.
    pub queues: BTreeMap<EndpointKey, VecDeque<QueuedBatch>>,
    pub segments: BTreeMap<u64, SegmentUse>,
    pub next_batch: u64,
    pub next_segment: u64,
}

/// How much of a segment is in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentUse {
    pub extent: Extent,
    /// The bytes of the frames that something is still in.
    pub live_bytes: u64,
}

impl Image {
    /// Applies a change that is durable.
    pub fn apply(&mut self, change: Change) {
        self.epoch = change.epoch.map(Epoch::from).or_else(|| self.epoch.take());
        self.next_batch = self.next_batch.max(change.next_batch);
        self.next_segment = self.next_segment.max(change.next_segment);
        change
            .segments
            .into_iter()
            .for_each(|record| self.grow(record.into()));
        change.blocks.iter().for_each(|record| self.put_block(record));
        for record in &change.removed_blocks {
            let removed = self.blocks.remove(&record.key());
            self.give_up(removed);
        }
        change.samples.into_iter().for_each(|record| self.enqueue(record));
        change
            .moved_samples
            .into_iter()
            .for_each(|record| self.move_samples(record));
        for record in change.taken {
            self.take(&record.endpoint.into(), record.up_to);
        }
        for number in change.removed_segments {
            self.segments.remove(&number);
        }
    }

    /// The change that makes this image of the empty one.
    pub fn snapshot(&self) -> Change {
        let blocks = self.blocks.iter();
        let queues = self.queues.iter();
        let batches = queues.flat_map(|(endpoint, queue)| queue.iter().map(move |batch| (endpoint, batch)));
        Change {
            epoch: self.epoch.as_ref().map(Into::into),
            segments: self.segments.values().map(|used| used.extent.into()).collect(),
            blocks: blocks
                .map(|(key, place)| BlockRecord::new(*key, *place))
                .collect(),
            samples: batches
                .map(|(endpoint, batch)| SamplesRecord::new(endpoint, batch))
                .collect(),
            next_batch: self.next_batch,
            next_segment: self.next_segment,
            ..Change::default()
        }
    }

    /// Takes the batches of `endpoint` up to number `up_to` out of its queue, and returns them.
    pub fn take(&mut self, endpoint: &EndpointKey, up_to: u64) -> Vec<QueuedBatch> {
        let Some(queue) = self.queues.get_mut(endpoint) else {
            return Vec::new();
        };
        let taken = queue.iter().take_while(|batch| batch.number <= up_to).count();
        let taken: Vec<_> = queue.drain(..taken).collect();
        if queue.is_empty() {
            self.queues.remove(endpoint);
        }
        taken.iter().for_each(|batch| self.give_up(Some(batch.place)));
        taken
    }

    /// The batch of `endpoint` with this number.
    pub fn batch(&self, endpoint: &EndpointKey, number: u64) -> Option<&QueuedBatch> {
        let mut queue = self.queues.get(endpoint).into_iter().flatten();
        queue.find(|batch| batch.number == number)
    }

    fn grow(&mut self, extent: Extent) {
        self.next_segment = self.next_segment.max(extent.id.number + 1);
        let fresh = SegmentUse {
            extent,
            live_bytes: 0,
        };
        self.segments.entry(extent.id.number).or_insert(fresh).extent = extent;
    }

    fn put_block(&mut self, record: &BlockRecord) {
        let place = record.place.into();
        self.use_place(place);
        let before = self.blocks.insert(record.key(), place);
        self.give_up(before);
    }

    fn enqueue(&mut self, record: SamplesRecord) {
        let (endpoint, batch) = record.into_parts();
        self.use_place(batch.place);
        self.next_batch = self.next_batch.max(batch.number + 1);
        self.queues.entry(endpoint).or_default().push_back(batch);
    }

    fn move_samples(&mut self, record: SamplesRecord) {
        let (endpoint, moved) = record.into_parts();
        let queue = self.queues.get_mut(&endpoint).into_iter().flatten();
        let mut same = queue.filter(|batch| batch.number == moved.number);
        if let Some(batch) = same.next() {
            let before = std::mem::replace(&mut batch.place, moved.place);
            self.use_place(moved.place);
            self.give_up(Some(before));
        }
    }

    fn use_place(&mut self, place: Place) {
        if let Some(used) = self.segments.get_mut(&place.segment) {
            used.live_bytes += place.bytes;
        }
    }

    fn give_up(&mut self, place: Option<Place>) {
        let Some(place) = place else { return };
        if let Some(used) = self.segments.get_mut(&place.segment) {
            used.live_bytes = used.live_bytes.saturating_sub(place.bytes);
        }
    }
}
