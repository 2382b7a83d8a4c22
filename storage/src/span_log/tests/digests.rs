//! A request that was logged shortly before a stop is recognised after the start.

use super::*;

/// A log with a request every second, stamped so.
fn every_second(disk: &MemoryDisk, seconds: i64) -> SpanLog {
    let mut log = open(disk).unwrap();
    for second in 0..seconds {
        let body = second.to_string();
        let request = Request {
            tenant: "one",
            stamp_unix_milliseconds: second * 1000,
            encoding: 0,
            body: body.as_bytes(),
        };
        log.append(&request).unwrap();
    }
    log.sync().unwrap();
    log
}

fn digest(second: i64) -> RequestDigest {
    RequestDigest::of("one", second.to_string().as_bytes())
}

#[test]
fn a_digest_tells_requests_and_tenants_apart() {
    let digests = [("a", "bc"), ("ab", "c"), ("", "abc"), ("b", "bc")];
    let digests = digests.map(|(tenant, body)| RequestDigest::of(tenant, body.as_bytes()));
    assert_eq!(std::collections::HashSet::from(digests).len(), 4);
    // From `printf '\1\0\0\0\0\0\0\0abc' | sha256sum`.
    assert_eq!(
        format!("{:032x}", digests[0].0),
        "22a5c7045bc36a32e64f063ff4e7946d"
    );
}

#[test]
fn the_requests_of_the_last_seconds_are_recognised_after_a_restart() {
    let disk = MemoryDisk::default();
    drop(every_second(&disk, 60));
    disk.restart(Tear::Lost);
    let log = open(&disk).unwrap();
    let recent = log.recent().digests(30_000);
    assert!(recent.lost.is_empty());
    let expected: std::collections::HashSet<_> = (29..60).map(digest).collect();
    assert_eq!(recent.digests, expected);
}

#[test]
fn freed_requests_are_recognised_while_they_are_on_the_disk() {
    let disk = MemoryDisk::default();
    let mut log = every_second(&disk, 60);
    while free(&mut log, 60).unwrap() {}
    let first = i64::try_from(log.first()).unwrap();
    let expected: std::collections::HashSet<_> = (first..60).map(digest).collect();
    assert!(!expected.is_empty());
    assert_eq!(log.recent().digests(30_000).digests, expected);
}

#[test]
fn a_recent_request_that_is_damaged_is_told() {
    let disk = MemoryDisk::default();
    let log = every_second(&disk, 60);
    let last_but_one = log.segments[log.segments.len() - 2].clone();
    disk.flip(&last_but_one.path, last_but_one.bytes - 25, 0);
    let recent = log.recent().digests(30_000);
    assert!(
        matches!(recent.lost[..], [SpanLogError::Lost(_)]),
        "{:?}",
        recent.lost
    );
    assert_eq!(recent.digests.len(), 30);
}

#[test]
fn an_empty_log_has_no_digests() {
    let recent = open(&MemoryDisk::default()).unwrap().recent().digests(30_000);
    assert!(recent.digests.is_empty() && recent.lost.is_empty());
}
