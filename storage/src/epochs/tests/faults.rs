//! One small history, with a fault at every point of it: a power failure, a failed sync, a full disk.

use super::model::{Driver, Step};
use super::*;
use crate::disk::memory::Tear;

/// A small state, in which each kind of change happens.
fn history() -> Vec<Step> {
    let put = |block, bytes| Step::Put { block, bytes };
    let samples = |endpoint, bytes| Step::Samples { endpoint, bytes };
    vec![
        put(1, 30),
        put(2, 150),
        samples(true, 40),
        Step::Position { offset: 7 },
        Step::Commit,
        put(1, 200),
        put(3, 90),
        samples(true, 10),
        samples(false, 20),
        Step::Acknowledge {
            endpoint: true,
            batches: 1,
        },
        Step::Rewrite { bytes: 100 },
        Step::Commit,
        Step::Remove { block: 2 },
        put(3, 100),
        Step::Commit,
        Step::Reopen,
        Step::RemoveEndpoint { endpoint: false },
        Step::Rewrite { bytes: 1000 },
        Step::Flush,
        Step::Rewrite { bytes: 1000 },
        put(4, 10),
        Step::Commit,
    ]
}

fn played(disk: &MemoryDisk) -> Driver {
    let mut driver = Driver::new(disk.clone());
    history().iter().for_each(|step| driver.step(step));
    driver
}

#[test]
fn the_power_fails_at_every_byte_and_the_last_committed_epoch_is_there() {
    let whole = MemoryDisk::default();
    assert_eq!(played(&whole).committed.epoch, 4);
    for power in 0..whole.used_power() {
        let torn = (0..3).map(|seed| Tear::Torn(seed << 32 | power));
        for tear in torn.chain([Tear::Lost, Tear::Kept]) {
            let disk = MemoryDisk::default();
            let mut driver = Driver::new(disk.clone());
            driver.tear = tear;
            disk.set_power(power);
            for step in &history() {
                driver.step(step);
                if !disk.has_power() {
                    break;
                }
            }
            driver.step(&Step::Crash(tear));
            driver.step(&Step::Put { block: 1, bytes: 5 });
            driver.step(&Step::Commit);
            driver.step(&Step::Crash(Tear::Lost));
        }
    }
}

#[test]
fn a_sync_that_fails_anywhere_takes_nothing_that_was_committed() {
    let mut failures = 0;
    for after in 0..60 {
        for tear in [Tear::Lost, Tear::Kept, Tear::Torn(after)] {
            let disk = MemoryDisk::default();
            disk.fail_sync_after(after);
            let mut driver = played(&disk);
            failures += u32::from(driver.committed.epoch < 4);
            driver.step(&Step::Crash(tear));
        }
    }
    assert!(failures > 10, "only {failures} syncs that mattered failed");
}

#[test]
fn once_something_was_committed_no_older_manifest_comes_back() {
    let mut begun = std::collections::BTreeSet::new();
    for (after, commits) in (0..40).flat_map(|after| (1..9).map(move |commits| (after, commits))) {
        let disk = MemoryDisk::default();
        drop(open(&disk).unwrap());
        disk.fail_sync_after(after);
        let Ok((mut store, _)) = open(&disk) else { continue };
        for seconds in 0..commits {
            let Ok(mut writer) = store.begin(cut(seconds)) else {
                break;
            };
            let many = (0..12).try_for_each(|number| writer.put_block(block(number), b"x"));
            let _ = many.and_then(|()| store.commit(writer).map(|_| ()));
        }
        let goes_on = store.flush().is_ok();
        begun.insert(store.manifest.number());
        disk.restart(Tear::Lost);
        assert!(
            !goes_on || manifests(&disk).len() == 1,
            "{after}: {:?}",
            manifests(&disk)
        );
        open(&disk).or_else(|_| open(&disk)).unwrap();
    }
    assert!(begun.len() > 1, "{begun:?}");
}

#[test]
fn a_disk_that_is_full_at_any_size_takes_nothing_that_was_committed() {
    let whole = MemoryDisk::default();
    played(&whole);
    let mut failures = 0;
    for capacity in 0..whole.used_bytes() * 2 {
        let disk = MemoryDisk::default();
        disk.set_capacity(Some(capacity));
        let mut driver = played(&disk);
        failures += u32::from(driver.committed.epoch < 4);
        driver.step(&Step::Crash(Tear::Lost));
        driver.step(&Step::Put { block: 1, bytes: 5 });
        let epoch = driver.committed.epoch;
        driver.step(&Step::Commit);
        assert_eq!(driver.committed.epoch, epoch + 1, "there is room again");
        driver.step(&Step::Crash(Tear::Lost));
    }
    assert!(failures > 100, "only {failures} sizes were too small");
}

#[test]
fn an_epoch_that_left_no_room_for_the_manifests_mark_costs_the_next_one_nothing() {
    let mut unmarked = 0;
    for room in 0..600 {
        let disk = MemoryDisk::default();
        let (mut store, _) = open(&disk).unwrap();
        commit(&mut store, 1, &[(1, b"one")]);
        disk.set_capacity(Some(disk.used_bytes() + room));
        let mut writer = store.begin(cut(2)).unwrap();
        let put = writer.put_block(block(2), b"two");
        let committed = put.and_then(|()| store.commit(writer));
        disk.set_capacity(None);
        if committed.is_ok() {
            unmarked += u32::from(store.manifest.is_broken());
            assert_eq!(commit(&mut store, 3, &[(3, b"three")]).epoch.number, 3);
            assert_eq!(manifests(&disk).len(), 1);
            let all = expected(&[(1, b"one"), (2, b"two"), (3, b"three")]);
            assert_eq!(blocks(open(&disk).unwrap().1), all);
        }
    }
    assert!(unmarked > 0, "there was always room for the mark");
}

#[test]
fn an_epoch_that_there_was_no_room_for_is_written_again_once_there_is() {
    let disk = MemoryDisk::default();
    let (mut store, _) = open(&disk).unwrap();
    commit(&mut store, 1, &[(1, b"one")]);
    let mut writer = store.begin(cut(2)).unwrap();
    let used = disk.used_bytes();
    disk.set_capacity(Some(used + 100));
    let failed = writer
        .put_block(block(2), &[1; 500])
        .and_then(|()| writer.put_block(block(3), &(0..=255).collect::<Vec<u8>>()));
    assert!(matches!(failed, Err(StoreError::Unwritten(_))));
    assert!(matches!(store.commit(writer), Err(StoreError::Incomplete)));
    disk.set_capacity(None);
    assert_eq!(commit(&mut store, 3, &[(2, b"two")]).epoch.number, 2);
    assert_eq!(
        blocks(open(&disk).unwrap().1),
        expected(&[(1, b"one"), (2, b"two")])
    );
}

#[test]
fn a_start_without_room_says_so_and_leaves_nothing_behind() {
    let disk = MemoryDisk::default();
    let (mut store, _) = open(&disk).unwrap();
    commit(&mut store, 1, &[(1, b"one")]);
    drop(store);
    let (files, used) = (disk.list(folder()).unwrap(), disk.used_bytes());
    for room in 0..100 {
        disk.set_capacity(Some(used + room));
        let error = open(&disk).unwrap_err();
        assert!(matches!(&error, OpenError::Disk(error) if error.is_for_want_of_room()));
        assert_eq!(disk.list(folder()).unwrap(), files);
    }
    disk.set_capacity(None);
    assert_eq!(blocks(open(&disk).unwrap().1), expected(&[(1, b"one")]));
}
