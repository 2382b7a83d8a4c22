//! The image: where all that is durable lies. It is in memory whole, and the manifest is its changes.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

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

impl SegmentUse {
    /// The bytes that nothing is in any more.
    pub fn dead_bytes(self) -> u64 {
        self.extent.bytes.saturating_sub(self.live_bytes)
    }
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

    /// The bytes of all frames that something is in.
    pub fn live_bytes(&self) -> u64 {
        self.segments.values().map(|used| used.live_bytes).sum()
    }

    /// The bytes of all frames that nothing is in any more.
    pub fn dead_bytes(&self) -> u64 {
        self.segments.values().map(|used| used.dead_bytes()).sum()
    }

    /// The segments in which nothing is left once `change` is applied, beside what it adds.
    pub fn emptied_by(&self, change: &Change) -> Vec<u64> {
        let freed = self.freed_by(change);
        let is_empty = |(number, used): &(&u64, &SegmentUse)| {
            used.live_bytes <= freed.get(*number).copied().unwrap_or(0)
        };
        let empty = self.segments.iter().filter(is_empty);
        empty.map(|(number, _)| *number).collect()
    }

    /// How many bytes of each segment `change` frees.
    fn freed_by(&self, change: &Change) -> BTreeMap<u64, u64> {
        let blocks = change.blocks.iter().chain(&change.removed_blocks);
        // A block that is put and removed at once has one place before.
        let keys: BTreeSet<_> = blocks.map(BlockRecord::key).collect();
        let blocks = keys.iter().filter_map(|key| self.blocks.get(key)).copied();
        let batches: BTreeSet<_> = self.batches_of(change).collect();
        let mut freed = BTreeMap::new();
        for place in blocks.chain(batches) {
            *freed.entry(place.segment).or_default() += place.bytes;
        }
        freed
    }

    /// Where the batches lie that `change` moves or takes.
    fn batches_of(&self, change: &Change) -> impl Iterator<Item = Place> {
        let moved = change.moved_samples.iter().cloned().filter_map(|record| {
            let (endpoint, moved) = record.into_parts();
            self.batch(&endpoint, moved.number).map(|batch| batch.place)
        });
        let taken = change.taken.iter().flat_map(|record| {
            let queue = self
                .queues
                .get(&record.endpoint.clone().into())
                .into_iter()
                .flatten();
            let taken = queue.take_while(|batch| batch.number <= record.up_to);
            taken.map(|batch| batch.place)
        });
        moved.chain(taken)
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
