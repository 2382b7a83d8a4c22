//! Damage is told with its place, is told from a torn end, and leaves the other frames readable.

use super::*;

const PAYLOADS: [&[u8]; 3] = [b"first", b"the second", b"third"];

/// A segment of three frames, of which the last is known to be durable when `is_marked`.
fn three(disk: &MemoryDisk, is_marked: bool) -> Vec<Place> {
    let mut writer = writer(disk);
    let mut places = Vec::new();
    for payload in PAYLOADS {
        places.push(writer.append(1, payload).unwrap());
        writer.sync().unwrap();
    }
    if is_marked {
        writer.mark().unwrap();
    }
    places
}

#[test]
fn every_flipped_bit_of_a_frame_is_told_and_the_other_frames_are_read() {
    let disk = MemoryDisk::default();
    let places = three(&disk, true);
    let end = places[2].end();
    for (offset, bit) in (HEADER_BYTES..end).flat_map(|offset| (0..8).map(move |bit| (offset, bit))) {
        assert!(disk.flip(&path(), offset, bit));
        let survey = survey(&disk);
        let hit = places.iter().position(|place| offset < place.end()).unwrap();
        let damage = survey.damage.iter().map(|damage| (damage.offset, damage.bytes));
        assert_eq!(
            damage.collect::<Vec<_>>(),
            [(places[hit].offset, places[hit].bytes)]
        );
        let mut left = PAYLOADS.map(<[u8]>::to_vec).to_vec();
        left.remove(hit);
        assert_eq!(payloads(&disk, &survey), left);
        assert_eq!(survey.torn, None);
        let segment = Segment::open(&disk, &path()).unwrap();
        assert!(matches!(segment.read(places[hit]), Err(SegmentError::Damaged(_))));
        disk.flip(&path(), offset, bit);
    }
}

#[test]
fn every_flipped_bit_of_the_header_of_a_segment_is_told_and_costs_nothing() {
    let disk = MemoryDisk::default();
    three(&disk, true);
    let id = Segment::open(&disk, &path()).unwrap().id();
    for (offset, bit) in (0..HEADER_BYTES).flat_map(|offset| (0..8).map(move |bit| (offset, bit))) {
        disk.flip(&path(), offset, bit);
        let segment = Segment::open(&disk, &path()).unwrap();
        assert_eq!(segment.header_damage().unwrap().flaw, Flaw::Header);
        assert_eq!(segment.id(), id);
        assert_eq!(payloads(&disk, &survey(&disk)), PAYLOADS);
        disk.flip(&path(), offset, bit);
    }
    assert_eq!(Segment::open(&disk, &path()).unwrap().header_damage(), None);
}

#[test]
fn a_header_of_which_too_much_is_damaged_is_needed_only_where_nothing_else_says_which_segment_it_is() {
    let disk = MemoryDisk::default();
    let places = three(&disk, true);
    let id = Segment::open(&disk, &path()).unwrap().id();
    disk.open(&path()).unwrap().write_at(0, &[0; 32]).unwrap();
    let error = Segment::open(&disk, &path()).unwrap_err();
    assert!(
        matches!(&error, SegmentError::Damaged(damage) if damage.flaw == Flaw::Header),
        "{error}"
    );
    let segment = Segment::open_as(&disk, &path(), id).unwrap();
    assert!(segment.header_damage().is_some());
    assert_eq!(segment.read(places[1]).unwrap().payload, PAYLOADS[1]);
    let other = SegmentId {
        salt: id.salt ^ 3,
        ..id
    };
    let segment = Segment::open_as(&disk, &path(), other).unwrap();
    assert!(segment.read(places[1]).is_err(), "frames know their segment");
}

#[test]
fn a_header_behind_which_nothing_stands_cannot_be_made_out() {
    let disk = MemoryDisk::default();
    drop(writer(&disk));
    disk.flip(&path(), 9, 1);
    assert!(Segment::open(&disk, &path()).is_err());
}

#[test]
fn damage_to_a_last_frame_without_a_mark_is_a_torn_end() {
    let disk = MemoryDisk::default();
    let places = three(&disk, false);
    disk.flip(&path(), places[2].end() - 1, 0);
    let survey = survey(&disk);
    assert_eq!(survey.damage, []);
    let (offset, bytes) = (places[2].offset, places[2].bytes);
    assert_eq!(survey.torn, Some(TornEnd { offset, bytes }));
    assert_eq!(payloads(&disk, &survey), PAYLOADS[..2]);
}

#[test]
fn a_damaged_frame_still_says_that_what_is_before_it_was_durable() {
    let disk = MemoryDisk::default();
    let places = three(&disk, false);
    disk.flip(&path(), places[1].end() - 1, 0);
    disk.flip(&path(), places[2].end() - 1, 0);
    let survey = survey(&disk);
    let damaged: Vec<_> = survey.damage.iter().map(|damage| damage.offset).collect();
    assert_eq!(damaged, [places[1].offset]);
    assert_eq!(survey.torn.unwrap().offset, places[2].offset);
}

#[test]
fn a_frame_that_stands_in_the_place_of_another_is_no_frame() {
    let disk = MemoryDisk::default();
    let mut writer = writer(&disk);
    let first = writer.append(1, b"same length").unwrap();
    let second = writer.append(1, b"length same").unwrap();
    writer.sync().unwrap();
    writer.mark().unwrap();
    let file = disk.open(&path()).unwrap();
    let mut copied = vec![0; usize::try_from(first.bytes).unwrap()];
    file.read_at(first.offset, &mut copied).unwrap();
    file.write_at(second.offset, &copied).unwrap();
    let survey = survey(&disk);
    assert_eq!(survey.damage.len(), 1);
    assert_eq!(
        survey.damage[0].to_string(),
        format!(
            "state/segment-00000007 is damaged at offset {}, {} bytes: there is no frame where one was written",
            second.offset, second.bytes
        )
    );
}

#[test]
fn a_frame_that_the_file_ends_in_is_missing() {
    let disk = MemoryDisk::default();
    let places = three(&disk, true);
    disk.cut(&path(), places[1].end() - 1);
    let segment = Segment::open(&disk, &path()).unwrap();
    let error = segment.read(places[1]).unwrap_err();
    assert!(matches!(error, SegmentError::Damaged(damage) if damage.flaw == Flaw::Missing));
    segment.read(places[0]).unwrap();
}
