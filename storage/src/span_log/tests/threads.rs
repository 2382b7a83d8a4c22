//! Requests of many callers are answered when they are on the disk, and refused when they cannot be.

use std::num::NonZeroUsize;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::super::worker::PACE;
use super::*;

const LIMITS: LogThreadLimits = LogThreadLimits {
    sync: SyncPolicy::Always,
    queue: NonZeroUsize::new(64).unwrap(),
    retry: Duration::ZERO,
};

fn request(body: impl Into<Bytes>) -> QueuedRequest {
    QueuedRequest {
        tenant: "one".into(),
        stamp_unix_milliseconds: 7,
        encoding: 2,
        body: body.into(),
    }
}

type Answer = Result<u64, Refusal>;

/// Queues a request; its answer comes out of what is returned.
fn queue(thread: &LogThread, body: impl Into<Bytes>) -> Receiver<Answer> {
    let (sender, answer) = channel();
    let ticket = Ticket::new(move |answer| sender.send(answer).unwrap());
    thread.append(request(body), ticket);
    answer
}

fn answer(thread: &LogThread, body: impl Into<Bytes>) -> Answer {
    queue(thread, body).recv_timeout(Duration::from_secs(30)).unwrap()
}

/// Logs a request in whose answer the thread stays until it is released.
fn hold(thread: &LogThread) -> Sender<()> {
    let ((release, held), (reached, is_held)) = (channel(), channel());
    let ticket = Ticket::new(move |_| {
        reached.send(()).unwrap();
        held.recv().unwrap();
    });
    thread.append(request("held"), ticket);
    is_held.recv().unwrap();
    release
}

/// Eight callers append 50 requests each, in a real folder. Returns what was answered, by position.
fn answered_by_many(folder: &Path, limits: LogThreadLimits) -> Vec<String> {
    let log = SpanLog::open(Arc::new(SystemDisk), folder, super::limits()).unwrap();
    let thread = LogThread::start("log", log, limits, || {}).unwrap();
    let caller = |caller: usize| {
        let bodies = (0..50).map(move |number| format!("{caller} {number}"));
        let answered = bodies.map(|body| (answer(&thread, body.clone()).unwrap(), body));
        answered.collect::<Vec<_>>()
    };
    let mut answered: Vec<_> = std::thread::scope(|scope| {
        let callers: Vec<_> = (0..8).map(|number| scope.spawn(move || caller(number))).collect();
        callers
            .into_iter()
            .flat_map(|caller| caller.join().unwrap())
            .collect()
    });
    assert_eq!(thread.status().refusing, None);
    answered.sort_unstable();
    answered.into_iter().map(|(_, body)| body).collect()
}

#[test]
fn what_many_callers_were_answered_is_replayed_in_the_order_of_positions() {
    let above = tempfile::tempdir().unwrap();
    for (name, sync) in [
        ("always", SyncPolicy::Always),
        ("interval", SyncPolicy::Interval(Duration::from_millis(5))),
    ] {
        let folder = above.path().join(name);
        let answered = answered_by_many(&folder, LogThreadLimits { sync, ..LIMITS });
        assert_eq!(answered.len(), 400);
        let log = SpanLog::open(Arc::new(SystemDisk), &folder, super::limits()).unwrap();
        assert_eq!(bodies(&log, 0), answered, "{name}");
    }
}

#[test]
fn requests_that_come_during_a_sync_share_the_next_one() {
    let disk = MemoryDisk::default();
    let thread = LogThread::start("log", open(&disk).unwrap(), LIMITS, || {}).unwrap();
    let release = hold(&thread);
    let waiting: Vec<_> = (0..5).map(|_| queue(&thread, "next")).collect();
    release.send(()).unwrap();
    for (position, answer) in (1..).zip(waiting) {
        assert_eq!(answer.recv().unwrap(), Ok(position));
    }
    while thread.status().durable < 6 {
        std::thread::yield_now();
    }
    assert_eq!(thread.status().syncs, 2);
}

#[test]
fn syncs_are_paced_while_requests_come_steadily() {
    let disk = MemoryDisk::default();
    let thread = LogThread::start("log", open(&disk).unwrap(), LIMITS, || {}).unwrap();
    let begun = Instant::now();
    for position in 0..20 {
        assert_eq!(answer(&thread, "next"), Ok(position));
    }
    assert!(begun.elapsed() >= PACE * 19, "{:?}", begun.elapsed());
}

#[test]
fn more_requests_than_the_queue_holds_are_refused_at_once() {
    let disk = MemoryDisk::default();
    let queue_of_two = LogThreadLimits {
        queue: NonZeroUsize::new(2).unwrap(),
        ..LIMITS
    };
    let thread = LogThread::start("log", open(&disk).unwrap(), queue_of_two, || {}).unwrap();
    let release = hold(&thread);
    let waiting = [queue(&thread, "1"), queue(&thread, "2")];
    assert_eq!(answer(&thread, "too many"), Err(Refusal::Busy));
    release.send(()).unwrap();
    assert_eq!(waiting.map(|answer| answer.recv().unwrap()), [Ok(1), Ok(2)]);
    assert_eq!(bodies(&thread.stop().unwrap(), 0), ["held", "1", "2"]);
}

#[test]
fn a_failed_sync_refuses_its_group_and_no_other_and_that_is_never_replayed() {
    let disk = MemoryDisk::default();
    let thread = LogThread::start("log", open(&disk).unwrap(), LIMITS, || {}).unwrap();
    assert_eq!(answer(&thread, "0"), Ok(0));
    disk.fail_sync_after(0);
    assert!(matches!(answer(&thread, "refused"), Err(Refusal::Failed(_))));
    assert_eq!(answer(&thread, "1"), Ok(1));
    let status = thread.status();
    assert_eq!((status.failures, status.refusing), (1, None));
    disk.fail_sync_after(0);
    assert!(matches!(
        answer(&thread, "refused, and the last"),
        Err(Refusal::Failed(_))
    ));
    drop(thread.stop());
    disk.restart(Tear::Kept);
    assert_eq!(bodies(&open(&disk).unwrap(), 0), ["0", "1"]);
}

#[test]
fn a_disk_that_cannot_be_written_refuses_with_the_reason_until_it_can() {
    let disk = MemoryDisk::default();
    let never = LogThreadLimits {
        retry: Duration::MAX,
        ..LIMITS
    };
    let thread = LogThread::start("log", open(&disk).unwrap(), never, || {}).unwrap();
    assert_eq!(answer(&thread, "0"), Ok(0));
    disk.set_power(0);
    assert!(matches!(answer(&thread, "1"), Err(Refusal::Failed(_))));
    assert!(matches!(answer(&thread, "1"), Err(Refusal::Failed(reason)) if reason.contains("power failed")));
    assert!(matches!(thread.status().refusing, Some(Refusal::Failed(_))));
    let log = thread.stop().unwrap();
    disk.set_power(u64::MAX);
    let thread = LogThread::start("log", log, LIMITS, || {}).unwrap();
    assert_eq!(answer(&thread, "1"), Ok(1));
    drop(thread.stop());
    assert_eq!(bodies(&open(&disk).unwrap(), 0), ["0", "1"]);
}

#[test]
fn a_file_that_is_removed_beneath_a_log_is_told_of_with_the_next_epoch_and_another_is_begun() {
    let disk = MemoryDisk::default();
    let soon = LogThreadLimits {
        retry: Duration::from_millis(50),
        ..LIMITS
    };
    let thread = LogThread::start("log", open(&disk).unwrap(), soon, || {}).unwrap();
    for position in 0..2 {
        assert_eq!(answer(&thread, position.to_string()), Ok(position));
    }
    let file = disk.list(folder()).unwrap().pop().unwrap();
    disk.remove(&folder().join(&file.name)).unwrap();
    thread.free_before(2);
    let begun = Instant::now();
    while thread.status().failures == 0 {
        assert!(begun.elapsed() < Duration::from_secs(30), "nobody looks");
        std::thread::yield_now();
    }
    let Some(Refusal::Failed(reason)) = thread.status().refusing else {
        panic!("{:?}", thread.status());
    };
    assert!(
        reason.contains(&file.name) && reason.contains("was removed"),
        "{reason}"
    );
    let position = loop {
        match answer(&thread, "2") {
            Ok(position) => break position,
            Err(_) => std::thread::yield_now(),
        }
    };
    assert_eq!(position, 2);
    drop(thread.stop());
    disk.restart(Tear::Lost);
    assert_eq!(bodies(&open(&disk).unwrap(), 2), ["2"]);
}

#[test]
fn a_full_log_refuses_until_requests_are_freed() {
    let disk = MemoryDisk::default();
    let mut log = open(&disk).unwrap();
    log.limits.most_bytes = 900;
    let thread = LogThread::start("log", log, LIMITS, || {}).unwrap();
    let taken = (0..).take_while(|_| answer(&thread, "x").is_ok()).count();
    assert!(taken > 3);
    assert!(matches!(answer(&thread, "x"), Err(Refusal::Full(_))));
    thread.free_before(taken as u64);
    while thread.status().lag.requests > 0 {
        std::thread::yield_now();
    }
    assert_eq!(answer(&thread, "x"), Ok(taken as u64));
    drop(thread.stop());
    assert!(disk.used_bytes() <= 900);
}

#[test]
fn a_stop_logs_and_answers_what_waits() {
    let disk = MemoryDisk::default();
    let hour = SyncPolicy::Interval(Duration::from_secs(3600));
    let thread = LogThread::start(
        "log",
        open(&disk).unwrap(),
        LogThreadLimits { sync: hour, ..LIMITS },
        || {},
    )
    .unwrap();
    let waiting: Vec<_> = (0..20)
        .map(|number: u64| queue(&thread, number.to_string()))
        .collect();
    drop(thread.stop());
    for (position, answer) in (0..).zip(waiting) {
        assert_eq!(answer.recv().unwrap(), Ok(position));
    }
    disk.restart(Tear::Lost);
    assert_eq!(bodies(&open(&disk).unwrap(), 0), texts(0..20));
}
