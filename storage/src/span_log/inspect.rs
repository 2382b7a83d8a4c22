//! What is in a log: how much, and what of it is damaged. Nothing is changed.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use super::error::SpanLogError;
use super::log::LOG;
use super::open::{end, files, find};
use super::replay::Replay;
use crate::disk::{Disk, DiskError};
use crate::segments::{Damage, SegmentError, number_in};

/// The condition of a log.
#[derive(Debug, Default)]
pub struct LogCondition {
    /// How many files it has.
    pub segments: usize,
    /// How many bytes they have.
    pub bytes: u64,
    /// The positions of its requests, from the first that is there on.
    pub positions: Range<u64>,
    /// Damage by which nothing is lost.
    pub harmless: Vec<Damage>,
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
    for (_, _, bytes) in files(disk.as_ref(), folder)? {
        condition.segments += 1;
        condition.bytes += bytes;
    }
    let found = find(disk.as_ref(), folder)?;
    condition.harmless = found.harmless;
    let segments = found.segments;
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
