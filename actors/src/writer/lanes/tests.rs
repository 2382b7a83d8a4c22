//! The queue of lanes rule by rule.

use super::*;
use crate::batches::{ChunkKind, Compressor, SeriesEnd};
use crate::writer::limits::Content;
use crate::writer::request::{Group, Part};
use crate::writer::suspicion::Retries;

pub(in crate::writer) fn limits(samples: u64, requests: usize, samples_per_request: u64) -> QueueLimits {
    QueueLimits {
        samples,
        requests,
        samples_per_request,
        age: None,
        content: Content::SamplesAndExemplars,
        retries: Retries {
            most: None,
            most_at_content: None,
            probes: true,
        },
    }
}

/// A chunk whose series are 8 bytes each: their numbers from `first` on.
pub(in crate::writer) fn chunk(
    kind: ChunkKind,
    lane: usize,
    first: u64,
    samples: &[u32],
    collected: i64,
) -> Chunk {
    let numbers = (first..).take(samples.len());
    let ends = samples
        .iter()
        .zip(1..)
        .map(|(samples, series): (_, u32)| SeriesEnd {
            byte: series * 8,
            samples: *samples,
            exemplars: 0,
        });
    Chunk {
        kind,
        lane,
        series: Compressor::new().compress(&numbers.flat_map(u64::to_be_bytes).collect::<Vec<_>>()),
        ends: ends.collect(),
        collected_unix_milliseconds: collected,
    }
}

pub(in crate::writer) fn numbers(part: &Part) -> Vec<u64> {
    let plain = part.series.decompress().unwrap();
    plain
        .chunks(8)
        .map(|bytes| u64::from_be_bytes(bytes.try_into().unwrap()))
        .collect()
}

pub(in crate::writer) fn numbers_of(request: &Request) -> Vec<u64> {
    request.parts().iter().flat_map(numbers).collect()
}

fn one(chunk: Chunk) -> Collected {
    vec![chunk].into()
}

#[test]
fn a_lane_waits_for_its_request_and_others_go_on() {
    let mut queue = LaneQueue::new(limits(100, 10, 2));
    queue.enqueue(&one(chunk(ChunkKind::Samples, 3, 0, &[1, 1, 1], 0)));
    queue.enqueue(&one(chunk(ChunkKind::Samples, 4, 10, &[1], 0)));
    let first = queue.take().unwrap();
    let other = queue.take().unwrap();
    assert_eq!((numbers_of(&first), numbers_of(&other)), (vec![0, 1], vec![10]));
    assert!(queue.take().is_none());
    queue.finish(first, Ending::Failed);
    assert_eq!(numbers_of(&queue.take().unwrap()), [2]);
}

#[test]
fn seeds_travel_alone_and_before_the_samples_of_their_series() {
    let mut queue = LaneQueue::new(limits(100, 10, 100));
    let chunks = vec![
        chunk(ChunkKind::Seeds, 1, 0, &[1], 0),
        chunk(ChunkKind::Samples, 1, 10, &[1], 0),
        chunk(ChunkKind::Exemplars, 1, 20, &[1], 0),
        chunk(ChunkKind::Samples, 2, 30, &[1], 0),
    ];
    queue.enqueue(&chunks.into());
    let seeds = queue.take().unwrap();
    assert_eq!((seeds.group(), numbers_of(&seeds)), (Group::Seeds, vec![0]));
    assert_eq!(numbers_of(&queue.take().unwrap()), [30]);
    queue.finish(seeds, Ending::Failed);
    assert_eq!(numbers_of(&queue.take().unwrap()), [10, 20]);
    assert_eq!(queue.totals().failed, Counts::of(ChunkKind::Seeds, 1));
}

#[test]
fn the_oldest_are_dropped_for_room_but_never_the_newest_collection() {
    let mut queue = LaneQueue::new(limits(5, 10, 100));
    assert!(
        queue
            .enqueue(&one(chunk(ChunkKind::Samples, 9, 0, &[3], 0)))
            .is_empty()
    );
    assert!(
        queue
            .enqueue(&one(chunk(ChunkKind::Samples, 1, 1, &[2], 0)))
            .is_empty()
    );
    assert_eq!(
        queue
            .enqueue(&one(chunk(ChunkKind::Samples, 1, 2, &[2], 0)))
            .samples,
        3
    );
    assert_eq!(
        queue
            .enqueue(&one(chunk(ChunkKind::Samples, 1, 3, &[9], 0)))
            .samples,
        4
    );
    assert_eq!(numbers_of(&queue.take().unwrap()), [3]);
}

#[test]
fn what_is_under_way_counts_against_the_bound_and_is_not_dropped() {
    let mut queue = LaneQueue::new(limits(4, 1, 100));
    queue.enqueue(&one(chunk(ChunkKind::Samples, 1, 0, &[3], 0)));
    let request = queue.take().unwrap();
    assert!(
        queue
            .enqueue(&one(chunk(ChunkKind::Samples, 2, 1, &[1], 0)))
            .is_empty()
    );
    assert_eq!(
        queue
            .enqueue(&one(chunk(ChunkKind::Samples, 2, 2, &[1], 0)))
            .samples,
        1
    );
    queue.finish(request, Ending::Sent);
    assert_eq!(numbers_of(&queue.take().unwrap()), [2]);
}

#[test]
fn exemplars_are_left_out_when_the_endpoint_takes_none() {
    let mut queue = LaneQueue::new(QueueLimits {
        content: Content::Samples,
        ..limits(9, 9, 9)
    });
    queue.enqueue(&one(chunk(ChunkKind::Exemplars, 1, 0, &[1], 0)));
    assert!(queue.take().is_none());
    assert_eq!(queue.totals(), Totals::default());
}

#[test]
fn the_age_of_the_oldest_covers_what_is_under_way() {
    let mut queue = LaneQueue::new(limits(9, 9, 9));
    assert_eq!(queue.oldest_unix_milliseconds(), None);
    queue.enqueue(&one(chunk(ChunkKind::Samples, 1, 0, &[1], 1_000)));
    queue.enqueue(&one(chunk(ChunkKind::Samples, 2, 1, &[1], 2_000)));
    let request = queue.take().unwrap();
    assert_eq!(queue.oldest_unix_milliseconds(), Some(1_000));
    queue.finish(request, Ending::Sent);
    assert_eq!(queue.oldest_unix_milliseconds(), None);
}

#[test]
fn a_request_that_ends_after_the_queue_was_abandoned_counts_once() {
    let mut queue = LaneQueue::new(limits(9, 9, 9));
    queue.enqueue(&one(chunk(ChunkKind::Samples, 1, 0, &[2], 0)));
    let request = queue.take().unwrap();
    assert_eq!(queue.abandon(), Counts::of(ChunkKind::Samples, 2));
    queue.finish(request, Ending::Sent);
    assert_eq!(
        (queue.totals().sent, queue.totals().dropped.samples),
        (Counts::default(), 2)
    );
}
