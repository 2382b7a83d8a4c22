//! A file whose first bytes are damaged costs at most the requests in it.

use super::*;

/// A log of 30 requests, and its files.
fn log_of_files() -> (MemoryDisk, Vec<super::super::log::LogSegment>) {
    let disk = MemoryDisk::default();
    let log = numbered(&disk, 30);
    let segments = log.segments.iter().cloned().collect();
    (disk, segments)
}

/// Nothing tells any more which segment it is.
fn destroy_beginning(disk: &MemoryDisk, path: &Path) {
    disk.open(path).unwrap().write_at(0, &[0; 70]).unwrap();
}

/// What is lost of all requests, and with which file.
fn lost(log: &SpanLog) -> Vec<(PathBuf, Vec<u64>)> {
    let errors = log.replay(0).filter_map(Result::err);
    let lost = errors.map(|error| match error {
        SpanLogError::Lost(lost) => (lost.damage.path, lost.positions.collect()),
        error => panic!("{error}"),
    });
    lost.collect()
}

#[test]
fn the_first_file_and_one_between_others_cost_exactly_their_requests() {
    for hit in [0, 2] {
        let (disk, segments) = log_of_files();
        let path = segments[hit].path.clone();
        destroy_beginning(&disk, &path);
        let log = open(&disk).unwrap();
        let positions = (segments[hit].first..segments[hit + 1].first).collect();
        assert_eq!(lost(&log), [(path.clone(), positions)]);
        let shared: Arc<dyn Disk> = Arc::new(disk.clone());
        let losses = inspect(&shared, folder()).unwrap().losses;
        let told = losses[0].to_string();
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(losses.len() == 1 && told.contains(name), "{losses:?}");
    }
}

#[test]
fn the_newest_file_is_told_of_and_the_log_goes_on_behind_what_can_be_read() {
    let (disk, segments) = log_of_files();
    let newest = segments.last().unwrap();
    destroy_beginning(&disk, &newest.path);
    let mut log = open(&disk).unwrap();
    assert_eq!(log.damage().len(), 1);
    assert_eq!((&log.damage()[0].path, log.damage()[0].offset), (&newest.path, 0));
    assert_eq!(bodies(&log, 0), texts(0..newest.first));
    assert_eq!(append(&mut log, "again").unwrap(), newest.first);
    log.sync().unwrap();
    disk.restart(Tear::Lost);
    assert_eq!(bodies(&open(&disk).unwrap(), newest.first), ["again"]);
}

#[test]
fn a_file_is_read_although_a_part_of_its_beginning_is_damaged() {
    let (disk, segments) = log_of_files();
    for segment in &segments {
        disk.flip(&segment.path, 22, 5);
    }
    let log = open(&disk).unwrap();
    assert_eq!(bodies(&log, 0), texts(0..30));
    let shared: Arc<dyn Disk> = Arc::new(disk.clone());
    let condition = inspect(&shared, folder()).unwrap();
    assert_eq!(
        (condition.losses.len(), condition.harmless.len()),
        (0, segments.len())
    );
}

#[test]
fn files_that_cannot_be_made_out_go_when_what_comes_after_them_is_not_needed() {
    let (disk, segments) = log_of_files();
    destroy_beginning(&disk, &segments[0].path);
    let mut log = open(&disk).unwrap();
    while free(&mut log, segments[1].first).unwrap() {}
    assert_eq!(log.first(), segments[1].first);
    assert!(disk.open(&segments[0].path).is_err());
}
