//! What is in a log: how much, and what of it is damaged. Nothing is changed.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use super::error::SpanLogError;
use super::log::{LOG, LogSegment};
use super::open::{files, first_position};
use super::record::{REQUEST, request};
use super::replay::Replay;
use crate::disk::{Disk, DiskError};
use crate::segments::{Damage, Segment, SegmentError, Survey, number_in};

/// The condition of a log.
#[derive(Debug, Default)]
pub struct LogCondition {
    /// How many files it has.
    pub segments: usize,
    /// How many bytes they have.
    pub bytes: u64,
    /// The positions of its requests, from the first that is there on.
    pub positions: Range<u64>,
    /// What cannot be read, or is not there.
    pub losses: Vec<SpanLogError>,
}

/// What was removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RemovedLog {
    /// How many files.
    pub files: usize,
    /// How many bytes they had.
    pub bytes: u64,
}

/// Reads the log in `folder`, which nobody writes.
///
/// # Errors
/// When a file cannot be read for another reason than damage to it.
pub fn inspect(disk: &Arc<dyn Disk>, folder: &Path) -> Result<LogCondition, SpanLogError> {
    let mut condition = LogCondition::default();
    let mut segments = Vec::new();
    for (_, path, bytes) in files(disk.as_ref(), folder)? {
        condition.segments += 1;
        condition.bytes += bytes;
        match first_position(disk.as_ref(), &path, bytes) {
            Ok(Some(first)) => segments.push(LogSegment {
                path,
                first,
                bytes,
                latest: 0,
            }),
            Ok(None) => {}
            Err(error @ SpanLogError::Segment(SegmentError::Damaged(_))) => condition.losses.push(error),
            Err(error) => return Err(error),
        }
    }
    if let (Some(first), Some(last)) = (segments.first(), segments.last()) {
        let (end, damage) = end(disk.as_ref(), last)?;
        condition.positions = first.first..end;
        let requests = Replay::new(Arc::clone(disk), segments, condition.positions.clone());
        condition.losses.extend(requests.filter_map(Result::err));
        let damage = damage.into_iter().map(SegmentError::Damaged);
        condition.losses.extend(damage.map(SpanLogError::from));
    }
    Ok(condition)
}

/// The position after the last request of a segment, and what is damaged behind it.
fn end(disk: &dyn Disk, last: &LogSegment) -> Result<(u64, Vec<Damage>), SpanLogError> {
    let segment = Segment::open(disk, &last.path)?;
    let Survey {
        frames, mut damage, ..
    } = segment.survey()?;
    let Some(found) = frames.iter().rfind(|found| found.kind == REQUEST) else {
        return Ok((last.first, damage));
    };
    damage.retain(|damage| damage.offset > found.place.offset);
    let request = request(&segment.read(found.place)?);
    let end = request.map_or(last.first, |request| request.position + 1);
    Ok((end, damage))
}

/// Removes the log in `folder`, damaged or not.
///
/// # Errors
/// When a file cannot be removed.
pub fn remove(disk: &dyn Disk, folder: &Path) -> Result<RemovedLog, DiskError> {
    let mut removed = RemovedLog::default();
    let files = disk.list(folder)?;
    for file in files.iter().filter(|file| number_in(LOG, &file.name).is_some()) {
        disk.remove(&folder.join(&file.name))?;
        removed.files += 1;
        removed.bytes += file.bytes;
    }
    disk.sync_folder(folder)?;
    Ok(removed)
}
