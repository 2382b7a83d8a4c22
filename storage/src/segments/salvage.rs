//! Finds out which segment it is when its header is damaged: the frame behind the header tells.

use std::path::Path;

use super::extent::SegmentId;
use super::format::{FrameHeader, HEADER_BYTES};
use super::names::number_of;
use crate::disk::{DiskError, DiskFile, read_fully};

/// Where the salt stands in a header.
const SALT: std::ops::Range<usize> = 20..28;

/// The id of the segment in `file` at `path`, whose `header` is damaged; none when nothing tells.
///
/// Its number is in its name. The salt is as it stands there, or with one bit flipped, when the first frame has a checksum
/// that agrees with it: that covers the id.
pub fn id_of(file: &dyn DiskFile, path: &Path, header: &[u8]) -> Result<Option<SegmentId>, DiskError> {
    let mut frame = [0; 24];
    let read = read_fully(file, HEADER_BYTES, &mut frame)?;
    let frame = frame.get(..read).unwrap_or_default();
    let salt = header.get(SALT).and_then(|salt| salt.first_chunk()).copied();
    let (Some(number), Some(salt)) = (number_of(path), salt.map(u64::from_le_bytes)) else {
        return Ok(None);
    };
    let flips = std::iter::once(0).chain((0..u64::BITS).map(|bit| 1 << bit));
    let mut ids = flips.map(|flip| SegmentId {
        number,
        salt: salt ^ flip,
    });
    Ok(ids.find(|id| FrameHeader::read(*id, HEADER_BYTES, frame).is_some()))
}
