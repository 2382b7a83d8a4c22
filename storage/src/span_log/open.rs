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
    /// [told](Self::damage), and other damage by [`replay`](Self::replay), also that of a file which cannot be made out at all.
    pub fn open(disk: Arc<dyn Disk>, folder: &Path, limits: SpanLogLimits) -> Result<Self, SpanLogError> {
        disk.create_folder(folder)?;
        let FoundFiles {
            segments,
            empty,
            next_number,
            ..
        } = find(disk.as_ref(), folder)?;
        empty.iter().try_for_each(|path| disk.remove(path))?;
        let mut segments = VecDeque::from(segments);
        let LogEnd { next, latest, damage } = end_of(disk.as_ref(), &segments)?;
        segments.iter_mut().for_each(|segment| segment.latest = latest);
        Ok(Self {
            disk,
            folder: folder.to_owned(),
            limits,
            segments,
            writer: None,
            next_segment: next_number,
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

/// The files of a log.
#[derive(Debug)]
pub(super) struct FoundFiles {
    /// The oldest first.
    pub(super) segments: Vec<LogSegment>,
    /// Those in which nothing is, as their beginning did not come to its end.
    pub(super) empty: Vec<PathBuf>,
    /// Damage by which nothing is lost.
    pub(super) harmless: Vec<Damage>,
    /// The number of the next file.
    pub(super) next_number: u64,
}

/// The files of the log in `folder`. One that cannot be made out begins where the one before it ends, so that all of it is
/// lost and nothing else.
pub(super) fn find(disk: &dyn Disk, folder: &Path) -> Result<FoundFiles, SpanLogError> {
    let mut found = FoundFiles {
        segments: Vec::new(),
        empty: Vec::new(),
        harmless: Vec::new(),
        next_number: 1,
    };
    for (number, path, bytes) in files(disk, folder)? {
        found.next_number = number + 1;
        let first = match first_position(disk, &path, bytes) {
            Ok(Some(first)) => first,
            Ok(None) => {
                found.empty.push(path);
                continue;
            }
            Err(SpanLogError::Segment(SegmentError::Damaged(_))) => match found.segments.last() {
                Some(before) => end(disk, before)?.0,
                None => 0,
            },
            Err(error) => return Err(error),
        };
        let opened = Segment::open(disk, &path).ok();
        found
            .harmless
            .extend(opened.and_then(|segment| segment.header_damage()));
        found.segments.push(LogSegment {
            path,
            first,
            bytes,
            latest: 0,
        });
    }
    Ok(found)
}

/// The position after the last request of a segment, and what is damaged behind it.
pub(super) fn end(disk: &dyn Disk, last: &LogSegment) -> Result<(u64, Vec<Damage>), SpanLogError> {
    let segment = match Segment::open(disk, &last.path) {
        Ok(segment) => segment,
        Err(SegmentError::Damaged(damage)) => return Ok((last.first, vec![damage])),
        Err(error) => return Err(error.into()),
    };
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
    let segment = match Segment::open(disk, &last.path) {
        Ok(segment) => segment,
        Err(SegmentError::Damaged(damage)) => {
            return Ok(LogEnd {
                next: last.first,
                latest: 0,
                damage: vec![damage],
            });
        }
        Err(error) => return Err(error.into()),
    };
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
