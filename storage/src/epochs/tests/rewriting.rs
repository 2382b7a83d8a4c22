//! Segments that are mostly unused are rewritten in slices, and nothing changes but places.

use super::*;

fn used(disk: &MemoryDisk) -> u64 {
    disk.used_bytes()
}

#[test]
fn the_disk_holds_a_third_more_than_the_state_however_often_it_changes() {
    let disk = MemoryDisk::default();
    let (mut store, _) = open(&disk).unwrap();
    let content = |number: u32, round: u32| format!("{number} of {round}: {}", "x".repeat(20)).into_bytes();
    let mut last = BTreeMap::new();
    for round in 0..200_u32 {
        let mut writer = store.begin(cut(round.into())).unwrap();
        for number in (0..100).filter(|number| (number * 7 + round) % 5 == 0) {
            writer.put_block(block(number), &content(number, round)).unwrap();
            last.insert(block(number), content(number, round));
        }
        store.commit(writer).unwrap();
        while store.rewrite(300).unwrap().has_more {}
    }
    store.flush().unwrap();
    let live: u64 = store
        .image
        .segments
        .values()
        .map(|segment| segment.live_bytes)
        .sum();
    let written: u64 = store
        .image
        .segments
        .values()
        .map(|segment| segment.extent.bytes)
        .sum();
    // Two segments of 400 bytes are being written, one by epochs and one by what rewrites.
    assert!(written <= live + live / 3 + 2 * 400, "{written} for {live}");
    let manifest = store.manifest.bytes();
    assert!(
        used(&disk) <= written + manifest + 400,
        "{} for {written} and {manifest}",
        used(&disk)
    );
    assert_eq!(blocks(open(&disk).unwrap().1), last);
}

#[test]
fn the_epoch_before_is_gone_from_the_disk_once_the_next_one_is_on_it() {
    let disk = MemoryDisk::default();
    let (mut store, _) = open(&disk).unwrap();
    let bytes: Vec<u8> = std::iter::repeat_with(|| fastrand::u8(..)).take(200).collect();
    let all: Vec<_> = (0..50).map(|number| (number, bytes.as_slice())).collect();
    let mut most = 0;
    for seconds in 0..10 {
        commit(&mut store, seconds, &all);
        most = most.max(used(&disk) - store.manifest.bytes());
    }
    let headers = 32 * store.image.segments.len() as u64;
    let live = store.image.live_bytes() + headers;
    // One segment is shared with the epoch before.
    assert!(most <= live + 400, "{most} for {live}");
    assert_eq!(blocks(open(&disk).unwrap().1), expected(&all));
}

#[test]
fn segments_are_an_eighth_of_the_state_within_bounds() {
    let disk = MemoryDisk::default();
    let (mut store, _) = open(&disk).unwrap();
    store.limits.segments = SegmentSizes {
        least: 400,
        most: 4_000,
    };
    let bytes: Vec<u8> = std::iter::repeat_with(|| fastrand::u8(..)).take(76).collect();
    let segments_of = |store: &mut EpochStore, seconds, blocks: u32| {
        let all: Vec<_> = (0..blocks).map(|number| (number, bytes.as_slice())).collect();
        commit(store, seconds, &all);
        commit(store, seconds + 1, &all);
        store.image.segments.len()
    };
    // A block takes 100 bytes: of 400, of 1,000 and of 4,000 of them.
    for (seconds, blocks, bounds) in [(1, 20, 6..=8), (3, 80, 8..=11), (5, 800, 20..=24)] {
        let segments = segments_of(&mut store, seconds, blocks);
        assert!(
            bounds.contains(&segments),
            "{blocks} blocks lie in {segments} segments"
        );
    }
}

#[test]
fn a_slice_rewrites_no_more_than_it_may() {
    let disk = MemoryDisk::default();
    let (mut store, _) = open(&disk).unwrap();
    store.limits.segments = SegmentSizes {
        least: 100_000,
        most: 100_000,
    };
    let random: Vec<Vec<u8>> = (0..50)
        .map(|seed| {
            let mut random = fastrand::Rng::with_seed(seed);
            (0..100).map(|_| random.u8(..)).collect()
        })
        .collect();
    let all: Vec<_> = (0..50).zip(random.iter().map(Vec::as_slice)).collect();
    commit(&mut store, 1, &all);
    drop(store);
    let (mut store, _) = open(&disk).unwrap();
    commit(&mut store, 2, &all[..30]);
    let mut slices = 0;
    loop {
        let rewritten = store.rewrite(300).unwrap();
        assert!(rewritten.bytes <= 300);
        slices += u32::from(rewritten.bytes > 0);
        if !rewritten.has_more {
            break;
        }
    }
    assert_eq!(slices, 10, "20 blocks of 124 bytes, two in a slice");
    assert_eq!(blocks(open(&disk).unwrap().1), expected(&all));
}

#[test]
fn an_epoch_that_is_being_written_meets_no_segment_that_was_removed_meanwhile() {
    let disk = MemoryDisk::default();
    let (mut store, _) = open(&disk).unwrap();
    commit(&mut store, 1, &[(1, b"one"), (2, b"two")]);
    let mut writer = store.begin(cut(2)).unwrap();
    writer.put_block(block(2), b"zwei").unwrap();
    while store.rewrite(1000).unwrap().has_more {}
    writer.put_block(block(1), b"eins").unwrap();
    store.commit(writer).unwrap();
    while store.rewrite(1000).unwrap().has_more {}
    assert_eq!(
        blocks(open(&disk).unwrap().1),
        expected(&[(1, b"eins"), (2, b"zwei")])
    );
}

#[test]
fn what_was_put_again_meanwhile_is_not_rewritten() {
    let disk = MemoryDisk::default();
    let (mut store, _) = open(&disk).unwrap();
    let all: Vec<_> = (0..10).map(|number| (number, &b"content"[..])).collect();
    commit(&mut store, 1, &all);
    drop(store);
    let (mut store, _) = open(&disk).unwrap();
    commit(&mut store, 2, &all[..8]);
    let slice = store.rewrite(1).unwrap();
    assert_eq!((slice.bytes, slice.has_more), (24 + 7, true));
    commit(&mut store, 3, &all);
    assert_eq!(store.rewrite(1000).unwrap().bytes, 0);
    assert_eq!(blocks(open(&disk).unwrap().1), expected(&all));
}

#[test]
fn a_block_that_is_damaged_is_told_when_it_is_to_be_rewritten_and_stays_where_it_is() {
    let disk = MemoryDisk::default();
    let (mut store, _) = open(&disk).unwrap();
    let all: Vec<_> = (0..10).map(|number| (number, &b"content"[..])).collect();
    commit(&mut store, 1, &all);
    drop(store);
    let (mut store, _) = open(&disk).unwrap();
    commit(&mut store, 2, &all[..9]);
    let place = store.image.blocks[&block(9)];
    disk.flip(&store.segment_path(place.segment), place.end() - 1, 0);
    let Err(StoreError::Lost(loss)) = store.rewrite(1000) else {
        panic!("it was rewritten");
    };
    assert_eq!(
        (loss.lost, loss.damage.offset),
        (Lost::Block(block(9)), place.offset)
    );
    assert_eq!(store.image.blocks[&block(9)], place);
}
