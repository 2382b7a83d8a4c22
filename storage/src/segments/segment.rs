//! A segment that is read: its header, and the frame at a place.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::damage::{Damage, Flaw, SegmentError};
use super::extent::{Place, SegmentId};
use super::format::{FrameHeader, HEADER_BYTES, HeaderFlaw, read_header};
use super::salvage;
use super::window::Window;
use crate::disk::{Disk, DiskError, DiskFile, read_fully};

/// A segment that is open to read. Its file may be removed meanwhile.
#[derive(Clone, Debug)]
pub struct Segment {
    file: Arc<dyn DiskFile>,
    path: PathBuf,
    id: SegmentId,
    has_damaged_header: bool,
}

/// What stands at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// What the payload is.
    pub kind: u32,
    /// What was appended.
    pub payload: Vec<u8>,
}

impl Segment {
    /// Opens a segment and reads its header. One that is damaged is no error when it is known all the same which segment it
    /// is.
    pub fn open(disk: &dyn Disk, path: &Path) -> Result<Self, SegmentError> {
        let file = disk.open(path)?;
        let mut bytes = [0; 32];
        let read = read_fully(file.as_ref(), 0, &mut bytes)?;
        let bytes = bytes.get(..read).unwrap_or_default();
        let path = path.to_owned();
        let (id, has_damaged_header) = match read_header(bytes) {
            Ok(id) => (id, false),
            Err(HeaderFlaw::Version(version)) => return Err(SegmentError::Version { path, version }),
            Err(HeaderFlaw::Damaged) => match salvage::id_of(file.as_ref(), &path, bytes)? {
                Some(id) => (id, true),
                None => return Err(header_damage(path).into()),
            },
        };
        Ok(Self {
            file,
            path,
            id,
            has_damaged_header,
        })
    }

    /// Opens a segment that must be the one that `id` says. Its header only has to say no other.
    pub fn open_as(disk: &dyn Disk, path: &Path, id: SegmentId) -> Result<Self, SegmentError> {
        match Self::open(disk, path) {
            Ok(segment) if segment.id != id => Err(header_damage(segment.path).into()),
            Err(SegmentError::Damaged(_)) => Ok(Self {
                file: disk.open(path)?,
                path: path.to_owned(),
                id,
                has_damaged_header: true,
            }),
            opened => opened,
        }
    }

    /// What is damaged of its header, although it is known which segment it is: nothing is lost by that.
    #[must_use]
    pub fn header_damage(&self) -> Option<Damage> {
        self.has_damaged_header.then(|| header_damage(self.path.clone()))
    }

    /// Which segment it is.
    #[must_use]
    pub fn id(&self) -> SegmentId {
        self.id
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the frame at `place`, which one was appended to.
    pub fn read(&self, place: Place) -> Result<Frame, SegmentError> {
        let flawed = |flaw| self.damage(place.offset, place.bytes, flaw).into();
        let file_bytes = self.file.bytes()?;
        let bytes = usize::try_from(place.bytes)
            .ok()
            .filter(|_| place.end() <= file_bytes);
        let mut payload = vec![0; bytes.ok_or_else(|| flawed(Flaw::Missing))?];
        if read_fully(self.file.as_ref(), place.offset, &mut payload)? < payload.len() {
            return Err(flawed(Flaw::Missing));
        }
        let header = FrameHeader::read(self.id, place.offset, &payload);
        let header = header.filter(|header| header.frame_bytes() == place.bytes);
        let header = header.ok_or_else(|| flawed(Flaw::NoFrame))?;
        let payload = payload.split_off(payload.len() - header.length as usize);
        match header.payload_checksum == crc32c::crc32c(&payload) {
            true => Ok(Frame {
                kind: header.kind,
                payload,
            }),
            false => Err(flawed(Flaw::Payload)),
        }
    }

    /// Its file from front to back.
    pub(super) fn window(&self) -> Result<Window<'_>, DiskError> {
        Ok(Window::new(self.file.as_ref(), self.file.bytes()?))
    }

    /// The damage `flaw` of this segment.
    #[must_use]
    pub fn damage(&self, offset: u64, bytes: u64, flaw: Flaw) -> Damage {
        let path = self.path.clone();
        Damage {
            path,
            offset,
            bytes,
            flaw,
        }
    }
}

fn header_damage(path: PathBuf) -> Damage {
    let (offset, bytes, flaw) = (0, HEADER_BYTES, Flaw::Header);
    Damage {
        path,
        offset,
        bytes,
        flaw,
    }
}
