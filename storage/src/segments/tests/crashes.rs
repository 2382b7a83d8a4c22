//! After a crash a segment holds what was synced, and of the rest a beginning.

use proptest::prelude::*;

use super::*;
use crate::disk::memory::Tear;

/// Appends `sizes`, and syncs and marks where they are 0. Returns what was appended, and how much of it was synced.
fn write(disk: &MemoryDisk, sizes: &[usize]) -> (Vec<Vec<u8>>, usize) {
    let (mut appended, mut synced) = (Vec::new(), 0);
    let Ok(mut writer) = SegmentWriter::create(disk, &path(), ID) else {
        return (appended, synced);
    };
    let created = writer.sync().is_ok() && disk.sync_folder(Path::new("state")).is_ok();
    for (number, size) in sizes.iter().enumerate().take_while(|_| created) {
        let payload = vec![u8::try_from(number % 256).unwrap(); *size];
        if *size == 0 && writer.sync().is_ok() {
            synced = appended.len();
            let _ = writer.mark();
        } else if *size > 0 && writer.append(1, &payload).is_ok() {
            appended.push(payload);
        }
    }
    (appended, synced)
}

fn assert_survives(disk: &MemoryDisk, appended: &[Vec<u8>], synced: usize, what: &str) {
    let Ok(segment) = Segment::open(disk, &path()) else {
        assert_eq!(synced, 0, "{what}");
        return;
    };
    let survey = segment.survey().unwrap();
    assert_eq!(survey.damage, [], "{what}");
    let left = payloads(disk, &survey);
    assert!(left.len() >= synced, "{what}: {} of {synced}", left.len());
    assert!(appended.starts_with(&left), "{what}");
}

#[test]
fn a_crash_at_every_byte_loses_nothing_that_was_synced_and_is_no_damage() {
    let sizes = [3, 5, 0, 9, 1, 0, 0, 30, 2];
    let all = MemoryDisk::default();
    write(&all, &sizes);
    let tears = (0..20).map(Tear::Torn).chain([Tear::Lost, Tear::Kept]);
    for (power, tear) in (0..all.used_power()).flat_map(|power| tears.clone().map(move |tear| (power, tear)))
    {
        let disk = MemoryDisk::default();
        disk.set_power(power);
        let (mut appended, synced) = write(&disk, &sizes);
        disk.restart(tear);
        // The append that the power failed in may stand, although it was told to have failed.
        let next = sizes
            .iter()
            .enumerate()
            .filter(|(_, size)| **size > 0)
            .nth(appended.len());
        appended.extend(next.map(|(number, size)| vec![u8::try_from(number).unwrap(); *size]));
        assert_survives(&disk, &appended, synced, &format!("{power} {tear:?}"));
    }
}

proptest! {
    #[test]
    fn whatever_is_torn_after_a_sync_what_was_synced_stands(
        sizes in proptest::collection::vec(prop_oneof![Just(0), 1..400_usize], 0..30),
        seed: u64,
        short: bool,
    ) {
        let disk = MemoryDisk::default();
        let (appended, synced) = write(&disk, &sizes);
        disk.restart(Tear::Torn(seed));
        disk.set_short_reads(short);
        assert_survives(&disk, &appended, synced, "torn");
    }
}
