//! A file that is only appended to: what is written together is gathered in memory, and written past the page cache where
//! each write is to be durable. So what is hardly ever read costs no other copy, and the system has nothing to write later.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::fs::OFlags;
use rustix::io::Errno;

use super::{DiskError, DiskFile, Operation};

/// What writes past the page cache begin and end at. Disks ask for 512 bytes or for this.
const BLOCK: usize = 4096;

/// How much is gathered.
const BUFFER: usize = 1 << 20;

/// A file open to append.
#[derive(Debug)]
pub struct AppendFile {
    path: PathBuf,
    /// The file by way of the page cache.
    plain: File,
    end: Mutex<End>,
}

/// The end of the file.
#[derive(Debug)]
struct End {
    /// Where the buffer stands in the file: at the begin of a block.
    base: u64,
    /// How much of the buffer is filled.
    filled: usize,
    /// How much of that is written.
    written: usize,
    buffer: AlignedBuffer,
    /// The same file past the page cache: each write ends on the disk, and with zeros up to a whole block.
    direct: Option<File>,
}

/// Memory that begins at a multiple of [`BLOCK`].
#[derive(Debug)]
struct AlignedBuffer {
    bytes: Vec<u8>,
    start: usize,
}

impl AppendFile {
    /// Creates an empty file; it is written past the page cache when it `writes_through` and the file system can.
    pub fn create(path: &Path, writes_through: bool) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.read(true).write(true);
        let plain = options.clone().create_new(true).open(path)?;
        let flags = (OFlags::DIRECT | OFlags::DSYNC).bits();
        options.custom_flags(i32::try_from(flags).unwrap_or_default());
        let direct = writes_through.then(|| options.open(path).ok()).flatten();
        Ok(Self {
            path: path.to_owned(),
            plain,
            end: Mutex::new(End::new(direct)),
        })
    }

    fn end(&self) -> MutexGuard<'_, End> {
        self.end.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn told<T>(&self, operation: Operation, result: io::Result<T>) -> Result<T, DiskError> {
        result.map_err(|error| DiskError::new(operation, &self.path, error))
    }

    /// Writes what is gathered.
    fn write(&self, end: &mut End) -> Result<(), DiskError> {
        let offset = end.base;
        let written = end.write(&self.plain);
        self.told(Operation::Write, written)
            .map_err(|error| error.at(offset))
    }
}

impl DiskFile for AppendFile {
    fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<(), DiskError> {
        self.write_parts_at(offset, &[bytes])
    }

    fn write_parts_at(&self, offset: u64, parts: &[&[u8]]) -> Result<(), DiskError> {
        let mut end = self.end();
        if offset != end.offset() {
            let elsewhere = io::Error::new(io::ErrorKind::InvalidInput, "it is only appended to");
            return self
                .told(Operation::Write, Err(elsewhere))
                .map_err(|error| error.at(offset));
        }
        for part in parts {
            let mut rest = *part;
            while !rest.is_empty() {
                rest = end.fill(rest);
                if end.is_full() {
                    self.write(&mut end)?;
                }
            }
        }
        Ok(())
    }

    fn flush(&self) -> Result<(), DiskError> {
        self.write(&mut self.end())
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<usize, DiskError> {
        let read = self.plain.read_at(buffer, offset);
        self.told(Operation::Read, read).map_err(|error| error.at(offset))
    }

    fn sync(&self) -> Result<(), DiskError> {
        let mut end = self.end();
        self.write(&mut end)?;
        let synced = if end.direct.is_some() {
            Ok(())
        } else {
            self.plain.sync_data()
        };
        self.told(Operation::Sync, synced)
    }

    fn bytes(&self) -> Result<u64, DiskError> {
        let metadata = self.told(Operation::Measure, self.plain.metadata())?;
        Ok(metadata.len())
    }
}

impl End {
    fn new(direct: Option<File>) -> Self {
        Self {
            base: 0,
            filled: 0,
            written: 0,
            buffer: AlignedBuffer::new(),
            direct,
        }
    }

    /// Where the file ends, with what is gathered.
    fn offset(&self) -> u64 {
        self.base + self.filled as u64
    }

    fn is_full(&self) -> bool {
        self.filled == BUFFER
    }

    /// Takes as much of `bytes` as there is room for; the rest of them.
    fn fill<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let room = self.buffer.room(self.filled);
        let (taken, rest) = bytes.split_at(bytes.len().min(room.len()));
        if let Some(into) = room.get_mut(..taken.len()) {
            into.copy_from_slice(taken);
        }
        self.filled += taken.len();
        rest
    }

    /// Writes what is not yet written, if anything; to the `plain` file when the disk takes nothing past the page cache.
    fn write(&mut self, plain: &File) -> io::Result<()> {
        if self.written == self.filled {
            return Ok(());
        }
        if let Some(direct) = &self.direct {
            self.buffer.pad(self.filled);
            let blocks = self.buffer.part(0, self.filled.next_multiple_of(BLOCK));
            match direct.write_all_at(blocks, self.base) {
                Err(error) if error.raw_os_error() == Some(Errno::INVAL.raw_os_error()) => self.direct = None,
                written => written?,
            }
        }
        if self.direct.is_none() {
            let unwritten = self.buffer.part(self.written, self.filled);
            plain.write_all_at(unwritten, self.base + self.written as u64)?;
        }
        self.advance();
        Ok(())
    }

    /// All is written. The last block that is not whole is written again with what follows.
    fn advance(&mut self) {
        let last = self.filled / BLOCK * BLOCK;
        self.buffer.keep_from(last, self.filled);
        self.base += last as u64;
        self.filled -= last;
        self.written = self.filled;
    }
}

impl AlignedBuffer {
    fn new() -> Self {
        let bytes = vec![0; BUFFER + BLOCK];
        let start = bytes.as_ptr().align_offset(BLOCK).min(BLOCK);
        Self { bytes, start }
    }

    /// What is behind the first `filled` bytes.
    fn room(&mut self, filled: usize) -> &mut [u8] {
        let (from, to) = (self.start + filled, self.start + BUFFER);
        self.bytes.get_mut(from..to).unwrap_or_default()
    }

    /// Puts zeros behind the first `filled` bytes, up to a whole block.
    fn pad(&mut self, filled: usize) {
        let padding = filled.next_multiple_of(BLOCK) - filled;
        if let Some(padding) = self.room(filled).get_mut(..padding) {
            padding.fill(0);
        }
    }

    /// The bytes from `from` to `to`.
    fn part(&self, from: usize, to: usize) -> &[u8] {
        let (from, to) = (self.start + from, self.start + to);
        self.bytes.get(from..to).unwrap_or_default()
    }

    /// Moves what stands from `from` to `to` to the front.
    fn keep_from(&mut self, from: usize, to: usize) {
        self.bytes
            .copy_within(self.start + from..self.start + to, self.start);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::disk::read_fully;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn what_was_appended_is_read_again_and_zeros_after_it(
            lengths in prop::collection::vec(prop_oneof![0..5_000_usize, Just(BLOCK), BUFFER - 2..2 * BUFFER + 2], 1..8),
            writes_through in any::<bool>(), is_flushed_each in any::<bool>(),
        ) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("log");
            let file = AppendFile::create(&path, writes_through).unwrap();
            let mut expected = Vec::new();
            for (number, length) in (1..).zip(lengths) {
                let bytes = vec![number; length];
                let (front, back) = bytes.split_at(length / 3);
                file.write_parts_at(expected.len() as u64, &[front, &[], back]).unwrap();
                if is_flushed_each {
                    file.flush().unwrap();
                }
                expected.extend(bytes);
            }
            file.sync().unwrap();
            let mut read = vec![7; expected.len() + BLOCK];
            let count = read_fully(&file, 0, &mut read).unwrap();
            prop_assert!(count - expected.len() < BLOCK && (writes_through || count == expected.len()));
            prop_assert_eq!(file.bytes().unwrap(), count as u64);
            expected.resize(count, 0);
            prop_assert!(read.starts_with(&expected));
        }
    }

    #[test]
    fn it_is_only_appended_to_and_not_created_over_another() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let file = AppendFile::create(&path, true).unwrap();
        file.write_at(0, b"spans").unwrap();
        assert!(file.write_at(0, b"spans").is_err());
        let again = AppendFile::create(&path, true).unwrap_err();
        assert_eq!(again.kind(), io::ErrorKind::AlreadyExists);
    }
}
