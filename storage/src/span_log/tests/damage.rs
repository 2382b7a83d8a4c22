//! Damage costs the requests that it hits, which are told.

use super::*;

#[test]
fn damage_to_a_request_is_told_with_its_position_and_the_others_are_replayed() {
    let disk = MemoryDisk::default();
    let log = numbered(&disk, 30);
    let second = log.segments[1].clone();
    let files = disk.list(folder()).unwrap();
    let bytes = files
        .iter()
        .find(|file| second.path.ends_with(&file.name))
        .unwrap()
        .bytes;
    for offset in 0..bytes {
        disk.flip(&second.path, offset, 1);
        let (mut lost, mut read) = (Vec::new(), Vec::new());
        for request in log.replay(0) {
            match request {
                Ok(request) => read.push(request.position),
                Err(SpanLogError::Lost(error)) => {
                    assert_eq!(error.damage.path, second.path);
                    lost.extend(error.positions);
                }
                Err(error) => panic!("{error}"),
            }
        }
        let is_in_beginning = offset < 64;
        assert!(
            lost.len() == usize::from(!is_in_beginning).min(lost.len()),
            "{offset}: {lost:?}"
        );
        read.extend(lost);
        read.sort_unstable();
        assert_eq!(read, (0..30).collect::<Vec<_>>());
        let opened = open(&disk).unwrap();
        assert_eq!(opened.segments[1].first, second.first, "{offset}");
        disk.flip(&second.path, offset, 1);
    }
}

#[test]
fn damage_to_the_last_segment_is_told_when_the_log_is_opened() {
    let disk = MemoryDisk::default();
    let log = numbered(&disk, 5);
    let last = log.segments.back().unwrap().clone();
    // Behind the last request stands a mark of 24 bytes.
    disk.flip(&last.path, last.bytes - 24 - 1, 0);
    let log = open(&disk).unwrap();
    let damage = log.damage();
    assert_eq!(damage.len(), 1);
    assert_eq!(
        (damage[0].flaw, damage[0].path.clone()),
        (Flaw::Payload, last.path)
    );
    assert_eq!(bodies(&log, 0).len(), 4);
}

#[test]
fn damage_in_the_last_file_costs_what_it_hits() {
    let disk = MemoryDisk::default();
    let mut log = open(&disk).unwrap();
    for number in 0..3 {
        append(&mut log, &number.to_string()).unwrap();
        log.sync().unwrap();
    }
    drop(log);
    let file = disk.list(folder()).unwrap().pop().unwrap();
    // In the second request, behind the first one and its mark.
    assert!(disk.flip(&folder().join(&file.name), 64 + 35 + 24 + 30, 3));
    let log = open(&disk).unwrap();
    assert_eq!((log.durable(), log.damage().len()), (3, 0));
    let read: Vec<_> = log
        .replay(0)
        .filter_map(Result::ok)
        .map(|request| request.position)
        .collect();
    assert_eq!(read, [0, 2]);
    assert_eq!(log.replay(0).filter(Result::is_err).count(), 1);
}
