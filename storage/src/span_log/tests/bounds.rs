//! What is promised, bounded, refused by a full disk, and void.

use super::*;

#[test]
fn what_is_refused_is_void_at_once_when_the_next_segment_is_begun() {
    let disk = MemoryDisk::default();
    let mut log = numbered(&disk, 2);
    append(&mut log, "refused").unwrap();
    disk.fail_sync_after(0);
    log.sync().unwrap_err();
    log.begin().unwrap();
    disk.restart(Tear::Kept);
    assert_eq!(bodies(&open(&disk).unwrap(), 0), texts(0..2));
}

#[test]
fn what_is_promised_survives_the_process_and_its_positions_are_not_given_out_again() {
    let disk = MemoryDisk::default();
    let mut log = numbered(&disk, 2);
    append(&mut log, "2").unwrap();
    log.promise().unwrap();
    assert_eq!(bodies(&log, 0), texts(0..3));
    disk.restart(Tear::Kept);
    let mut log = open(&disk).unwrap();
    assert_eq!(bodies(&log, 0), texts(0..3));
    append(&mut log, "lost").unwrap();
    log.promise().unwrap();
    disk.fail_sync_after(0);
    log.sync().unwrap_err();
    assert_eq!(append(&mut log, "4").unwrap(), 4);
    log.sync().unwrap();
    disk.restart(Tear::Lost);
    let log = open(&disk).unwrap();
    let lost = log.replay(0).filter_map(Result::err).next().unwrap();
    assert!(
        matches!(&lost, SpanLogError::Lost(lost) if lost.positions == (3..4)),
        "{lost}"
    );
    assert_eq!(bodies(&log, 4), texts(4..5));
}

#[test]
fn a_full_disk_refuses_before_anything_is_written_and_leaves_room() {
    let disk = MemoryDisk::default();
    let mut log = numbered(&disk, 2);
    log.limits.kept_free_bytes = 1_000;
    let used = disk.used_bytes();
    disk.set_capacity(Some(used + 1_100));
    let error = append(&mut log, "2").unwrap_err();
    assert!(
        matches!(
            error,
            SpanLogError::DiskFull {
                free_bytes: 1_100,
                ..
            }
        ),
        "{error}"
    );
    assert_eq!(disk.used_bytes(), used);
    disk.set_capacity(Some(used + 2_000));
    assert_eq!(append(&mut log, "2").unwrap(), 2);
}

#[test]
fn a_request_as_long_as_the_bound_allows_makes_room_for_the_next_once_it_is_freed() {
    let disk = MemoryDisk::default();
    let mut log = open(&disk).unwrap();
    log.limits.most_bytes = 1_000;
    let long = "x".repeat(700);
    for position in 0..3 {
        assert_eq!(append(&mut log, &long).unwrap(), position);
        log.sync().unwrap();
        assert!(matches!(append(&mut log, &long), Err(SpanLogError::Full { .. })));
        while free(&mut log, position + 1).unwrap() {}
    }
    assert_eq!(open(&disk).unwrap().durable(), 3);
}

#[test]
fn the_lag_is_what_is_still_needed() {
    let disk = MemoryDisk::default();
    let log = numbered(&disk, 30);
    let bytes = log.bytes();
    assert_eq!(log.lag(0), Lag { requests: 30, bytes });
    let some = log.lag(20);
    assert!(some.requests == 10 && some.bytes < bytes && some.bytes > 0);
    assert_eq!(log.lag(30), Lag::default());
}

#[test]
fn a_log_that_lost_what_an_epoch_has_goes_on_after_it() {
    for kept in [0, 3] {
        let disk = MemoryDisk::default();
        drop(numbered(&disk, kept));
        let mut log = open(&disk).unwrap();
        assert_eq!((log.skip_to(7), log.skip_to(5)), (7 - kept, 0));
        assert_eq!((bodies(&log, 7), log.lag(7)), (texts(0..0), Lag::default()));
        assert_eq!(append(&mut log, "7").unwrap(), 7);
        log.sync().unwrap();
        disk.restart(Tear::Lost);
        let mut log = open(&disk).unwrap();
        assert_eq!(log.skip_to(7), 0);
        assert_eq!(bodies(&log, 7), texts(7..8));
    }
}
