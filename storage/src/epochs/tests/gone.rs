//! Files that are removed or cut short beneath a running server are told of, and the next epoch needs none of them.

use super::*;

const ALL: [(u32, &[u8]); 3] = [(1, b"one"), (2, b"two"), (3, b"three")];

/// A store with blocks and one batch of samples.
fn kept(disk: &MemoryDisk) -> EpochStore {
    let (mut store, _) = open(disk).unwrap();
    commit(&mut store, 1, &ALL);
    let mut writer = store.begin(cut(2)).unwrap();
    writer.put_samples(endpoint("a"), 2000, 7, b"samples").unwrap();
    store.commit(writer).unwrap();
    store
}

/// What is told of the file that is gone.
fn told(store: &mut EpochStore) -> PathBuf {
    match store.begin(cut(3)) {
        Err(StoreError::Gone { path }) => path,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_segment_that_is_removed_is_told_of_once_and_the_next_epoch_has_all() {
    let disk = MemoryDisk::default();
    let mut store = kept(&disk);
    let path = store.segment_path(store.image.blocks[&block(1)].segment);
    disk.remove(&path).unwrap();
    assert_eq!(told(&mut store), path);
    let committed = commit(&mut store, 3, &ALL[..2]);
    let dropped: Vec<_> = committed
        .dropped
        .iter()
        .map(|dropped| dropped.backlog.samples)
        .collect();
    assert_eq!(dropped, [7], "they were in the file");
    let (mut store, loaded) = open(&disk).unwrap();
    assert_eq!(
        blocks(loaded),
        expected(&ALL[..2]),
        "what was not put again is no more"
    );
    assert_eq!(store.take(&endpoint("a"), None).unwrap(), None);
}

#[test]
fn a_segment_that_is_cut_short_is_told_of_too() {
    let disk = MemoryDisk::default();
    let mut store = kept(&disk);
    let path = store.segment_path(store.image.blocks[&block(1)].segment);
    assert!(disk.cut(&path, 40));
    assert_eq!(told(&mut store), path);
    commit(&mut store, 3, &ALL);
    assert_eq!(blocks(open(&disk).unwrap().1), expected(&ALL));
}

#[test]
fn a_manifest_that_is_removed_is_begun_anew() {
    let disk = MemoryDisk::default();
    let mut store = kept(&disk);
    let path = store.manifest.path().to_owned();
    disk.remove(&path).unwrap();
    assert_eq!(told(&mut store), path);
    commit(&mut store, 3, &[(1, b"eins")]);
    let (mut store, loaded) = open(&disk).unwrap();
    assert_eq!(blocks(loaded)[&block(1)], b"eins");
    assert_eq!(store.take(&endpoint("a"), None).unwrap().unwrap().samples, 7);
}

#[test]
fn all_files_at_once_are_gone_and_the_state_goes_on() {
    let disk = MemoryDisk::default();
    let mut store = kept(&disk);
    for file in disk.list(folder()).unwrap() {
        disk.remove(&folder().join(file.name)).unwrap();
    }
    told(&mut store);
    commit(&mut store, 3, &ALL);
    assert_eq!(blocks(open(&disk).unwrap().1), expected(&ALL));
}
