//! The remote-write queue: samples that were committed and that their endpoint has not taken yet, in order.

use std::collections::{BTreeMap, VecDeque};

use super::epoch::QueuedBatch;
use super::keys::EndpointKey;
use super::record::TakenRecord;

/// How much waits for one endpoint. What is beyond it is dropped, the oldest first. The samples of the last cut are not
/// dropped for their bytes, because the same series would be cut off each time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueLimits {
    /// The most bytes on the disk.
    pub bytes: u64,
    /// The most time between the cut of a sample and that of the last epoch.
    pub age_milliseconds: i64,
}

/// Samples of one cut, for one endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SampleBatch {
    /// Its number; numbers rise.
    pub number: u64,
    /// The cut they were collected at, in milliseconds since the Unix epoch.
    pub cut_unix_milliseconds: i64,
    /// How many samples.
    pub samples: u64,
    /// What was put.
    pub bytes: Vec<u8>,
}

/// What waits for an endpoint, or what was lost of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    /// How many batches.
    pub batches: u64,
    /// How many samples.
    pub samples: u64,
    /// How many bytes on the disk.
    pub bytes: u64,
    /// The cut of the oldest, in milliseconds since the Unix epoch; none when nothing waits.
    pub oldest_cut_unix_milliseconds: Option<i64>,
}

/// What was dropped of what waited for an endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dropped {
    /// The endpoint.
    pub endpoint: EndpointKey,
    /// What was dropped.
    pub backlog: Backlog,
    /// The number of the last batch that was.
    up_to: u64,
}

impl Dropped {
    /// These batches of `endpoint`, from its oldest on; none when there are none.
    pub(super) fn of<'a>(
        endpoint: &EndpointKey,
        batches: impl DoubleEndedIterator<Item = &'a QueuedBatch> + Clone,
    ) -> Option<Self> {
        Some(Self {
            endpoint: endpoint.clone(),
            up_to: batches.clone().next_back()?.number,
            backlog: batches.collect(),
        })
    }

    pub(super) fn record(&self) -> TakenRecord {
        TakenRecord::new(&self.endpoint, self.up_to)
    }
}

impl<'a> FromIterator<&'a QueuedBatch> for Backlog {
    fn from_iter<I: IntoIterator<Item = &'a QueuedBatch>>(batches: I) -> Self {
        batches.into_iter().fold(Self::default(), |sum, batch| Self {
            batches: sum.batches + 1,
            samples: sum.samples + batch.samples,
            bytes: sum.bytes + batch.place.bytes,
            oldest_cut_unix_milliseconds: sum
                .oldest_cut_unix_milliseconds
                .or(Some(batch.cut_unix_milliseconds)),
        })
    }
}

/// What is to be dropped of the queues once `added` is in them, as of `now` (in milliseconds since the Unix epoch).
pub fn overflow(
    queues: &BTreeMap<EndpointKey, VecDeque<QueuedBatch>>,
    added: &[(EndpointKey, QueuedBatch)],
    limits: QueueLimits,
    now: i64,
) -> Vec<Dropped> {
    let mut by_endpoint: BTreeMap<&EndpointKey, Vec<&QueuedBatch>> = BTreeMap::new();
    let waiting = queues
        .iter()
        .flat_map(|(endpoint, queue)| queue.iter().map(move |batch| (endpoint, batch)));
    for (endpoint, batch) in waiting.chain(added.iter().map(|(endpoint, batch)| (endpoint, batch))) {
        by_endpoint.entry(endpoint).or_default().push(batch);
    }
    let dropped = by_endpoint.into_iter().filter_map(|(endpoint, batches)| {
        let too_many = excess(&batches, limits, now);
        Dropped::of(endpoint, batches.iter().take(too_many).copied())
    });
    dropped.collect()
}

/// How many batches, from the oldest on, are beyond the limits.
fn excess(batches: &[&QueuedBatch], limits: QueueLimits, now: i64) -> usize {
    let last_cut = batches.last().map_or(now, |last| last.cut_unix_milliseconds);
    let mut bytes: u64 = batches.iter().map(|batch| batch.place.bytes).sum();
    let is_excess = |batch: &&&QueuedBatch| {
        let is_old = now.saturating_sub(batch.cut_unix_milliseconds) > limits.age_milliseconds;
        let goes = is_old || (bytes > limits.bytes && batch.cut_unix_milliseconds != last_cut);
        bytes -= if goes { batch.place.bytes } else { 0 };
        goes
    };
    batches.iter().take_while(is_excess).count()
}
