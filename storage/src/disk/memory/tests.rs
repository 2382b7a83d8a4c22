//! A disk in memory is as bad as real ones, and no worse.

use super::*;
use crate::disk::read_fully;

const FOLDER: &str = "state";

fn created(disk: &MemoryDisk, name: &str) -> Arc<dyn DiskFile> {
    let file = disk.create(&Path::new(FOLDER).join(name)).unwrap();
    disk.sync_folder(Path::new(FOLDER)).unwrap();
    file
}

fn content(disk: &MemoryDisk, name: &str) -> Vec<u8> {
    let file = disk.open(&Path::new(FOLDER).join(name)).unwrap();
    let mut buffer = vec![0; 64];
    let read = read_fully(file.as_ref(), 0, &mut buffer).unwrap();
    buffer.truncate(read);
    buffer
}

#[test]
fn what_was_synced_survives_and_the_rest_is_as_the_tear_says() {
    for (tear, left) in [(Tear::Lost, "one"), (Tear::Kept, "one two")] {
        let disk = MemoryDisk::default();
        let file = created(&disk, "a");
        file.write_at(0, b"one").unwrap();
        file.sync().unwrap();
        file.write_at(3, b" two").unwrap();
        disk.restart(tear);
        assert_eq!(content(&disk, "a"), left.as_bytes());
        assert!(file.sync().is_err(), "it was opened before the restart");
    }
}

#[test]
fn what_a_killed_process_did_not_sync_is_lost_when_the_power_fails_later() {
    let disk = MemoryDisk::default();
    let file = created(&disk, "a");
    file.write_at(0, b"one").unwrap();
    disk.restart(Tear::Kept);
    assert_eq!(content(&disk, "a"), b"one");
    disk.restart(Tear::Lost);
    assert_eq!(content(&disk, "a"), b"");
}

#[test]
fn a_torn_write_leaves_any_of_its_pieces() {
    let mut left = std::collections::BTreeSet::new();
    for seed in 0..200 {
        let disk = MemoryDisk::default();
        created(&disk, "a").write_at(0, b"ab").unwrap();
        disk.restart(Tear::Torn(seed));
        left.insert(content(&disk, "a"));
    }
    let all = [&b""[..], b"\0b", b"a", b"ab"].map(<[u8]>::to_vec);
    assert_eq!(left, all.into());
}

#[test]
fn a_file_whose_folder_was_not_synced_may_be_gone_and_a_removed_one_back() {
    let disk = MemoryDisk::default();
    created(&disk, "old").sync().unwrap();
    disk.remove(Path::new("state/old")).unwrap();
    disk.create(Path::new("state/new")).unwrap().sync().unwrap();
    disk.restart(Tear::Lost);
    let names: Vec<_> = disk.list(Path::new(FOLDER)).unwrap();
    assert_eq!(
        names.iter().map(|entry| entry.name.as_str()).collect::<Vec<_>>(),
        ["old"]
    );
}

#[test]
fn what_a_sync_failed_for_is_made_durable_by_no_other() {
    let disk = MemoryDisk::default();
    let file = created(&disk, "a");
    file.write_at(0, b"one").unwrap();
    disk.fail_sync_after(0);
    assert!(file.sync().is_err());
    file.sync().unwrap();
    assert_eq!(content(&disk, "a"), b"one");
    disk.restart(Tear::Lost);
    assert_eq!(content(&disk, "a"), b"");
}

#[test]
fn a_full_disk_takes_what_it_has_room_for() {
    let disk = MemoryDisk::default();
    disk.set_capacity(Some(4));
    let file = created(&disk, "a");
    assert!(file.write_at(0, b"spans").unwrap_err().is_for_want_of_room());
    assert_eq!(content(&disk, "a"), b"span");
    assert_eq!(disk.free_bytes(Path::new(FOLDER)).unwrap(), 0);
}

#[test]
fn the_power_fails_in_the_middle_of_a_write_and_stays_away_until_a_restart() {
    let disk = MemoryDisk::default();
    let file = created(&disk, "a");
    disk.set_power(2);
    assert!(file.write_at(0, b"spans").is_err());
    assert!(disk.list(Path::new(FOLDER)).is_err());
    disk.restart(Tear::Kept);
    assert_eq!(content(&disk, "a"), b"sp");
}

#[test]
fn reads_are_short_and_bits_flip_when_asked_for() {
    let disk = MemoryDisk::default();
    created(&disk, "a").write_at(0, b"spans").unwrap();
    disk.set_short_reads(true);
    assert_eq!(content(&disk, "a"), b"spans");
    let mut buffer = [0; 5];
    let file = disk.open(Path::new("state/a")).unwrap();
    assert!(file.read_at(0, &mut buffer).unwrap() < 5);
    assert!(disk.flip(Path::new("state/a"), 1, 0));
    assert!(!disk.flip(Path::new("state/a"), 5, 0));
    assert_eq!(content(&disk, "a"), b"sqans");
    assert!(disk.cut(Path::new("state/a"), 2));
    assert_eq!(content(&disk, "a"), b"sq");
}
