//! Writes one segment: frames at its end, until a write or a sync fails.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::damage::SegmentError;
use super::extent::{Extent, Place, SegmentId};
use super::format::{FrameHeader, HEADER_BYTES, MARK, MAX_PAYLOAD_BYTES, header};
use crate::disk::{Disk, DiskError, DiskFile};

/// A segment that is being written.
#[derive(Debug)]
pub struct SegmentWriter {
    file: Arc<dyn DiskFile>,
    path: PathBuf,
    id: SegmentId,
    end: u64,
    durable: u64,
    is_broken: bool,
}

impl SegmentWriter {
    /// Creates the file and writes its header. Neither is durable yet: sync it, and its folder.
    pub fn create(disk: &dyn Disk, path: &Path, id: SegmentId) -> Result<Self, DiskError> {
        Self::begin(disk.create(path)?, path, id)
    }

    /// As [`create`](Self::create), in an empty file that was created at `path`.
    pub fn begin(file: Arc<dyn DiskFile>, path: &Path, id: SegmentId) -> Result<Self, DiskError> {
        file.write_at(0, &header(id))?;
        Ok(Self {
            file,
            path: path.to_owned(),
            id,
            end: HEADER_BYTES,
            durable: HEADER_BYTES,
            is_broken: false,
        })
    }

    /// Appends a frame of `kind` (not [`MARK`], which is this writer's own) and returns where it stands.
    pub fn append(&mut self, kind: u32, payload: &[u8]) -> Result<Place, SegmentError> {
        self.append_parts(kind, &[payload])
    }

    /// Appends a frame whose payload is these parts, one after the other.
    pub fn append_parts(&mut self, kind: u32, parts: &[&[u8]]) -> Result<Place, SegmentError> {
        self.check()?;
        let bytes = parts.iter().map(|part| part.len()).sum();
        let length = u32::try_from(bytes).ok().filter(|_| bytes <= MAX_PAYLOAD_BYTES);
        let header = FrameHeader {
            payload_checksum: parts.iter().fold(0, |sum, part| crc32c::crc32c_append(sum, part)),
            length: length.ok_or(SegmentError::TooLong { bytes })?,
            kind,
            durable: self.durable,
        };
        let place = Place {
            segment: self.id.number,
            offset: self.end,
            bytes: header.frame_bytes(),
        };
        let header = header.written(self.id, self.end);
        let parts: Vec<_> = std::iter::once(header.as_slice())
            .chain(parts.iter().copied())
            .collect();
        let written = self.file.write_parts_at(self.end, &parts);
        self.is_broken = written.is_err();
        written?;
        self.end = place.end();
        Ok(place)
    }

    /// Hands to the system what was appended: from then on it survives the process.
    pub fn flush(&mut self) -> Result<(), SegmentError> {
        self.check()?;
        let flushed = self.file.flush();
        self.is_broken = flushed.is_err();
        Ok(flushed?)
    }

    /// Makes durable what was appended.
    pub fn sync(&mut self) -> Result<(), SegmentError> {
        self.check()?;
        if self.durable < self.end {
            let synced = self.file.sync();
            self.is_broken = synced.is_err();
            synced?;
            self.durable = self.end;
        }
        Ok(())
    }

    /// Notes in the segment that all of it is durable, so that damage to its last frame is told from a torn end. The
    /// note itself is durable with the next sync, or when the system writes it.
    pub fn mark(&mut self) -> Result<(), SegmentError> {
        self.append(MARK, &[]).map(|_| ())
    }

    /// Whether a write or a sync has failed, so that nothing more can be appended.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.is_broken
    }

    /// Which segment it is and how far it is appended to, durable or not.
    #[must_use]
    pub fn extent(&self) -> Extent {
        let (id, bytes) = (self.id, self.end);
        Extent { id, bytes }
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn check(&self) -> Result<(), SegmentError> {
        let path = self.path.clone();
        if self.is_broken {
            Err(SegmentError::Broken { path })
        } else {
            Ok(())
        }
    }
}
