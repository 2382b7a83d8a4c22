//! The queue of a store: what waits is given out in order, and stays until it is acknowledged.

use std::collections::VecDeque;
use std::sync::Arc;

use super::blocks::lost;
use super::content::decode_samples;
use super::epoch::QueuedBatch;
use super::error::{Lost, StoreError};
use super::keys::{EndpointKey, TenantKey};
use super::queue::{Backlog, SampleBatch};
use super::store::EpochStore;
use crate::segments::{Flaw, Segment};

impl EpochStore {
    /// What waits for each endpoint. Those that are not configured any more are among them.
    pub fn backlogs(&self) -> impl Iterator<Item = (&EndpointKey, Backlog)> {
        let queues = self.image.queues.iter();
        queues.map(|(endpoint, queue)| (endpoint, queue.iter().collect()))
    }

    /// Whether anything waits for an endpoint of `tenant`.
    #[must_use]
    pub fn has_waiting(&self, tenant: TenantKey) -> bool {
        let first = EndpointKey {
            tenant,
            name: String::new(),
        };
        let mut queues = self.image.queues.range(first..);
        queues
            .next()
            .is_some_and(|(endpoint, _)| endpoint.tenant == tenant)
    }

    /// The oldest batch of `endpoint`, or the first one after number `after`. It stays until it is acknowledged.
    pub fn take(
        &mut self,
        endpoint: &EndpointKey,
        after: Option<u64>,
    ) -> Result<Option<SampleBatch>, StoreError> {
        let queue = self.image.queues.get(endpoint);
        let mut later = queue
            .into_iter()
            .flatten()
            .filter(|batch| after.is_none_or(|after| batch.number > after));
        let Some(batch) = later.next().copied() else {
            return Ok(None);
        };
        let segment = self.segment(batch.place.segment)?;
        read_batch(&segment, endpoint, batch).map(Some)
    }

    /// Forgets the batches of `endpoint` up to number `up_to`, that one too: it has them. That is durable with the next
    /// epoch or [`flush`](Self::flush); what a crash comes before is given out again.
    pub fn acknowledge(&mut self, endpoint: &EndpointKey, up_to: u64) {
        // Only what is there: the same number must not take what the next epoch brings.
        if let Some(last) = self.image.take(endpoint, up_to).last() {
            self.acknowledged.insert(endpoint.clone(), last.number);
        }
    }

    /// Removes all that waits for an endpoint that is gone, and returns what was lost. As durable as what is
    /// acknowledged.
    pub fn remove_endpoint(&mut self, endpoint: &EndpointKey) -> Backlog {
        let queue = self.image.queues.get(endpoint);
        let lost = queue.into_iter().flatten().collect();
        if let Some(last) = queue.and_then(VecDeque::back) {
            self.acknowledge(endpoint, last.number);
        }
        lost
    }

    /// The segment `number`, open to read.
    pub(super) fn segment(&mut self, number: u64) -> Result<Arc<Segment>, StoreError> {
        if let Some(open) = self.segments.get(&number) {
            return Ok(Arc::clone(open));
        }
        let path = self.segment_path(number);
        let segment = Arc::new(Segment::open(self.disk.as_ref(), &path)?);
        self.segments.insert(number, Arc::clone(&segment));
        Ok(segment)
    }
}

fn read_batch(
    segment: &Segment,
    endpoint: &EndpointKey,
    batch: QueuedBatch,
) -> Result<SampleBatch, StoreError> {
    let QueuedBatch {
        number,
        cut_unix_milliseconds,
        samples,
        place,
    } = batch;
    let lost = |error| {
        let endpoint = endpoint.clone();
        lost(
            error,
            Lost::Samples {
                endpoint,
                samples,
                cut_unix_milliseconds,
            },
        )
    };
    let frame = segment.read(place).map_err(lost)?;
    let meaningless = || lost(segment.damage(place.offset, place.bytes, Flaw::Meaning).into());
    let bytes = decode_samples(frame).ok_or_else(meaningless)?;
    Ok(SampleBatch {
        number,
        cut_unix_milliseconds,
        samples,
        bytes,
    })
}
