//! What was answered is replayed, in order and once, and what was refused is not.

mod beginnings;
mod bounds;
mod crashes;
mod damage;
mod digests;
mod power;
mod threads;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::*;
use crate::disk::memory::{MemoryDisk, Tear};
use crate::disk::{Disk, SystemDisk};
use crate::segments::{Flaw, SegmentError};

fn folder() -> &'static Path {
    Path::new("log-0")
}

fn limits() -> SpanLogLimits {
    SpanLogLimits {
        segment_bytes: 300,
        most_bytes: 1 << 20,
        kept_free_bytes: 0,
        kept_milliseconds: 0,
        writes_through: false,
    }
}

fn open(disk: &MemoryDisk) -> Result<SpanLog, SpanLogError> {
    SpanLog::open(Arc::new(disk.clone()), folder(), limits())
}

fn append(log: &mut SpanLog, body: &str) -> Result<u64, SpanLogError> {
    log.append(&Request {
        tenant: "one",
        stamp_unix_milliseconds: 7,
        encoding: 2,
        body: body.as_bytes(),
    })
}

fn bodies(log: &SpanLog, position: u64) -> Vec<String> {
    let requests = log.replay(position).map(Result::unwrap);
    let mut next = position;
    let body = |request: LoggedRequest| {
        assert_eq!(request.position, next);
        next += 1;
        String::from_utf8(request.body).unwrap()
    };
    requests.map(body).collect()
}

/// Removes the oldest segment when nothing before `position` is needed, and returns whether there may be another.
fn free(log: &mut SpanLog, position: u64) -> Result<bool, SpanLogError> {
    let Some(oldest) = log.unneeded(position)? else {
        return Ok(false);
    };
    oldest.remove()?;
    log.forget_oldest();
    Ok(true)
}

/// A log of requests "0", "1" and so on, in several segments.
fn numbered(disk: &MemoryDisk, requests: u64) -> SpanLog {
    let mut log = open(disk).unwrap();
    for number in 0..requests {
        assert_eq!(append(&mut log, &number.to_string()).unwrap(), number);
        log.sync().unwrap();
    }
    log
}

fn texts(numbers: std::ops::Range<u64>) -> Vec<String> {
    numbers.map(|number| number.to_string()).collect()
}

#[test]
fn requests_come_back_as_they_were_after_a_restart() {
    let above = tempfile::tempdir().unwrap();
    let folder = above.path().join("log");
    let open = || SpanLog::open(Arc::new(SystemDisk), &folder, limits()).unwrap();
    let mut log = open();
    let request = Request {
        tenant: "ténant",
        stamp_unix_milliseconds: -5,
        encoding: 9,
        body: &[0, 255],
    };
    assert_eq!(log.append(&request).unwrap(), 0);
    assert_eq!(
        (log.durable(), log.replay(0).count()),
        (0, 0),
        "not before it is durable"
    );
    assert_eq!(log.sync().unwrap(), 1);
    drop(log);
    let mut log = open();
    let logged = log.replay(0).next().unwrap().unwrap();
    assert_eq!(
        (logged.position, logged.tenant.as_str(), logged.encoding),
        (0, "ténant", 9)
    );
    assert_eq!((logged.stamp_unix_milliseconds, logged.body), (-5, vec![0, 255]));
    assert_eq!(append(&mut log, "next").unwrap(), 1);
}

#[test]
fn a_replay_begins_and_goes_on_where_it_is_told() {
    let disk = MemoryDisk::default();
    let log = numbered(&disk, 30);
    assert!(log.segments.len() > 3);
    for position in [0, 1, 13, 29, 30, 31] {
        assert_eq!(bodies(&log, position), texts(position..30));
        assert_eq!(bodies(&open(&disk).unwrap(), position), texts(position..30));
        assert_eq!(log.replay(position).remaining(), 30_u64.saturating_sub(position));
    }
}

#[test]
fn the_progress_of_a_replay_rises_to_all_there_is() {
    let log = numbered(&MemoryDisk::default(), 30);
    for position in [0, 13] {
        let mut replay = log.replay(position);
        let total = log.lag(position).bytes;
        assert_eq!(
            (replay.progress().done_bytes, replay.progress().total_bytes),
            (0, total)
        );
        let mut before = 0;
        while replay.next().is_some() {
            let done = replay.progress().done_bytes;
            assert!(before < done && done <= total, "{before} {done} {total}");
            before = done;
        }
        assert_eq!(before, total);
    }
}

#[test]
fn segments_that_no_position_needs_are_removed_and_positions_go_on() {
    let disk = MemoryDisk::default();
    let mut log = numbered(&disk, 30);
    let before = log.bytes();
    while free(&mut log, 13).unwrap() {}
    assert!(log.first() > 5 && log.first() <= 13 && log.bytes() < before);
    assert_eq!(disk.used_bytes(), log.bytes());
    assert_eq!(bodies(&log, 13), texts(13..30));
    let mut early = log.replay(2);
    let removed = early.next().unwrap().unwrap_err();
    assert!(matches!(removed, SpanLogError::Removed { positions } if positions == (2..log.first())));
    assert_eq!(early.next().unwrap().unwrap().position, log.first());
    while free(&mut log, 30).unwrap() {}
    let mut log = open(&disk).unwrap();
    assert_eq!(append(&mut log, "30").unwrap(), 30);
    log.sync().unwrap();
    while free(&mut log, 31).unwrap() {}
    assert_eq!((log.segments.len(), log.first(), log.durable()), (1, 30, 31));
    assert_eq!(bodies(&open(&disk).unwrap(), 30), texts(30..31));
}

#[test]
fn a_full_log_refuses_before_anything_is_written_and_goes_on_once_it_was_freed() {
    let disk = MemoryDisk::default();
    let mut log = numbered(&disk, 30);
    log.limits.most_bytes = log.bytes();
    let used = disk.used_bytes();
    let error = append(&mut log, "30").unwrap_err();
    assert!(
        matches!(error, SpanLogError::Full { bytes, .. } if bytes == log.bytes()),
        "{error}"
    );
    assert_eq!(disk.used_bytes(), used);
    while free(&mut log, 20).unwrap() {}
    assert_eq!(append(&mut log, "30").unwrap(), 30);
    log.sync().unwrap();
    assert_eq!(bodies(&log, 20), texts(20..31));
}

#[test]
fn what_a_sync_failed_for_is_not_replayed_and_its_positions_are_given_out_again() {
    for synced in [0, 2] {
        let disk = MemoryDisk::default();
        let mut log = numbered(&disk, synced);
        append(&mut log, "refused").unwrap();
        disk.fail_sync_after(0);
        assert!(matches!(
            log.sync(),
            Err(SpanLogError::Segment(SegmentError::Disk(_)))
        ));
        assert_eq!(bodies(&log, 0), texts(0..synced));
        assert_eq!(append(&mut log, &synced.to_string()).unwrap(), synced);
        log.sync().unwrap();
        assert_eq!(bodies(&log, 0), texts(0..synced + 1));
        disk.restart(Tear::Kept);
        assert_eq!(bodies(&open(&disk).unwrap(), 0), texts(0..synced + 1));
    }
}

#[test]
fn what_was_refused_stays_void_over_any_number_of_starts_without_requests() {
    let disk = MemoryDisk::default();
    let mut log = numbered(&disk, 2);
    append(&mut log, "refused").unwrap();
    disk.fail_sync_after(0);
    log.sync().unwrap_err();
    log.begin().unwrap();
    for tear in [Tear::Kept, Tear::Kept, Tear::Lost] {
        disk.restart(tear);
        assert_eq!(bodies(&open(&disk).unwrap(), 0), texts(0..2));
    }
    let mut log = open(&disk).unwrap();
    assert_eq!(append(&mut log, "2").unwrap(), 2);
    log.sync().unwrap();
    disk.restart(Tear::Lost);
    let mut log = open(&disk).unwrap();
    assert_eq!(bodies(&log, 0), texts(0..3));
    append(&mut log, "3").unwrap();
    log.sync().unwrap();
    while free(&mut log, 3).unwrap() {}
    assert_eq!(log.first(), 3, "what is void is removed with the rest");
}

#[test]
fn a_log_is_looked_at_without_a_change_and_removed_whole() {
    let disk = MemoryDisk::default();
    let mut log = numbered(&disk, 40);
    while free(&mut log, 20).unwrap() {}
    let first = log.first();
    drop(log);
    let shared: Arc<dyn Disk> = Arc::new(disk.clone());
    let before = disk.used_bytes();
    let condition = inspect(&shared, folder()).unwrap();
    assert_eq!(condition.positions, first..40);
    assert_eq!((condition.bytes, condition.losses.len()), (before, 0));
    assert!(condition.segments > 1 && disk.used_bytes() == before);
    let last = disk.list(folder()).unwrap().pop().unwrap();
    assert!(disk.flip(&folder().join(&last.name), last.bytes / 2, 3));
    let losses = inspect(&shared, folder()).unwrap().losses;
    assert_eq!(losses.len(), 1, "{losses:?}");
    let removed = remove(&disk, folder()).unwrap();
    assert_eq!((removed.files, removed.bytes), (condition.segments, before));
    assert_eq!(disk.used_bytes(), 0);
}

#[test]
fn a_log_that_is_written_through_comes_back_whole_and_a_segment_that_was_hardly_begun_is_none() {
    let above = tempfile::tempdir().unwrap();
    let folder = above.path().join("log");
    let limits = SpanLogLimits {
        segment_bytes: 10_000,
        writes_through: true,
        ..limits()
    };
    let open = || SpanLog::open(Arc::new(SystemDisk), &folder, limits);
    let long = "long".repeat(1_000);
    for restarts in 0..3 {
        let mut log = open().unwrap();
        for _ in 0..7 {
            append(&mut log, &long).unwrap();
            append(&mut log, "short").unwrap();
            log.sync().unwrap();
        }
        assert_eq!(bodies(&log, 0).len(), 14 * (restarts + 1));
        assert!(log.lag(0).bytes > 14_000 && bodies(&log, 0).contains(&long));
    }
    for begun in [&[0; 4096][..], &[0; 10], &[]] {
        std::fs::write(folder.join("log-00000099"), begun).unwrap();
        assert_eq!(open().unwrap().durable(), 42);
    }
    std::fs::write(folder.join("log-00000099"), [7; 4096]).unwrap();
    let opened = open().unwrap();
    assert_eq!(
        (opened.durable(), opened.damage().len()),
        (42, 1),
        "it may have held requests"
    );
}

#[test]
fn a_file_that_is_not_there_is_a_loss_that_is_told() {
    let disk = MemoryDisk::default();
    drop(numbered(&disk, 40));
    let shared: Arc<dyn Disk> = Arc::new(disk.clone());
    let files = disk.list(folder()).unwrap();
    disk.remove(&folder().join(&files[1].name)).unwrap();
    let condition = inspect(&shared, folder()).unwrap();
    assert_eq!(condition.positions, 0..40);
    assert_eq!(condition.losses.len(), 1);
    assert!(matches!(&condition.losses[0], SpanLogError::Lost(lost) if !lost.positions.is_empty()));
}

#[test]
fn what_came_lately_stays_when_it_is_freed_while_there_is_room() {
    let disk = MemoryDisk::default();
    let limits = SpanLogLimits {
        kept_milliseconds: 1_000,
        most_bytes: 100_000,
        ..limits()
    };
    let open = || SpanLog::open(Arc::new(disk.clone()), folder(), limits).unwrap();
    let mut log = open();
    let mut append_at = |stamp| {
        let request = Request {
            tenant: "one",
            stamp_unix_milliseconds: stamp,
            encoding: 0,
            body: &[7; 200],
        };
        log.append(&request).unwrap();
        log.sync().unwrap();
        let next = log.next;
        while free(&mut log, next).unwrap() {}
        log.bytes()
    };
    let held: Vec<_> = (0..10).map(|second| append_at(second * 500)).collect();
    assert!(held[9] < 4 * held[0], "what is older is freed: {held:?}");
    let many: Vec<_> = (0..200).map(|_| append_at(5_000)).collect();
    assert!(
        many.iter().all(|bytes| *bytes < 26_000),
        "no more than a quarter stays: {many:?}"
    );
}
