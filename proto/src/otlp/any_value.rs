//! Attributes and their values.

use crate::wire::{DecodeError, Fields, Tag};

/// The tags of a `KeyValue`'s key and value as they are encoded.
const KEY_BYTE: u8 = 1 << 3 | 2;
const VALUE_BYTE: u8 = 2 << 3 | 2;

/// The tags of an `AnyValue`'s text and integer as they are encoded.
const STRING_BYTE: u8 = 1 << 3 | 2;
const INT_BYTE: u8 = 3 << 3;

const KNOWN_IN_KEY_VALUE: u64 = 1 << 1 | 1 << 2;
const KNOWN_IN_ANY_VALUE: u64 = 0b1_1111_1110;

/// One attribute (`opentelemetry.proto.common.v1.KeyValue`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeyValue<'a> {
    /// The key; not checked to be UTF-8.
    pub key: &'a [u8],
    /// The encoded `AnyValue`, empty when there is none.
    pub value: &'a [u8],
}

impl<'a> KeyValue<'a> {
    /// Reads the two fields of an encoded `KeyValue`; the value stays encoded.
    ///
    /// # Errors
    /// When `message` is malformed.
    #[inline(always)]
    pub fn decode(message: &'a [u8]) -> Result<Self, DecodeError> {
        match Self::decode_plain(message) {
            Some(attribute) => Ok(attribute),
            None => Self::decode_any(message),
        }
    }

    /// Reads what nearly all senders write: a key and a value, in this order, each shorter than 128 bytes.
    #[inline(always)]
    fn decode_plain(message: &'a [u8]) -> Option<Self> {
        let [KEY_BYTE, key_length @ ..0x80, rest @ ..] = message else {
            return None;
        };
        let (key, rest) = rest.split_at_checked(usize::from(*key_length))?;
        let [VALUE_BYTE, value_length @ ..0x80, value @ ..] = rest else {
            return None;
        };
        (value.len() == usize::from(*value_length)).then_some(Self { key, value })
    }

    /// Stays out of line, so that the common case stays short where it is inlined.
    #[inline(never)]
    fn decode_any(message: &'a [u8]) -> Result<Self, DecodeError> {
        const KEY: Tag = Tag::bytes(1);
        const VALUE: Tag = Tag::bytes(2);
        let mut attribute = Self::default();
        let mut fields = Fields::new(message);
        while !fields.is_at_end() {
            match fields.read_tag()? {
                KEY => attribute.key = fields.read_bytes()?,
                VALUE => attribute.value = fields.read_bytes()?,
                other => fields.skip_value(other, KNOWN_IN_KEY_VALUE)?,
            }
        }
        Ok(attribute)
    }
}

/// One value (`opentelemetry.proto.common.v1.AnyValue`); texts are not checked to be UTF-8.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum AnyValue<'a> {
    /// No value at all.
    #[default]
    Empty,
    /// A text.
    String(&'a [u8]),
    /// A truth value.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A floating-point number.
    Double(f64),
    /// An encoded `ArrayValue`.
    Array(&'a [u8]),
    /// An encoded `KeyValueList`.
    KeyValueList(&'a [u8]),
    /// Opaque bytes.
    Bytes(&'a [u8]),
}

impl<'a> AnyValue<'a> {
    /// Reads an encoded `AnyValue`; what it contains stays encoded. The last of several values counts.
    ///
    /// # Errors
    /// When `message` is malformed, its content aside.
    #[inline(always)]
    pub fn decode(message: &'a [u8]) -> Result<Self, DecodeError> {
        match Self::decode_plain(message) {
            Some(value) => Ok(value),
            None => Self::decode_any(message),
        }
    }

    /// Reads what nearly all values are: one text shorter than 128 bytes, or one integer below 16,384.
    #[inline(always)]
    fn decode_plain(message: &'a [u8]) -> Option<Self> {
        match message {
            [STRING_BYTE, length @ ..0x80, text @ ..] if text.len() == usize::from(*length) => {
                Some(Self::String(text))
            }
            [INT_BYTE, number @ ..0x80] => Some(Self::Int(i64::from(*number))),
            [INT_BYTE, low @ 0x80..=0xff, high @ ..0x80] => {
                Some(Self::Int(i64::from(*low & 0x7f) | i64::from(*high) << 7))
            }
            _ => None,
        }
    }

    /// Stays out of line, so that the common case stays short where it is inlined.
    #[inline(never)]
    fn decode_any(message: &'a [u8]) -> Result<Self, DecodeError> {
        let mut value = Self::Empty;
        let mut fields = Fields::new(message);
        while !fields.is_at_end() {
            let tag = fields.read_tag()?;
            value = value.or_read(tag, &mut fields)?;
        }
        Ok(value)
    }

    /// The value behind `tag`, or this one when `tag` announces something else.
    #[inline(always)]
    fn or_read(self, tag: Tag, fields: &mut Fields<'a>) -> Result<Self, DecodeError> {
        const STRING: Tag = Tag::bytes(1);
        const BOOL: Tag = Tag::varint(2);
        const INT: Tag = Tag::varint(3);
        const DOUBLE: Tag = Tag::fixed64(4);
        const ARRAY: Tag = Tag::bytes(5);
        const KEY_VALUE_LIST: Tag = Tag::bytes(6);
        const BYTES: Tag = Tag::bytes(7);
        const STRING_INDEX: Tag = Tag::varint(8);
        Ok(match tag {
            STRING => Self::String(fields.read_bytes()?),
            BOOL => Self::Bool(fields.read_varint()? != 0),
            INT => Self::Int(fields.read_varint()?.cast_signed()),
            DOUBLE => Self::Double(f64::from_bits(fields.read_fixed64()?)),
            ARRAY => Self::Array(fields.read_bytes()?),
            KEY_VALUE_LIST => Self::KeyValueList(fields.read_bytes()?),
            BYTES => Self::Bytes(fields.read_bytes()?),
            // A reference into the tables of profiles: OTLP says to take it as empty in other signals.
            STRING_INDEX => fields.read_varint().map(|_| Self::Empty)?,
            other => fields.skip_value(other, KNOWN_IN_ANY_VALUE).map(|()| self)?,
        })
    }
}
