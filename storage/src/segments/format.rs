//! How headers of segments and of frames are written and read.

use super::cursor::Cursor;
use super::extent::SegmentId;

/// The version of the format. Files of another version are refused by name.
pub const FORMAT_VERSION: u32 = 1;

/// The length of a segment's header.
pub const HEADER_BYTES: u64 = 32;

/// The length of a frame's header.
pub const FRAME_HEADER_BYTES: u64 = 24;

/// The longest payload.
pub const MAX_PAYLOAD_BYTES: usize = 1 << 30;

/// The kind of a frame without a payload: it only says up to where the segment is durable.
pub const MARK: u32 = 0;

const MAGIC: [u8; 8] = *b"spgraph\n";

/// What is wrong with the first bytes of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderFlaw {
    /// They are no header.
    Damaged,
    /// They are one, of this version.
    Version(u32),
}

/// The header of a segment.
pub fn header(id: SegmentId) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(32);
    bytes.extend(MAGIC);
    bytes.extend(FORMAT_VERSION.to_le_bytes());
    bytes.extend(id.number.to_le_bytes());
    bytes.extend(id.salt.to_le_bytes());
    let checksum = crc32c::crc32c(&bytes);
    bytes.extend(checksum.to_le_bytes());
    bytes
}

/// Reads the header of a segment.
pub fn read_header(bytes: &[u8]) -> Result<SegmentId, HeaderFlaw> {
    let (checked, _) = bytes.split_at_checked(28).ok_or(HeaderFlaw::Damaged)?;
    let mut cursor = Cursor(bytes);
    let fields = (|| {
        let (magic, version) = (cursor.array::<8>()?, cursor.u32()?);
        let (number, salt) = (cursor.u64()?, cursor.u64()?);
        Some((magic, version, SegmentId { number, salt }, cursor.u32()?))
    })();
    match fields {
        Some((MAGIC, FORMAT_VERSION, id, checksum)) if checksum == crc32c::crc32c(checked) => Ok(id),
        Some((MAGIC, version, _, checksum)) if checksum == crc32c::crc32c(checked) => {
            Err(HeaderFlaw::Version(version))
        }
        _ => Err(HeaderFlaw::Damaged),
    }
}

/// The header of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameHeader {
    /// The checksum of the payload.
    pub payload_checksum: u32,
    /// The length of the payload in bytes.
    pub length: u32,
    /// What the payload is.
    pub kind: u32,
    /// Up to where the segment was durable when the frame was written.
    pub durable: u64,
}

impl FrameHeader {
    /// The length of the whole frame in bytes.
    pub fn frame_bytes(self) -> u64 {
        FRAME_HEADER_BYTES + u64::from(self.length)
    }

    /// The header as it is written, of a frame that stands at `offset` of the segment `id`.
    pub fn written(self, id: SegmentId, offset: u64) -> Vec<u8> {
        let fields = self.fields();
        let mut written = Vec::with_capacity(24);
        written.extend(checksum(id, offset, &fields).to_le_bytes());
        written.extend(fields);
        written
    }

    /// Reads the header of a frame at `offset` of the segment `id`; none when it is none.
    pub fn read(id: SegmentId, offset: u64, bytes: &[u8]) -> Option<Self> {
        let mut cursor = Cursor(bytes);
        let stored = cursor.u32()?;
        let header = Self {
            payload_checksum: cursor.u32()?,
            length: cursor.u32()?,
            kind: cursor.u32()?,
            durable: cursor.u64()?,
        };
        (stored == checksum(id, offset, &header.fields())).then_some(header)
    }

    fn fields(self) -> [u8; 20] {
        let numbers = [self.payload_checksum, self.length, self.kind];
        let bytes = numbers.into_iter().flat_map(u32::to_le_bytes);
        let mut fields = [0; 20];
        let places = fields.iter_mut().zip(bytes.chain(self.durable.to_le_bytes()));
        places.for_each(|(place, byte)| *place = byte);
        fields
    }
}

fn checksum(id: SegmentId, offset: u64, fields: &[u8]) -> u32 {
    let of_place = [id.number, id.salt, offset].map(u64::to_le_bytes);
    let of_place = crc32c::crc32c(of_place.as_flattened());
    crc32c::crc32c_append(of_place, fields)
}
