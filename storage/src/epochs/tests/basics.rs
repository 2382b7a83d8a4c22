//! Epochs on a disk that does as it is told.

use super::*;
use crate::disk::SystemDisk;

#[test]
fn a_store_and_what_it_gives_out_can_be_handed_to_another_thread() {
    fn is_send<T: Send + 'static>() {}
    is_send::<EpochStore>();
    is_send::<EpochWriter>();
    is_send::<Loaded>();
}

#[test]
fn an_epoch_comes_back_with_its_cut_its_positions_and_its_blocks() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    let open = || EpochStore::open(Arc::new(SystemDisk), &path, StoreLimits::default()).unwrap();
    let (mut store, loaded) = open();
    assert!(loaded.epoch.is_none() && loaded.torn.is_none());
    let large: Vec<u8> = (0..200_000_u32).flat_map(u32::to_le_bytes).collect();
    let mut writer = store.begin(cut(5)).unwrap();
    assert_eq!(writer.number(), 1);
    writer.put_block(block(1), b"one").unwrap();
    writer.put_block(block(2), &large).unwrap();
    let part = SourcePart {
        source: "log".to_owned(),
        partition: 3,
    };
    let positions = BTreeMap::from([(part, 77)]);
    writer.set_positions(positions.clone());
    let committed = store.commit(writer).unwrap();
    let epoch = Epoch {
        number: 1,
        cut_unix_milliseconds: 5000,
        content_version: 3,
        positions,
    };
    assert_eq!(committed.epoch, epoch);
    assert_eq!(store.epoch(), Some(&epoch));
    drop(store);

    let (_, loaded) = open();
    assert_eq!(loaded.epoch, Some(epoch));
    assert_eq!(loaded.torn, None);
    assert_eq!(blocks(loaded), expected(&[(1, b"one"), (2, &large)]));
}

#[test]
fn blocks_that_are_not_put_again_keep_their_place_and_removed_ones_are_gone() {
    let disk = MemoryDisk::default();
    let (mut store, _) = open(&disk).unwrap();
    commit(&mut store, 1, &[(1, b"one"), (2, b"two"), (3, b"three")]);
    let places = store.image.blocks.clone();
    let mut writer = store.begin(cut(2)).unwrap();
    writer.put_block(block(2), b"first").unwrap();
    writer.put_block(block(2), b"zwei").unwrap();
    writer.remove_block(block(3));
    store.commit(writer).unwrap();
    assert_eq!(store.image.blocks[&block(1)], places[&block(1)]);
    assert_eq!(
        blocks(open(&disk).unwrap().1),
        expected(&[(1, b"one"), (2, b"zwei")])
    );
}

#[test]
fn a_tenant_that_is_gone_is_removed_whole_and_nobody_else() {
    let disk = MemoryDisk::default();
    let (mut store, _) = open(&disk).unwrap();
    commit(
        &mut store,
        1,
        &[(0, b"one"), (1, b"two"), (2, b"one"), (9, b"two")],
    );
    assert_eq!(store.block_keys(TWO).collect::<Vec<_>>(), [block(1), block(9)]);
    let mut writer = store.begin(cut(2)).unwrap();
    store.block_keys(TWO).for_each(|key| writer.remove_block(key));
    store.commit(writer).unwrap();
    assert_eq!(
        blocks(open(&disk).unwrap().1),
        expected(&[(0, b"one"), (2, b"one")])
    );
}

#[test]
fn nobody_sees_an_epoch_that_was_not_committed_and_it_takes_no_room() {
    let disk = MemoryDisk::default();
    let (mut store, _) = open(&disk).unwrap();
    commit(&mut store, 1, &[(1, b"one")]);
    let before = disk.used_bytes();
    let mut writer = store.begin(cut(2)).unwrap();
    (0..20).for_each(|number| writer.put_block(block(number), &[1; 3]).unwrap());
    store.abandon(writer);
    assert_eq!(blocks(open(&disk).unwrap().1), expected(&[(1, b"one")]));
    drop(store);
    assert!(
        disk.used_bytes() <= before + 400,
        "no more than the segment that one lies in"
    );
}

#[test]
fn an_epoch_that_another_was_begun_after_is_not_committed() {
    let disk = MemoryDisk::default();
    let (mut store, _) = open(&disk).unwrap();
    commit(&mut store, 1, &[(1, b"one")]);
    let mut first = store.begin(cut(2)).unwrap();
    let mut second = store.begin(cut(3)).unwrap();
    first.put_block(block(1), b"first").unwrap();
    second.put_block(block(1), b"second").unwrap();
    assert!(matches!(store.commit(first), Err(StoreError::Incomplete)));
    assert_eq!(store.commit(second).unwrap().epoch.number, 2);
    assert_eq!(blocks(open(&disk).unwrap().1), expected(&[(1, b"second")]));
}

#[test]
fn blocks_stay_readable_while_the_state_goes_on() {
    let disk = MemoryDisk::default();
    let (mut store, _) = open(&disk).unwrap();
    commit(&mut store, 1, &[(1, b"one"), (2, b"two")]);
    let (mut store, loaded) = open(&disk).unwrap();
    for seconds in 2..20 {
        commit(&mut store, seconds, &[(1, &[9; 300]), (2, &[8; 300])]);
        while store.rewrite(1000).unwrap().has_more {}
    }
    assert_eq!(blocks(loaded), expected(&[(1, b"one"), (2, b"two")]));
}

#[test]
fn a_manifest_that_grew_is_begun_anew_and_no_older_one_is_left() {
    let disk = MemoryDisk::default();
    let (mut store, _) = open(&disk).unwrap();
    let many: Vec<_> = (0..40).map(|number| (number, &b"x"[..])).collect();
    let mut begun = std::collections::BTreeSet::new();
    for seconds in 0..20 {
        commit(&mut store, seconds, &many);
        begun.insert(store.manifest.number());
        assert_eq!(manifests(&disk).len(), 1);
        assert!(store.manifest.bytes() < 12_000, "{}", store.manifest.bytes());
    }
    assert!(begun.len() > 3);
    let (_, loaded) = open(&disk).unwrap();
    assert_eq!(loaded.epoch.as_ref().unwrap().number, 20);
    assert_eq!(blocks(loaded), expected(&many));
}
