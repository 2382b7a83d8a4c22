//! Damage is refused by name, never read, and never taken for a fresh start.

use super::model::Model;
use super::*;
use crate::segments::{Flaw, SegmentError};

/// A state of two epochs, with samples.
fn state() -> (MemoryDisk, Model) {
    let disk = MemoryDisk::default();
    let (mut store, _) = open(&disk).unwrap();
    commit(&mut store, 1, &[(1, b"one"), (2, &[7; 90])]);
    let mut writer = store.begin(cut(2)).unwrap();
    writer.put_block(block(1), b"eins").unwrap();
    writer.put_samples(endpoint("a"), 2000, 7, b"samples").unwrap();
    store.commit(writer).unwrap();
    drop(store);
    let copy = copied(&disk);
    let (mut store, loaded) = open(&copy).unwrap();
    let model = Model::of(&mut store, loaded);
    (disk, model)
}

/// The same files on another disk.
fn copied(disk: &MemoryDisk) -> MemoryDisk {
    let copy = MemoryDisk::default();
    for entry in disk.list(folder()).unwrap() {
        let mut bytes = vec![0; usize::try_from(entry.bytes).unwrap()];
        let path = folder().join(&entry.name);
        disk.open(&path).unwrap().read_at(0, &mut bytes).unwrap();
        copy.create(&path).unwrap().write_at(0, &bytes).unwrap();
    }
    copy
}

#[test]
fn a_manifest_that_lost_more_than_its_last_commit_is_refused_wherever_it_was_cut() {
    let disk = MemoryDisk::default();
    let large = StoreLimits {
        segments: SegmentSizes {
            least: 1 << 20,
            most: 1 << 20,
        },
        manifest_bytes: 1 << 20,
        ..limits()
    };
    let open = |disk: &MemoryDisk| EpochStore::open(Arc::new(disk.clone()), folder(), large);
    let (mut store, _) = open(&disk).unwrap();
    let manifest = store.manifest.path().to_owned();
    let mut ends = Vec::new();
    for seconds in 1..=4 {
        commit(&mut store, seconds, &[(1, &[7; 20]), (2, &[8; 20])]);
        ends.push(store.manifest.bytes());
    }
    drop(store);
    // Behind each commit a mark of 24 bytes says that it is durable.
    let last_but_one = ends[2] - 24;
    for length in 0..disk.open(&manifest).unwrap().bytes().unwrap() {
        let copy = copied(&disk);
        assert!(copy.cut(&manifest, length));
        match open(&copy) {
            Ok((store, _)) => {
                assert!(length >= last_but_one, "cut at {length} of {ends:?}");
                assert!(store.epoch().unwrap().number >= 3);
            }
            Err(error) => assert!(length < last_but_one, "{error}, cut at {length} of {ends:?}"),
        }
    }
}

#[test]
fn every_flipped_bit_is_refused_by_name_or_changes_nothing() {
    let (disk, model) = state();
    let (mut refused, mut unchanged) = (0, 0);
    for entry in disk.list(folder()).unwrap() {
        let path = folder().join(&entry.name);
        for (offset, bit) in (0..entry.bytes).flat_map(|offset| (0..8).map(move |bit| (offset, bit))) {
            let copy = copied(&disk);
            assert!(copy.flip(&path, offset, bit));
            match open(&copy) {
                Err(error) => {
                    assert!(error.to_string().contains(&entry.name), "{error}");
                    refused += 1;
                }
                Ok((mut store, loaded)) => {
                    assert_eq!(
                        Model::of(&mut store, loaded),
                        model,
                        "{} {offset} {bit}",
                        entry.name
                    );
                    unchanged += 1;
                }
            }
        }
    }
    // Only bits of headers, of what is not in use any more, and of the last mark, change nothing.
    assert!(
        refused > unchanged && unchanged > 0,
        "{refused} refused, {unchanged} unchanged"
    );
}

#[test]
fn every_file_that_is_gone_is_refused() {
    let (disk, _) = state();
    for entry in disk.list(folder()).unwrap() {
        let copy = copied(&disk);
        copy.remove(&folder().join(&entry.name)).unwrap();
        let error = open(&copy).unwrap_err();
        let is_manifest = entry.name.starts_with("manifest");
        assert_eq!(
            matches!(error, OpenError::NoManifest { segments: 1, .. }),
            is_manifest,
            "{error}"
        );
        assert!(is_manifest || error.to_string().contains(&entry.name), "{error}");
    }
}

#[test]
fn a_segment_that_was_cut_at_any_byte_is_refused() {
    let (disk, _) = state();
    let segments = disk.list(folder()).unwrap();
    let segment = segments
        .iter()
        .find(|entry| entry.name.starts_with("segment"))
        .unwrap();
    for bytes in 0..segment.bytes {
        let copy = copied(&disk);
        copy.cut(&folder().join(&segment.name), bytes);
        assert!(matches!(open(&copy), Err(OpenError::Damaged { .. })), "{bytes}");
    }
}

#[test]
fn damage_says_the_file_the_offset_and_what_is_lost() {
    let (disk, _) = state();
    let (store, _) = open(&copied(&disk)).unwrap();
    let place = store.image.blocks[&block(1)];
    let path = store.segment_path(place.segment);
    disk.flip(&path, place.end() - 1, 3);
    let error = open(&disk).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "1 part of the state cannot be read, first: {} is damaged at offset {}, 28 bytes: the payload does not have its \
             checksum; lost: {}; restore the folder from a copy, or reset it and lose all of it",
            path.display(),
            place.offset,
            block(1)
        )
    );
}

#[test]
fn state_that_was_refused_is_as_it_was_and_a_reset_makes_room_for_a_fresh_start() {
    let (disk, model) = state();
    let path = folder().join(&manifests(&disk)[0]);
    disk.flip(&path, 40, 0);
    assert!(open(&disk).is_err());
    disk.flip(&path, 40, 0);
    let (mut store, loaded) = open(&disk).unwrap();
    assert_eq!(Model::of(&mut store, loaded), model);
    drop(store);
    disk.create(&folder().join("lock")).unwrap();
    let files = disk.list(folder()).unwrap().len();
    let reset = reset(&disk, folder()).unwrap();
    assert_eq!((reset.files, reset.bytes), (files - 1, reset.bytes));
    assert_eq!(disk.list(folder()).unwrap()[0].name, "lock");
    let (store, loaded) = open(&disk).unwrap();
    assert!(loaded.epoch.is_none() && store.epoch().is_none());
}

#[test]
fn a_header_that_is_damaged_is_told_and_costs_nothing() {
    let (disk, model) = state();
    for entry in disk.list(folder()).unwrap() {
        let path = folder().join(&entry.name);
        let copy = copied(&disk);
        // The salt of a manifest is nowhere else.
        let damaged: &[u8] = if entry.name.starts_with("manifest") {
            &[0; 20]
        } else {
            &[0; 32]
        };
        copy.open(&path).unwrap().write_at(0, damaged).unwrap();
        let harmless = inspect(&copy, folder()).unwrap().harmless;
        let (mut store, loaded) = open(&copy).unwrap();
        assert_eq!((harmless.len(), &harmless), (1, &loaded.harmless));
        assert_eq!((&harmless[0].path, harmless[0].offset), (&path, 0));
        assert_eq!(Model::of(&mut store, loaded), model);
    }
}

#[test]
fn state_of_another_version_is_refused_with_what_to_do() {
    let (disk, _) = state();
    let file = disk.open(&folder().join(&manifests(&disk)[0])).unwrap();
    let mut header = [0; 32];
    file.read_at(0, &mut header).unwrap();
    header[8] = 2;
    let checksum = crc32c::crc32c(&header[..28]);
    header[28..].copy_from_slice(&checksum.to_le_bytes());
    file.write_at(0, &header).unwrap();
    let error = open(&disk).unwrap_err();
    assert!(
        matches!(
            error,
            OpenError::Version(SegmentError::Version { version: 2, .. })
        ),
        "{error}"
    );
}

#[test]
fn a_block_that_is_damaged_after_the_start_is_told_when_it_is_read() {
    let (disk, _) = state();
    let (store, loaded) = open(&disk).unwrap();
    let place = store.image.blocks[&block(2)];
    disk.flip(&store.segment_path(place.segment), place.offset, 0);
    let read: Vec<_> = loaded.blocks.collect();
    let lost = read.into_iter().find_map(Result::err).unwrap();
    let StoreError::Lost(loss) = lost else {
        panic!("{lost}")
    };
    assert_eq!(
        (loss.lost, loss.damage.flaw),
        (Lost::Block(block(2)), Flaw::NoFrame)
    );
}
