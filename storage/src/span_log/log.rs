//! Appends requests, makes them durable, and removes what is not needed any more.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;

use super::error::SpanLogError;
use super::record::{REQUEST, Request, START, header};
use super::replay::Replay;
use crate::disk::{Disk, DiskError};
use crate::segments::{Damage, FRAME_HEADER_BYTES, SegmentId, SegmentWriter, file_name};

/// What the names of a log's segments begin with.
pub const LOG: &str = "log";

/// The bounds of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpanLogLimits {
    /// The most bytes of a segment. A single request that is longer has a segment of its own.
    pub segment_bytes: u64,
    /// The most bytes of the log.
    pub most_bytes: u64,
    /// How many bytes of the disk are left free.
    pub kept_free_bytes: u64,
    /// What was stamped so long before the last request stays when it is freed, while the log has no more than a quarter of its
    /// bytes.
    pub kept_milliseconds: i64,
    /// Every write is to be durable at once, so that it goes past the page cache where that is possible.
    pub writes_through: bool,
}

/// What of a log is still needed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lag {
    /// How many requests.
    pub requests: u64,
    /// The bytes of the segments that they lie in.
    pub bytes: u64,
}

/// A log in a folder of its own.
#[derive(Debug)]
pub struct SpanLog {
    pub(super) disk: Arc<dyn Disk>,
    pub(super) folder: PathBuf,
    pub(super) limits: SpanLogLimits,
    /// Oldest first. The last may be the one that is written.
    pub(super) segments: VecDeque<LogSegment>,
    pub(super) writer: Option<SegmentWriter>,
    pub(super) next_segment: u64,
    pub(super) next: u64,
    pub(super) durable: u64,
    /// How many bytes there is room for on the disk, as measured for the group that is appended.
    pub(super) free_bytes: Option<u64>,
    /// The stamp of the last request.
    pub(super) latest: i64,
    /// What was damaged at the end as the log was opened.
    pub(super) damage: Vec<Damage>,
}

/// A segment of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogSegment {
    pub path: PathBuf,
    /// The position of its first request. What it holds from the first of the next segment on was never answered.
    pub first: u64,
    pub bytes: u64,
    /// No request in it has a later stamp.
    pub latest: i64,
}

/// A segment that nothing needs any more. The log counts it until it is told that it is gone.
#[derive(Clone, Debug)]
pub struct Unneeded {
    disk: Arc<dyn Disk>,
    folder: PathBuf,
    path: PathBuf,
}

impl Unneeded {
    /// Removes it. A file system that gives each block back to its disk can take tens of milliseconds for that.
    pub fn remove(&self) -> Result<(), DiskError> {
        match self.disk.remove(&self.path) {
            Err(error) if error.is_missing() => {}
            removed => removed?,
        }
        self.disk.sync_folder(&self.folder)
    }
}

impl SpanLog {
    /// Appends a request and returns its position. It is durable, and may be answered, after the next
    /// [`sync`](Self::sync).
    ///
    /// [`SpanLogError::Full`] and [`SpanLogError::DiskFull`] come before anything is written. After any other error the requests from
    /// [`durable`](Self::durable) on are to be refused: their positions are given out again. Only when the machine stops
    /// before the next request is durable may such a request be found in the log.
    pub fn append(&mut self, request: &Request<'_>) -> Result<u64, SpanLogError> {
        let header = header(self.next, request);
        let bytes = FRAME_HEADER_BYTES + (header.len() + request.body.len()) as u64;
        self.check_room(bytes)?;
        let appended = self.segment_for(bytes).and_then(|writer| {
            let parts = [header.as_slice(), request.body];
            Ok(writer.append_parts(REQUEST, &parts)?)
        });
        self.noted(appended)?;
        self.latest = self.latest.max(request.stamp_unix_milliseconds);
        if let Some(last) = self.segments.back_mut() {
            last.latest = self.latest;
        }
        self.next += 1;
        Ok(self.next - 1)
    }

    /// Lets what was appended be answered although it is not synced: it survives the process, and the machine only once it
    /// is synced. Where that fails, it may be lost, and its positions are not given out again. After an error of this
    /// itself they are to be refused, as with [`append`](Self::append).
    pub fn promise(&mut self) -> Result<(), SpanLogError> {
        self.flush()?;
        self.durable = self.next;
        Ok(())
    }

    /// Hands to the disk what was appended.
    pub fn flush(&mut self) -> Result<(), SpanLogError> {
        self.free_bytes = None;
        let flushed = self.writer.as_mut().map_or(Ok(()), SegmentWriter::flush);
        self.noted(flushed.map_err(SpanLogError::from))
    }

    /// Begins a segment, when none is written. From then on what was refused is not replayed, whatever the disk kept of it.
    pub fn begin(&mut self) -> Result<(), SpanLogError> {
        if self.writer.is_some() {
            return Ok(());
        }
        let begun = self.begin_segment().map(|_| ());
        self.noted(begun)
    }

    /// An error when the file that is written was removed beneath the log. It is given up then, with what was appended since
    /// the last sync: what is appended to it would be gone with the process.
    pub fn look_at_file(&mut self) -> Result<(), SpanLogError> {
        let path = self.writer.as_ref().map(|writer| writer.path().to_owned());
        let looked = path.map_or(Ok(()), |path| match self.disk.open(&path) {
            Err(error) if error.is_missing() => Err(SpanLogError::Gone { path }),
            looked => Ok(looked.map(|_| ())?),
        });
        self.noted(looked)
    }

    /// Goes on at `position`, should the log end before it, and returns how many positions are passed over: requests that an
    /// epoch has and the log has lost. Else an epoch would take new requests for those. Call it before anything is appended.
    pub fn skip_to(&mut self, position: u64) -> u64 {
        let skipped = position.saturating_sub(self.next);
        if skipped > 0 {
            self.writer = None;
            self.next = position;
            self.durable = position;
        }
        skipped
    }

    /// Makes durable what was appended, and returns the position of the first request that is not. After an error the
    /// requests from there on are to be refused, as with [`append`](Self::append).
    pub fn sync(&mut self) -> Result<u64, SpanLogError> {
        let synced = self.writer.as_mut().map_or(Ok(()), SegmentWriter::sync);
        self.noted(synced.map_err(SpanLogError::from))?;
        self.durable = self.next;
        self.free_bytes = None;
        // The requests are durable. A segment that cannot be marked refuses the next one, and is given up then.
        let writes_through = self.limits.writes_through;
        let mark = |writer: &mut SegmentWriter| {
            // Written through, the mark would be a sync of its own: it goes with the next group, or when there is none.
            writer
                .mark()
                .and_then(|()| if writes_through { Ok(()) } else { writer.flush() })
        };
        let _ = self.writer.as_mut().map(mark);
        self.noted(Ok(self.durable))
    }

    /// The oldest segment, when every request in it is before `position`; to be [removed](Unneeded::remove), and then to be
    /// [forgotten](Self::forget_oldest). One after the other: else a segment could be back without the one that says what in
    /// it is void. The last one stays, because it says which position is next; one that takes half of the log's room is
    /// followed by another for that.
    pub fn unneeded(&mut self, position: u64) -> Result<Option<Unneeded>, SpanLogError> {
        let is_idle = position >= self.next && self.durable == self.next;
        let last = self.segments.back().filter(|last| last.first < self.next);
        if is_idle && last.is_some_and(|last| last.bytes > self.limits.most_bytes / 2) {
            self.writer = None;
            self.begin()?;
        }
        let oldest = self.segments.front().filter(|_| self.frees_oldest(position));
        Ok(oldest.map(|oldest| Unneeded {
            disk: Arc::clone(&self.disk),
            folder: self.folder.clone(),
            path: oldest.path.clone(),
        }))
    }

    /// The oldest segment was removed.
    pub fn forget_oldest(&mut self) {
        self.segments.pop_front();
    }

    /// Whether every request of the oldest segment is before `position`, and none is kept for longer.
    fn frees_oldest(&self, position: u64) -> bool {
        let is_before = self.segments.get(1).is_some_and(|next| next.first <= position);
        let since = self.latest.saturating_sub(self.limits.kept_milliseconds);
        let is_old = self.segments.front().is_some_and(|oldest| oldest.latest < since);
        is_before
            && (is_old || self.limits.kept_milliseconds == 0 || self.bytes() > self.limits.most_bytes / 4)
    }

    /// Reads the durable requests from `position` on, as they are now.
    #[must_use]
    pub fn replay(&self, position: u64) -> Replay {
        let segments = self.segments.iter().cloned().collect();
        Replay::new(Arc::clone(&self.disk), segments, position..self.durable)
    }

    /// The position of the oldest request that is kept.
    #[must_use]
    pub fn first(&self) -> u64 {
        self.segments.front().map_or(self.durable, |oldest| oldest.first)
    }

    /// How much is needed of the log while requests from `position` on are.
    #[must_use]
    pub fn lag(&self, position: u64) -> Lag {
        let ends = self.segments.iter().skip(1).map(|next| next.first);
        let with_ends = self.segments.iter().zip(ends.chain([self.next]));
        let needed = with_ends.filter(|(_, end)| *end > position);
        Lag {
            requests: self.next.saturating_sub(position),
            bytes: needed.map(|(segment, _)| segment.bytes).sum(),
        }
    }

    /// The position of the first request that is not durable, nor [promised](Self::promise).
    #[must_use]
    pub fn durable(&self) -> u64 {
        self.durable
    }

    /// What was damaged behind the last request that could be read, as the log was opened. What it held is lost.
    #[must_use]
    pub fn damage(&self) -> &[Damage] {
        &self.damage
    }

    /// How many bytes the log has.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.segments.iter().map(|segment| segment.bytes).sum()
    }

    fn check_room(&mut self, more: u64) -> Result<(), SpanLogError> {
        let (bytes, most_bytes) = (self.bytes(), self.limits.most_bytes);
        if bytes + more > most_bytes {
            return Err(SpanLogError::Full { bytes, most_bytes });
        }
        let kept_free_bytes = self.limits.kept_free_bytes;
        let free_bytes = match self.free_bytes {
            Some(free_bytes) => free_bytes,
            None => self.disk.free_bytes(&self.folder)?,
        };
        self.free_bytes = Some(free_bytes.saturating_sub(more));
        match free_bytes < more.saturating_add(EMPTY_BYTES).saturating_add(kept_free_bytes) {
            true => {
                self.free_bytes = None;
                Err(SpanLogError::DiskFull {
                    free_bytes,
                    kept_free_bytes,
                })
            }
            false => Ok(()),
        }
    }

    /// The segment that a frame of `bytes` is appended to.
    fn segment_for(&mut self, bytes: u64) -> Result<&mut SegmentWriter, SpanLogError> {
        let written = self.writer.as_ref().map(|writer| writer.extent().bytes);
        let is_full = |written| written > EMPTY_BYTES && written + bytes > self.limits.segment_bytes;
        if written.is_some_and(is_full) {
            self.sync()?;
            // With its mark. One that cannot be written is of no more use.
            let _ = self.writer.take().as_mut().map(SegmentWriter::flush);
        }
        match self.writer.take() {
            Some(writer) => Ok(self.writer.insert(writer)),
            None => self.begin_segment(),
        }
    }

    /// A segment is durable before its first request: so one that cannot be read, and is longer, is damaged.
    fn begin_segment(&mut self) -> Result<&mut SegmentWriter, SpanLogError> {
        let (number, salt) = (self.next_segment, fastrand::u64(..));
        let path = self.folder.join(file_name(LOG, number));
        self.next_segment += 1;
        let segment = LogSegment {
            path,
            first: self.durable,
            bytes: EMPTY_BYTES,
            latest: self.latest,
        };
        let created = self
            .disk
            .create_to_append(&segment.path, self.limits.writes_through);
        self.segments.push_back(segment.clone());
        let id = SegmentId { number, salt };
        let mut writer = SegmentWriter::begin(created?, &segment.path, id)?;
        writer.append(START, &segment.first.to_le_bytes())?;
        writer.sync()?;
        self.disk.sync_folder(&self.folder)?;
        Ok(self.writer.insert(writer))
    }

    /// Notes how long the segment has become, or gives it up.
    fn noted<T>(&mut self, written: Result<T, SpanLogError>) -> Result<T, SpanLogError> {
        let last = self.segments.back_mut();
        match (&written, &self.writer, last) {
            (Ok(_), Some(writer), Some(last)) => last.bytes = writer.extent().bytes,
            (Err(_), ..) => self.give_up(),
            _ => {}
        }
        written
    }

    /// Gives up the segment that is written, and what was appended since the last sync. The next segment begins with the
    /// positions of what is given up, so that is not read.
    fn give_up(&mut self) {
        self.writer = None;
        self.next = self.durable;
        let is_empty = |last: &mut LogSegment| last.first == self.durable;
        if let Some(last) = self.segments.pop_back_if(is_empty) {
            // A file that stays is passed over: the next segment begins with the same position.
            let _ = self.disk.remove(&last.path);
        }
    }
}

/// The length of a segment without requests.
pub const EMPTY_BYTES: u64 = crate::segments::HEADER_BYTES + FRAME_HEADER_BYTES + 8;
