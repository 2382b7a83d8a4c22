//! Reads a log in order, and tells each request that cannot be read by its position.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;
use std::vec::IntoIter;

use super::error::{LostRecords, SpanLogError};
use super::log::LogSegment;
use super::record::{LoggedRequest, request};
use crate::disk::Disk;
use crate::segments::{Damage, Flaw, Found, Segment, SegmentError, Survey};

/// The requests of a log, in order. After an error that tells of [lost](SpanLogError::Lost) or
/// [removed](SpanLogError::Removed) requests come those after them; any other error ends it.
#[derive(Debug)]
pub struct Replay {
    disk: Arc<dyn Disk>,
    /// Each with the position that it ends before.
    segments: VecDeque<(LogSegment, u64)>,
    /// The position of the oldest request that is kept.
    first: u64,
    positions: Range<u64>,
    current: Option<Current>,
    progress: Progress,
    /// What was read, and comes after the error that what is before it is lost.
    ready: Option<LoggedRequest>,
}

/// How much of what is to be replayed was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// How many bytes were read.
    pub done_bytes: u64,
    /// How many bytes there are.
    pub total_bytes: u64,
}

/// The segment that is read.
#[derive(Debug)]
struct Current {
    segment: Segment,
    frames: IntoIter<Found>,
    end: u64,
    damage: VecDeque<Damage>,
}

impl Replay {
    /// The `positions` of a log that has these `segments`.
    pub(super) fn new(disk: Arc<dyn Disk>, segments: Vec<LogSegment>, positions: Range<u64>) -> Self {
        let first = segments.first().map_or(positions.end, |oldest| oldest.first);
        let ends = segments.iter().skip(1).map(|next| next.first);
        let ends: Vec<_> = ends.chain([positions.end]).collect();
        let with_ends = segments.into_iter().zip(ends);
        let segments: VecDeque<_> = with_ends.filter(|(_, end)| *end > positions.start).collect();
        let progress = Progress {
            done_bytes: 0,
            total_bytes: bytes_of(&segments),
        };
        Self {
            disk,
            segments,
            progress,
            first,
            positions,
            current: None,
            ready: None,
        }
    }

    /// How many requests are to come, without those that are lost.
    #[must_use]
    pub fn remaining(&self) -> u64 {
        self.positions.end.saturating_sub(self.positions.start)
    }

    /// How far it is.
    #[must_use]
    pub fn progress(&self) -> Progress {
        let Progress { total_bytes, .. } = self.progress;
        match self.positions.is_empty() {
            true => Progress {
                done_bytes: total_bytes,
                total_bytes,
            },
            false => self.progress,
        }
    }

    /// The next frame of a request that is wanted, or what is lost before it.
    fn step(&mut self) -> Result<Option<LoggedRequest>, SpanLogError> {
        let Some(current) = self.current.as_mut() else {
            return self.begin().map(|()| None);
        };
        let Some(found) = current.frames.next() else {
            let end = current.end;
            return self
                .lose_up_to(end)
                .map(|()| None)
                .inspect(|_| self.current = None);
        };
        self.progress.done_bytes += found.place.bytes;
        let read = current.read(found)?;
        let wanted = read.filter(|request| self.positions.contains(&request.position));
        let Some(request) =
            wanted.filter(|request| self.current.as_ref().is_some_and(|of| request.position < of.end))
        else {
            return Ok(None);
        };
        let position = request.position;
        self.ready = Some(request);
        self.lose_up_to(position)?;
        self.positions.start = position + 1;
        Ok(self.ready.take())
    }

    /// Goes on with the next segment.
    fn begin(&mut self) -> Result<(), SpanLogError> {
        let Some((next, end)) = self.segments.pop_front() else {
            self.positions.start = self.positions.end;
            return Ok(());
        };
        let left = bytes_of(&self.segments) + next.bytes;
        self.progress.done_bytes = self.progress.total_bytes.saturating_sub(left);
        let opened = Segment::open(self.disk.as_ref(), &next.path);
        match opened.and_then(|segment| Ok((segment.survey()?, segment))) {
            Ok((survey, segment)) => self.current = Some(Current::new(segment, survey, end)),
            Err(SegmentError::Damaged(damage)) => self.lose(damage, end)?,
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    /// An error when requests before `position` are missing, which are passed over then.
    fn lose_up_to(&mut self, position: u64) -> Result<(), SpanLogError> {
        match self.current.as_mut() {
            Some(current) if self.positions.start < position => {
                let damage = current.next_damage();
                self.lose(damage, position)
            }
            _ => Ok(()),
        }
    }

    fn lose(&mut self, damage: Damage, position: u64) -> Result<(), SpanLogError> {
        let positions = self.positions.start..position;
        self.positions.start = position;
        Err(LostRecords { damage, positions }.into())
    }
}

impl Iterator for Replay {
    type Item = Result<LoggedRequest, SpanLogError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(request) = self.ready.take() {
            self.positions.start = request.position + 1;
            return Some(Ok(request));
        }
        if self.positions.start < self.first && !self.positions.is_empty() {
            let positions = self.positions.start..self.first;
            self.positions.start = self.first;
            return Some(Err(SpanLogError::Removed { positions }));
        }
        while !self.positions.is_empty() {
            match self.step() {
                Ok(None) => {}
                Ok(Some(request)) => return Some(Ok(request)),
                Err(SpanLogError::Lost(lost)) => return Some(Err(lost.into())),
                Err(error) => {
                    self.positions.start = self.positions.end;
                    return Some(Err(error));
                }
            }
        }
        None
    }
}

impl Current {
    fn new(segment: Segment, survey: Survey, end: u64) -> Self {
        let torn = survey
            .torn
            .map(|torn| segment.damage(torn.offset, torn.bytes, Flaw::NoFrame));
        Self {
            frames: survey.frames.into_iter(),
            damage: survey.damage.into_iter().chain(torn).collect(),
            segment,
            end,
        }
    }

    /// The request in a frame; none when it holds none or is damaged, which shows in the positions.
    fn read(&mut self, found: Found) -> Result<Option<LoggedRequest>, SpanLogError> {
        match self.segment.read(found.place) {
            Ok(frame) => Ok(request(&frame)),
            Err(SegmentError::Damaged(damage)) => {
                self.damage.push_front(damage);
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The damage that the next gap comes from.
    fn next_damage(&mut self) -> Damage {
        let missing = || self.segment.damage(0, 0, Flaw::Missing);
        self.damage.pop_front().unwrap_or_else(missing)
    }
}

fn bytes_of(segments: &VecDeque<(LogSegment, u64)>) -> u64 {
    segments.iter().map(|(segment, _)| segment.bytes).sum()
}
