//! Reads a file from front to back in large pieces.

use super::format::FRAME_HEADER_BYTES;
use crate::disk::{DiskError, DiskFile, read_fully};

/// How much is read at a time, at least.
const PIECE_BYTES: u64 = 256 * 1024;

/// A piece of a file.
#[derive(Debug)]
pub struct Window<'a> {
    file: &'a dyn DiskFile,
    file_bytes: u64,
    start: u64,
    piece: Vec<u8>,
}

impl<'a> Window<'a> {
    /// The file, of which `file_bytes` are there.
    pub fn new(file: &'a dyn DiskFile, file_bytes: u64) -> Self {
        let (start, piece) = (0, Vec::new());
        Self {
            file,
            file_bytes,
            start,
            piece,
        }
    }

    /// How long the file is.
    pub fn file_bytes(&self) -> u64 {
        self.file_bytes
    }

    /// What stands where a frame's header would stand; less at the end of the file.
    pub fn frame_header(&mut self, offset: u64) -> Result<&[u8], DiskError> {
        self.bytes(offset, FRAME_HEADER_BYTES)
    }

    /// The `bytes` at `offset`; fewer at the end of the file.
    pub fn bytes(&mut self, offset: u64, bytes: u64) -> Result<&[u8], DiskError> {
        let end = offset.saturating_add(bytes).min(self.file_bytes);
        let bytes = end.saturating_sub(offset);
        if offset < self.start || end > self.start + self.piece.len() as u64 {
            self.fill(offset, bytes.max(PIECE_BYTES))?;
        }
        let from = index(offset - self.start);
        Ok(self.piece.get(from..from + index(bytes)).unwrap_or_default())
    }

    fn fill(&mut self, offset: u64, bytes: u64) -> Result<(), DiskError> {
        let bytes = bytes.min(self.file_bytes.saturating_sub(offset));
        self.start = offset;
        self.piece.resize(index(bytes), 0);
        let read = read_fully(self.file, offset, &mut self.piece)?;
        self.piece.truncate(read);
        Ok(())
    }
}

fn index(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}
