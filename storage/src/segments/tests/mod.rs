//! Segments give back what was written to them, and say what is damaged.

mod crashes;
mod damage;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::*;
use crate::disk::memory::MemoryDisk;
use crate::disk::{Disk, SystemDisk};

const ID: SegmentId = SegmentId { number: 7, salt: 99 };

fn path() -> PathBuf {
    Path::new("state").join("segment-00000007")
}

fn writer(disk: &MemoryDisk) -> SegmentWriter {
    let writer = SegmentWriter::create(disk, &path(), ID).unwrap();
    disk.sync_folder(Path::new("state")).unwrap();
    writer
}

fn survey(disk: &MemoryDisk) -> Survey {
    Segment::open(disk, &path()).unwrap().survey().unwrap()
}

/// The payloads of the frames that a survey found.
fn payloads(disk: &MemoryDisk, survey: &Survey) -> Vec<Vec<u8>> {
    let segment = Segment::open_as(disk, &path(), ID).unwrap();
    let frames = survey.frames.iter();
    let frames = frames.map(|found| segment.read(found.place).unwrap());
    frames.map(|frame| frame.payload).collect()
}

#[test]
fn frames_are_read_where_they_were_appended_in_as_many_segments_as_they_need() {
    let folder = tempfile::tempdir().unwrap();
    let disk: Arc<dyn Disk> = Arc::new(SystemDisk);
    let limits = SegmentLimits { segment_bytes: 300 };
    let folder = folder.path().to_owned();
    let numbers = SegmentNumbers::from(3);
    let mut log = SegmentedLog::new(Arc::clone(&disk), folder.clone(), "segment", limits, numbers);
    let payloads: Vec<Vec<u8>> = (0..20).map(|n: u8| vec![n; usize::from(n) * 20]).collect();
    let mut append = |payload: &Vec<u8>| log.append(5, payload).unwrap();
    let places: Vec<_> = payloads.iter().map(&mut append).collect();
    let extents = log.sync().unwrap();

    assert!(extents.len() > 10, "{extents:?}");
    let last = extents.last().unwrap();
    assert_eq!(log.extents(), [*last], "what was synced is told once");
    assert!(log.writes(last.id.number) && !log.writes(extents[0].id.number));
    for (place, payload) in places.iter().zip(&payloads) {
        let path = folder.join(file_name("segment", place.segment));
        let segment = Segment::open(disk.as_ref(), &path).unwrap();
        let frame = segment.read(*place).unwrap();
        assert_eq!((frame.kind, &frame.payload), (5, payload));
        assert!(place.offset == HEADER_BYTES || place.end() <= 300);
    }
    let files = disk.list(&folder).unwrap();
    let lengths: Vec<_> = files.iter().map(|file| file.bytes).collect();
    assert_eq!(
        lengths,
        extents.iter().map(|extent| extent.bytes).collect::<Vec<_>>()
    );
}

#[test]
fn a_segment_whose_sync_failed_is_never_written_again() {
    let disk = MemoryDisk::default();
    let mut writer = writer(&disk);
    writer.append(1, b"one").unwrap();
    disk.fail_sync_after(0);
    assert!(matches!(writer.sync(), Err(SegmentError::Disk(_))));
    assert!(matches!(writer.sync(), Err(SegmentError::Broken { .. })));
    assert!(matches!(
        writer.append(1, b"two"),
        Err(SegmentError::Broken { .. })
    ));
}

#[test]
fn a_segment_that_the_disk_had_no_room_for_is_never_written_again() {
    let disk = MemoryDisk::default();
    let mut writer = writer(&disk);
    disk.set_capacity(Some(HEADER_BYTES + FRAME_HEADER_BYTES + 2));
    let error = writer.append(1, b"one").unwrap_err();
    assert!(matches!(error, SegmentError::Disk(error) if error.is_for_want_of_room()));
    disk.set_capacity(None);
    assert!(matches!(
        writer.append(1, b"one"),
        Err(SegmentError::Broken { .. })
    ));
}

#[test]
fn a_segment_is_not_taken_for_another_of_the_same_number() {
    let disk = MemoryDisk::default();
    writer(&disk);
    let other = SegmentId { salt: 100, ..ID };
    let error = Segment::open_as(&disk, &path(), other).unwrap_err();
    assert_eq!(
        error.to_string(),
        "state/segment-00000007 is damaged at offset 0, 32 bytes: the header of the file is not the one that was written"
    );
}

#[test]
fn a_segment_of_another_version_is_refused_with_what_to_do() {
    let disk = MemoryDisk::default();
    let mut header = format::header(ID);
    header[8] = 2;
    let checksum = crc32c::crc32c(&header[..28]);
    header[28..].copy_from_slice(&checksum.to_le_bytes());
    disk.create(&path()).unwrap().write_at(0, &header).unwrap();
    let error = Segment::open(&disk, &path()).unwrap_err();
    assert!(
        matches!(error, SegmentError::Version { version: 2, .. }),
        "{error}"
    );
    assert!(error.to_string().contains("start the server that wrote it"));
}
