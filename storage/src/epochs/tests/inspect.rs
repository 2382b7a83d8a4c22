//! What is told of a folder is what is in it, and looking changes nothing.

use super::*;
use crate::disk::memory::Tear;

fn state(disk: &MemoryDisk) {
    let (mut store, _) = open(disk).unwrap();
    commit(&mut store, 1, &[(1, b"one"), (2, b"two"), (3, b"three")]);
    let mut writer = store.begin(cut(2)).unwrap();
    writer.put_block(block(1), b"eins").unwrap();
    writer.put_samples(endpoint("a"), 2000, 7, b"samples").unwrap();
    store.commit(writer).unwrap();
}

#[test]
fn it_tells_whose_state_it_is_and_how_much() {
    let disk = MemoryDisk::default();
    state(&disk);
    let files = disk.list(folder()).unwrap();
    let condition = inspect(&disk, folder()).unwrap();
    assert_eq!(disk.list(folder()).unwrap(), files, "looking changes nothing");
    assert_eq!(condition.epoch.unwrap().number, 2);
    assert_eq!((condition.losses, condition.torn), (vec![], None));
    assert_eq!(condition.file_bytes, disk.used_bytes());
    let tenant = |tenant, blocks, bytes| (tenant, BlockUsage { blocks, bytes });
    // A frame has 24 bytes beside its payload.
    let tenants = BTreeMap::from([tenant(ONE, 1, 24 + 3), tenant(TWO, 2, 24 + 4 + 24 + 5)]);
    assert_eq!(condition.usage.tenants, tenants);
    let waiting = &condition.usage.endpoints[&endpoint("a")];
    assert_eq!((waiting.batches, waiting.samples, waiting.bytes), (1, 7, 24 + 7));
    assert_eq!(condition.usage.live_bytes, 27 + 57 + 31);
    assert_eq!(condition.usage.segment_bytes, 32 + 27 + 27 + 29 + 28 + 31);
    let (store, _) = open(&disk).unwrap();
    assert_eq!(store.usage(), condition.usage);
    assert_eq!(store.file_bytes(), disk.used_bytes());
}

#[test]
fn it_tells_all_that_is_lost_in_the_order_it_lies_on_the_disk() {
    let disk = MemoryDisk::default();
    state(&disk);
    let (store, _) = open(&disk).unwrap();
    let place = |number: u32| store.image.blocks[&block(number)];
    let path = store.segment_path(place(1).segment);
    for number in [1, 3] {
        disk.flip(&path, place(number).end() - 1, 7);
    }
    let losses = inspect(&disk, folder()).unwrap().losses;
    let lost: Vec<_> = losses
        .into_iter()
        .map(|loss| (loss.damage.offset, loss.lost))
        .collect();
    let block = |number| (place(number).offset, Lost::Block(block(number)));
    assert_eq!(lost, [block(3), block(1)]);
}

#[test]
fn a_commit_that_the_power_failed_in_is_told_and_does_not_count() {
    let disk = MemoryDisk::default();
    state(&disk);
    let (mut store, _) = open(&disk).unwrap();
    let mut writer = store.begin(cut(3)).unwrap();
    writer.put_block(block(1), b"uno").unwrap();
    let path = store.manifest.path().to_owned();
    let offset = store.manifest.bytes();
    // Enough to sync the segment and its folder, and for half of a frame's header.
    disk.set_power(2 + 12);
    assert!(store.commit(writer).is_err());
    disk.restart(Tear::Kept);
    let condition = inspect(&disk, folder()).unwrap();
    assert_eq!(condition.epoch.unwrap().number, 2);
    let (torn, end) = condition.torn.unwrap();
    assert_eq!((torn, end.offset), (path, offset));
    assert_eq!(open(&disk).unwrap().1.torn.unwrap().1, end);
}

#[test]
fn a_folder_without_state_has_nothing_and_one_that_is_missing_is_an_error() {
    let disk = MemoryDisk::default();
    let condition = inspect(&disk, folder()).unwrap();
    assert_eq!((condition.epoch, condition.usage), (None, Usage::default()));
    let missing = inspect(&crate::disk::SystemDisk, Path::new("/nowhere/at/all")).unwrap_err();
    assert!(
        missing.to_string().starts_with("cannot list /nowhere/at/all: "),
        "{missing}"
    );
}
