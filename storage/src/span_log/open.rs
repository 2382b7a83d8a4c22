//! Opens a log: finds its segments, and makes sure of the end that may be only in memory.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::error::{LostRecords, SpanLogError};
use super::log::{EMPTY_BYTES, LOG, LogSegment, SpanLog, SpanLogLimits};
use super::record::{REQUEST, request, start};
use crate::disk::{Disk, read_fully};
use crate::segments::{HEADER_BYTES, Place, Segment, SegmentError, Survey, number_in};

/// Files that are written through are made longer by so many bytes at the least.
const BLOCK_BYTES: u64 = 4096;

impl SpanLog {
    /// Opens the log in `folder`, which is created where it is missing, and which no other log may use.
    ///
    /// Whatever was appended and is there counts, durable before or not: it is made so. Damage to the last segment is
    /// [`SpanLogError::Lost`]; damage to others is told by [`replay`](Self::replay).
    pub fn open(disk: Arc<dyn Disk>, folder: &Path, limits: SpanLogLimits) -> Result<Self, SpanLogError> {
        disk.create_folder(folder)?;
        let mut segments = VecDeque::new();
        let mut next_segment = 1;
        for (number, path, bytes) in files(disk.as_ref(), folder)? {
            next_segment = number + 1;
            match first_position(disk.as_ref(), &path, bytes)? {
                Some(first) => segments.push_back(LogSegment { path, first, bytes }),
                None => disk.remove(&path)?,
            }
        }
        let next = end_of(disk.as_ref(), &segments)?;
        Ok(Self {
            disk,
            folder: folder.to_owned(),
            limits,
            segments,
            writer: None,
            next_segment,
            next,
            durable: next,
            free_bytes: None,
        })
    }
}

/// The log's files: number, path and bytes, the oldest first.
pub(super) fn files(disk: &dyn Disk, folder: &Path) -> Result<Vec<(u64, PathBuf, u64)>, SpanLogError> {
    let entries = disk.list(folder)?.into_iter();
    let numbered = entries.filter_map(|entry| {
        Some((
            number_in(LOG, &entry.name)?,
            folder.join(&entry.name),
            entry.bytes,
        ))
    });
    let mut files: Vec<_> = numbered.collect();
    files.sort_unstable();
    Ok(files)
}

/// The position that a segment begins with; none when its beginning did not come to its end, so that nothing is in it.
pub(super) fn first_position(disk: &dyn Disk, path: &Path, bytes: u64) -> Result<Option<u64>, SpanLogError> {
    let first = Segment::open(disk, path).and_then(|segment| {
        let bytes = EMPTY_BYTES - HEADER_BYTES;
        let place = Place {
            segment: segment.id().number,
            offset: HEADER_BYTES,
            bytes,
        };
        segment.read(place)
    });
    match first {
        Ok(frame) => Ok(start(&frame)),
        Err(SegmentError::Damaged(_)) if is_empty(disk, path, bytes)? => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Whether nothing but zeros stands behind where requests begin, up to the end of a block.
fn is_empty(disk: &dyn Disk, path: &Path, bytes: u64) -> Result<bool, SpanLogError> {
    if bytes > BLOCK_BYTES {
        return Ok(false);
    }
    let mut rest = vec![0; usize::try_from(bytes.saturating_sub(EMPTY_BYTES)).unwrap_or(0)];
    let read = read_fully(disk.open(path)?.as_ref(), EMPTY_BYTES, &mut rest)?;
    Ok(rest.iter().take(read).all(|byte| *byte == 0))
}

/// The position after the last request, once that is durable. A last segment without requests stays: what the one before it
/// holds from its first position on was refused.
fn end_of(disk: &dyn Disk, segments: &VecDeque<LogSegment>) -> Result<u64, SpanLogError> {
    let Some(last) = segments.back() else {
        return Ok(0);
    };
    let segment = Segment::open(disk, &last.path)?;
    let survey = segment.survey()?;
    if let Some(damage) = survey.damage.first().cloned() {
        let positions = last.first..last.first + survey.frames.len() as u64;
        return Err(LostRecords { damage, positions }.into());
    }
    write_again(disk, last, &survey)?;
    match survey.frames.iter().rfind(|found| found.kind == REQUEST) {
        Some(found) => {
            let last = request(&segment.read(found.place)?).map(|request| request.position);
            Ok(last.map_or(0, |position| position + 1))
        }
        None => Ok(last.first),
    }
}

/// Writes the end of a segment again, of which it is not known whether it is on the disk. That it can be read does not say
/// so, and a sync alone may pass over what one failed for before.
fn write_again(disk: &dyn Disk, last: &LogSegment, survey: &Survey) -> Result<(), SpanLogError> {
    let end = survey.torn.as_ref().map_or(last.bytes, |torn| torn.offset);
    let file = disk.open_to_write(&last.path)?;
    let mut bytes = vec![0; usize::try_from(end.saturating_sub(survey.durable)).unwrap_or(0)];
    let read = read_fully(file.as_ref(), survey.durable, &mut bytes)?;
    file.write_at(survey.durable, bytes.get(..read).unwrap_or_default())?;
    Ok(file.sync()?)
}
