//! Writes single protobuf fields behind what is already encoded.

use prost::encoding::{WireType, encode_key, encode_varint};

/// The end of an encoded message, where the next field goes.
pub(super) struct Output<'a> {
    /// What is encoded so far.
    pub(super) bytes: &'a mut Vec<u8>,
    /// Write fields that are zero or empty too, as those of a `oneof` are.
    pub(super) keep_zero: bool,
}

impl Output<'_> {
    /// A field of the types `bool`, `int32`, `int64`, `uint32` or an enum.
    pub(super) fn varint(&mut self, number: u32, value: u64) {
        if self.keep_zero || value != 0 {
            encode_key(number, WireType::Varint, self.bytes);
            encode_varint(value, self.bytes);
        }
    }

    /// A field of the type `fixed32`.
    pub(super) fn fixed32(&mut self, number: u32, value: u32) {
        if self.keep_zero || value != 0 {
            encode_key(number, WireType::ThirtyTwoBit, self.bytes);
            self.bytes.extend_from_slice(&value.to_le_bytes());
        }
    }

    /// A field of the types `fixed64` or `double`.
    pub(super) fn fixed64(&mut self, number: u32, value: u64) {
        if self.keep_zero || value != 0 {
            encode_key(number, WireType::SixtyFourBit, self.bytes);
            self.bytes.extend_from_slice(&value.to_le_bytes());
        }
    }

    /// A field of the types `string` or `bytes`.
    pub(super) fn bytes(&mut self, number: u32, value: &[u8]) {
        if self.keep_zero || !value.is_empty() {
            self.element(number, value);
        }
    }

    /// One element of a `repeated string`, which is kept though it is empty.
    pub(super) fn element(&mut self, number: u32, value: &[u8]) {
        encode_key(number, WireType::LengthDelimited, self.bytes);
        encode_varint(value.len() as u64, self.bytes);
        self.bytes.extend_from_slice(value);
    }
}

/// Begins a field that is a message; gives where its length is to go. It is written though it has no fields.
pub(super) fn open_message(bytes: &mut Vec<u8>, number: u32) -> usize {
    encode_key(number, WireType::LengthDelimited, bytes);
    bytes.push(0);
    bytes.len() - 1
}

/// Ends a message that [`open_message`] began: puts the length of all that follows the one reserved byte at `length_at`
/// in its place.
pub(super) fn close_message(bytes: &mut Vec<u8>, length_at: usize) {
    let content_at = length_at + 1;
    let length = (bytes.len() - content_at) as u64;
    let mut varint = [0; 10];
    let mut unwritten = varint.as_mut_slice();
    encode_varint(length, &mut unwritten);
    let used = 10 - unwritten.len();
    bytes.splice(length_at..content_at, varint.into_iter().take(used));
}
