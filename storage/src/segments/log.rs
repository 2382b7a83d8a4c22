//! A row of segments: frames are appended to the last, and the next is begun when it is full.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::damage::SegmentError;
use super::extent::{Extent, Place, SegmentId};
use super::format::{FRAME_HEADER_BYTES, HEADER_BYTES};
use super::names::file_name;
use super::writer::SegmentWriter;
use crate::disk::{Disk, DiskError};

/// How large segments are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentLimits {
    /// The most bytes of a segment. A single frame that is longer has a segment of its own.
    pub segment_bytes: u64,
}

/// Gives out the numbers of the segments of a folder. Clones give out the same row.
#[derive(Clone, Debug)]
pub struct SegmentNumbers(Arc<AtomicU64>);

/// Appends frames to the segments of a folder.
#[derive(Debug)]
pub struct SegmentedLog {
    disk: Arc<dyn Disk>,
    folder: PathBuf,
    prefix: &'static str,
    limits: SegmentLimits,
    numbers: SegmentNumbers,
    /// The last one is written.
    unsynced: Vec<SegmentWriter>,
    has_new_files: bool,
}

impl SegmentNumbers {
    /// Gives out `first`, and from there on.
    #[must_use]
    pub fn from(first: u64) -> Self {
        Self(Arc::new(AtomicU64::new(first)))
    }

    fn next(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed)
    }
}

impl SegmentedLog {
    /// A log in `folder`, which must be there, of files that begin with `prefix`. It begins a new segment, whatever
    /// segments there are.
    #[must_use]
    pub fn new(
        disk: Arc<dyn Disk>,
        folder: PathBuf,
        prefix: &'static str,
        limits: SegmentLimits,
        numbers: SegmentNumbers,
    ) -> Self {
        Self {
            disk,
            folder,
            prefix,
            limits,
            numbers,
            unsynced: Vec::new(),
            has_new_files: false,
        }
    }

    /// Segments that are begun from now on are as large as `limits` say.
    pub fn set_limits(&mut self, limits: SegmentLimits) {
        self.limits = limits;
    }

    /// Appends a frame. It is durable after the next [`sync`](Self::sync).
    ///
    /// When this or a sync failed, it is not known what stands of all that was appended since the last sync: drop
    /// this log, and begin another.
    pub fn append(&mut self, kind: u32, payload: &[u8]) -> Result<Place, SegmentError> {
        let bytes = FRAME_HEADER_BYTES + payload.len() as u64;
        let last = self.unsynced.last().map(|last| last.extent().bytes);
        let is_full = |end: u64| end > HEADER_BYTES && end + bytes > self.limits.segment_bytes;
        if last.is_none_or(is_full) {
            self.begin_segment()?;
        }
        match self.unsynced.last_mut() {
            Some(last) => last.append(kind, payload),
            None => Err(SegmentError::TooLong { bytes: payload.len() }),
        }
    }

    /// Makes durable what was appended since the last time, and returns how far each segment that was written is.
    pub fn sync(&mut self) -> Result<Vec<Extent>, SegmentError> {
        for segment in &mut self.unsynced {
            segment.sync()?;
        }
        if self.has_new_files {
            self.disk.sync_folder(&self.folder)?;
            self.has_new_files = false;
        }
        let extents = self.extents();
        let last = self.unsynced.pop();
        self.unsynced.clear();
        self.unsynced.extend(last);
        Ok(extents)
    }

    /// The segments that were written since the last sync, and the one that is written next.
    #[must_use]
    pub fn extents(&self) -> Vec<Extent> {
        self.unsynced.iter().map(SegmentWriter::extent).collect()
    }

    /// Whether the segment `number` may be written again.
    #[must_use]
    pub fn writes(&self, number: u64) -> bool {
        self.unsynced
            .iter()
            .any(|segment| segment.extent().id.number == number)
    }

    fn begin_segment(&mut self) -> Result<(), DiskError> {
        let (number, salt) = (self.numbers.next(), fastrand::u64(..));
        let path = self.folder.join(file_name(self.prefix, number));
        let created = SegmentWriter::create(self.disk.as_ref(), &path, SegmentId { number, salt });
        let segment = created.inspect_err(|_| {
            // A header that there was no room for must not take room. What cannot be removed is so at the next start.
            let _ = self.disk.remove(&path);
        })?;
        self.has_new_files = true;
        self.unsynced.push(segment);
        Ok(())
    }
}
