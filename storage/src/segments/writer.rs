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
    frame: Vec<u8>,
}

impl SegmentWriter {
    /// Creates the file and writes its header. Neither is durable yet: sync it, and its folder.
    pub fn create(disk: &dyn Disk, path: &Path, id: SegmentId) -> Result<Self, DiskError> {
        let file = disk.create(path)?;
        file.write_at(0, &header(id))?;
        Ok(Self {
            file,
            path: path.to_owned(),
            id,
            end: HEADER_BYTES,
            durable: HEADER_BYTES,
            is_broken: false,
            frame: Vec::new(),
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
        self.write(header, parts)
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

    /// Which segment it is and how far it is written, durable or not.
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

    fn write(&mut self, header: FrameHeader, parts: &[&[u8]]) -> Result<Place, SegmentError> {
        self.frame.clear();
        header.write(self.id, self.end, &mut self.frame);
        parts.iter().for_each(|part| self.frame.extend_from_slice(part));
        let written = self.file.write_at(self.end, &self.frame);
        self.is_broken = written.is_err();
        written?;
        let place = Place {
            segment: self.id.number,
            offset: self.end,
            bytes: header.frame_bytes(),
        };
        self.end = place.end();
        Ok(place)
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
