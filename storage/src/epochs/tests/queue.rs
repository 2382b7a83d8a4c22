//! Samples wait for their endpoint in order, within bounds, and are given up only as told.

use super::*;

fn put(store: &mut EpochStore, seconds: i64, batches: &[(&str, u64)]) -> Committed {
    let mut writer = store.begin(cut(seconds)).unwrap();
    for (name, samples) in batches {
        let bytes = format!("{samples} for {name} at {seconds}");
        writer
            .put_samples(endpoint(name), seconds * 1000, *samples, bytes.as_bytes())
            .unwrap();
    }
    store.commit(writer).unwrap()
}

/// How many samples each batch has, in order.
fn waiting(store: &mut EpochStore, name: &str) -> Vec<u64> {
    let (mut samples, mut after) = (Vec::new(), None);
    while let Some(batch) = store.take(&endpoint(name), after).unwrap() {
        let seconds = batch.cut_unix_milliseconds / 1000;
        assert_eq!(
            batch.bytes,
            format!("{} for {name} at {seconds}", batch.samples).as_bytes()
        );
        samples.push(batch.samples);
        after = Some(batch.number);
    }
    samples
}

#[test]
fn samples_wait_in_order_over_restarts_until_they_are_acknowledged() {
    let disk = MemoryDisk::default();
    let (mut store, _) = open(&disk).unwrap();
    put(&mut store, 1, &[("a", 1), ("b", 2), ("a", 3)]);
    put(&mut store, 2, &[("a", 4)]);
    let (mut store, _) = open(&disk).unwrap();
    assert_eq!(waiting(&mut store, "a"), [1, 3, 4]);
    let first = store.take(&endpoint("a"), None).unwrap().unwrap();
    store.acknowledge(&endpoint("a"), first.number);
    assert_eq!(waiting(&mut store, "a"), [3, 4]);
    store.flush().unwrap();
    let (mut store, _) = open(&disk).unwrap();
    assert_eq!(waiting(&mut store, "a"), [3, 4]);
    assert_eq!(waiting(&mut store, "b"), [2]);
}

#[test]
fn what_was_acknowledged_but_not_flushed_is_given_out_again() {
    let disk = MemoryDisk::default();
    let (mut store, _) = open(&disk).unwrap();
    put(&mut store, 1, &[("a", 1), ("a", 2)]);
    store.acknowledge(&endpoint("a"), u64::MAX);
    assert_eq!(waiting(&mut store, "a"), [0; 0]);
    let (mut store, _) = open(&disk).unwrap();
    assert_eq!(waiting(&mut store, "a"), [1, 2]);
}

#[test]
fn an_acknowledgement_that_comes_late_takes_nothing_back() {
    let disk = MemoryDisk::default();
    let (mut store, _) = open(&disk).unwrap();
    put(&mut store, 1, &[("a", 1), ("a", 2), ("a", 3)]);
    let first = store.take(&endpoint("a"), None).unwrap().unwrap().number;
    store.acknowledge(&endpoint("a"), first + 1);
    store.acknowledge(&endpoint("a"), first);
    store.flush().unwrap();
    let (mut store, _) = open(&disk).unwrap();
    assert_eq!(waiting(&mut store, "a"), [3]);
}

#[test]
fn an_acknowledgement_of_more_than_there_is_takes_nothing_that_comes_later() {
    let disk = MemoryDisk::default();
    let (mut store, _) = open(&disk).unwrap();
    store.acknowledge(&endpoint("a"), u64::MAX);
    put(&mut store, 1, &[("a", 1)]);
    store.acknowledge(&endpoint("a"), u64::MAX);
    put(&mut store, 2, &[("a", 2)]);
    assert_eq!(waiting(&mut store, "a"), [2]);
    let (mut store, _) = open(&disk).unwrap();
    assert_eq!(waiting(&mut store, "a"), [2]);
}

#[test]
fn numbers_are_not_given_out_again_once_a_queue_was_empty() {
    let disk = MemoryDisk::default();
    let (mut store, _) = open(&disk).unwrap();
    put(&mut store, 1, &[("a", 1)]);
    let first = store.take(&endpoint("a"), None).unwrap().unwrap().number;
    store.acknowledge(&endpoint("a"), first);
    store.flush().unwrap();
    // The first start replays the batch and that it was taken; the second has a snapshot without either.
    drop(open(&disk).unwrap());
    let (mut store, _) = open(&disk).unwrap();
    put(&mut store, 2, &[("a", 2)]);
    assert_eq!(
        store.take(&endpoint("a"), Some(first)).unwrap().unwrap().samples,
        2
    );
}

#[test]
fn what_is_beyond_the_bytes_is_dropped_from_the_oldest_on_but_never_the_last_cut() {
    let disk = MemoryDisk::default();
    let (mut store, _) = open(&disk).unwrap();
    // A batch is 36 bytes with its header.
    store.limits.queue.bytes = 100;
    assert_eq!(put(&mut store, 1, &[("a", 1), ("a", 2), ("b", 3)]).dropped, []);
    let dropped = put(&mut store, 2, &[("a", 4)]).dropped;
    let backlog = Backlog {
        batches: 1,
        samples: 1,
        bytes: 36,
        oldest_cut_unix_milliseconds: Some(1000),
    };
    assert_eq!(
        (dropped.len(), &dropped[0].endpoint, dropped[0].backlog),
        (1, &endpoint("a"), backlog)
    );
    assert_eq!(waiting(&mut store, "a"), [2, 4]);
    let dropped = put(&mut store, 3, &[("a", 5), ("a", 6), ("a", 7), ("a", 8)]).dropped;
    assert_eq!(dropped[0].backlog.samples, 2 + 4);
    assert_eq!(waiting(&mut store, "a"), [5, 6, 7, 8]);
    let (mut store, _) = open(&disk).unwrap();
    assert_eq!(waiting(&mut store, "a"), [5, 6, 7, 8]);
    assert_eq!(waiting(&mut store, "b"), [3]);
}

#[test]
fn what_is_too_old_is_dropped_also_when_nothing_comes_after_it() {
    let disk = MemoryDisk::default();
    let (mut store, _) = open(&disk).unwrap();
    store.limits.queue.age_milliseconds = 5000;
    put(&mut store, 1, &[("a", 1)]);
    put(&mut store, 3, &[("a", 2)]);
    assert_eq!(put(&mut store, 6, &[]).dropped, []);
    let dropped = put(&mut store, 7, &[]).dropped;
    assert_eq!(dropped[0].backlog.samples, 1);
    let dropped = put(&mut store, 9, &[]).dropped;
    assert_eq!(dropped[0].backlog.samples, 2);
    assert_eq!(store.backlogs().count(), 0);
}

#[test]
fn endpoints_that_are_gone_are_listed_and_removed_with_what_is_lost() {
    let disk = MemoryDisk::default();
    let (mut store, _) = open(&disk).unwrap();
    put(&mut store, 1, &[("kept", 1), ("gone", 2), ("gone", 3)]);
    let names: Vec<_> = store
        .backlogs()
        .map(|(endpoint, _)| endpoint.name.clone())
        .collect();
    assert_eq!(names, ["gone", "kept"]);
    let lost = store.remove_endpoint(&endpoint("gone"));
    assert_eq!(
        (lost.batches, lost.samples, lost.oldest_cut_unix_milliseconds),
        (2, 5, Some(1000))
    );
    store.flush().unwrap();
    let (mut store, _) = open(&disk).unwrap();
    assert_eq!(store.backlogs().count(), 1);
    assert_eq!(store.remove_endpoint(&endpoint("gone")), Backlog::default());
    assert_eq!(waiting(&mut store, "kept"), [1]);
}
