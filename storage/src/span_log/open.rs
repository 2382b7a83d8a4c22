//! Opens a log: finds its segments, and makes sure of the end that may be only in memory.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::error::SpanLogError;
use super::log::{EMPTY_BYTES, LOG, LogSegment, SpanLog, SpanLogLimits};
use super::record::{REQUEST, request, start};
use crate::disk::{Disk, read_fully};
use crate::segments::{Damage, HEADER_BYTES, Place, Segment, SegmentError, Survey, number_in};

/// Files that are written through are made longer by so many bytes at the least.
const BLOCK_BYTES: u64 = 4096;

impl SpanLog {
    /// Opens the log in `folder`, which is created where it is missing, and which no other log may use.
    ///
    /// Whatever was appended and is there counts, durable before or not: it is made so. Damage behind the last request is
    /// [told](Self::damage), and other damage by [`replay`](Self::replay).
    pub fn open(disk: Arc<dyn Disk>, folder: &Path, limits: SpanLogLimits) -> Result<Self, SpanLogError> {
        disk.create_folder(folder)?;
        let mut segments = VecDeque::new();
        let mut next_segment = 1;
        for (number, path, bytes) in files(disk.as_ref(), folder)? {
            next_segment = number + 1;
            match first_position(disk.as_ref(), &path, bytes)? {
                Some(first) => segments.push_back(LogSegment {
                    path,
                    first,
                    bytes,
                    latest: 0,
                }),
                None => disk.remove(&path)?,
            }
        }
        let LogEnd { next, latest, damage } = end_of(disk.as_ref(), &segments)?;
        segments.iter_mut().for_each(|segment| segment.latest = latest);
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
            latest,
            damage,
        })
    }
}

/// How a log ends.
#[derive(Default)]
struct LogEnd {
    /// The position after the last request.
    next: u64,
    /// Its stamp.
    latest: i64,
    /// What is damaged behind it.
    damage: Vec<Damage>,
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

/// The end of a log, once it is durable. A last segment without requests stays: what the one before it holds from its first
/// position on was refused.
///
/// Damage before the last request that can be read is told by a replay.
fn end_of(disk: &dyn Disk, segments: &VecDeque<LogSegment>) -> Result<LogEnd, SpanLogError> {
    let Some(last) = segments.back() else {
        return Ok(LogEnd::default());
    };
    let segment = Segment::open(disk, &last.path)?;
    let mut survey = segment.survey()?;
    write_again(disk, last, &survey)?;
    let Some(found) = survey.frames.iter().rfind(|found| found.kind == REQUEST) else {
        return Ok(LogEnd {
            next: last.first,
            latest: 0,
            damage: survey.damage,
        });
    };
    survey.damage.retain(|damage| damage.offset > found.place.offset);
    let request = request(&segment.read(found.place)?);
    Ok(LogEnd {
        next: request.as_ref().map_or(0, |request| request.position + 1),
        latest: request.map_or(0, |request| request.stamp_unix_milliseconds),
        damage: survey.damage,
    })
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
