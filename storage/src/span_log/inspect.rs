//! What is in a log: how much, and what of it is damaged. Nothing is changed.

use std::ops::Range;
use std::path::Path;

use super::error::SpanLogError;
use super::log::LOG;
use super::open::{files, first_position};
use super::record::{REQUEST, request};
use crate::disk::{Disk, DiskError};
use crate::segments::{Damage, Segment, number_in};

/// The condition of a log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogCondition {
    /// How many files it has.
    pub segments: usize,
    /// How many bytes they have.
    pub bytes: u64,
    /// The positions of its requests.
    pub positions: Range<u64>,
    /// What cannot be read.
    pub damage: Vec<Damage>,
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
pub fn inspect(disk: &dyn Disk, folder: &Path) -> Result<LogCondition, SpanLogError> {
    let mut condition = LogCondition::default();
    for (_, path, bytes) in files(disk, folder)? {
        condition.segments += 1;
        condition.bytes += bytes;
        let Some(first) = first_position(disk, &path, bytes)? else {
            continue;
        };
        if condition.segments == 1 {
            condition.positions = first..first;
        }
        let segment = Segment::open(disk, &path)?;
        let survey = segment.survey()?;
        condition.damage.extend(survey.damage);
        let last = survey.frames.iter().rfind(|found| found.kind == REQUEST);
        let last = last.map(|found| segment.read(found.place)).transpose()?;
        let next = last
            .and_then(|frame| request(&frame))
            .map(|last| last.position + 1);
        condition.positions.end = next.unwrap_or(first);
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
