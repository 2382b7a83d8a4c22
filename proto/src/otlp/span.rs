//! One span, read in one walk over its fields.

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;

use crate::wire::{DecodeError, Fields, Tag};

const KNOWN_IN_SPAN: u64 = 1 << 15 | 0b11_1111_1110;
const KNOWN_IN_STATUS: u64 = 1 << 2 | 1 << 3;

/// The tags of the fields that a span usually begins with, as they are encoded.
const TRACE_ID_BYTE: u8 = 1 << 3 | 2;
const SPAN_ID_BYTE: u8 = 2 << 3 | 2;
const TRACE_STATE_BYTE: u8 = 3 << 3 | 2;
const PARENT_SPAN_ID_BYTE: u8 = 4 << 3 | 2;
const NAME_BYTE: u8 = 5 << 3 | 2;
const KIND_BYTE: u8 = 6 << 3;
const START_BYTE: u8 = 7 << 3 | 1;
const END_BYTE: u8 = 8 << 3 | 1;

/// The fields of a span that processors ask for (`opentelemetry.proto.trace.v1.Span`).
///
/// Nothing is checked: ids may have any length, texts may be no UTF-8, enumerations any number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span<'a> {
    /// The id of its trace.
    pub trace_id: &'a [u8],
    /// Its own id.
    pub span_id: &'a [u8],
    /// The W3C trace state.
    pub trace_state: &'a [u8],
    /// The id of the span that it is a child of; empty for a root.
    pub parent_span_id: &'a [u8],
    /// Its name.
    pub name: &'a [u8],
    /// The number of its kind.
    pub kind: i32,
    /// Start in nanoseconds since the Unix epoch.
    pub start_time_unix_nano: u64,
    /// End in nanoseconds since the Unix epoch.
    pub end_time_unix_nano: u64,
    /// Whether it carries a status, be it an empty one.
    pub has_status: bool,
    /// The number of its status code.
    pub status_code: i32,
    /// The status' text.
    pub status_message: &'a [u8],
}

impl<'a> Span<'a> {
    /// The number of `SPAN_KIND_SERVER`.
    pub const KIND_SERVER: i32 = SpanKind::Server as i32;
    /// The number of `SPAN_KIND_CLIENT`.
    pub const KIND_CLIENT: i32 = SpanKind::Client as i32;
    /// The number of `SPAN_KIND_PRODUCER`.
    pub const KIND_PRODUCER: i32 = SpanKind::Producer as i32;
    /// The number of `SPAN_KIND_CONSUMER`.
    pub const KIND_CONSUMER: i32 = SpanKind::Consumer as i32;
    /// The number of `STATUS_CODE_ERROR`.
    pub const STATUS_ERROR: i32 = StatusCode::Error as i32;

    /// Walks an encoded span once. At each run of attributes `opens` decides by the span as far as it is read
    /// (senders write the other fields but the status before) whether `on_attribute` gets them, encoded
    /// ([`super::KeyValue`]), or they are passed over.
    ///
    /// # Errors
    /// When `message` is malformed, or with the error of `on_attribute`.
    #[inline]
    pub fn decode(
        message: &'a [u8],
        mut opens: impl FnMut(&Self) -> bool,
        mut on_attribute: impl FnMut(&'a [u8]) -> Result<(), DecodeError>,
    ) -> Result<Self, DecodeError> {
        const ATTRIBUTE: Tag = Tag::bytes(9);
        let (mut span, rest) = Self::decode_usual_head(message).unwrap_or((Self::default(), message));
        let mut fields = Fields::new(rest);
        while !fields.is_at_end() {
            match fields.read_tag()? {
                ATTRIBUTE if opens(&span) => fields.read_run(ATTRIBUTE, &mut on_attribute)?,
                ATTRIBUTE => fields.read_run(ATTRIBUTE, |_| Ok(()))?,
                other => span.read(other, &mut fields)?,
            }
        }
        Ok(span)
    }

    /// Takes apart by one pattern how nearly all senders begin a span: ids, name, kind and times in the order of
    /// their numbers, ids of the proper lengths, the name shorter than 128 bytes. Gives what stands behind them.
    ///
    /// Fields that come again behind it are read as always, so this decides nothing but the speed.
    #[inline(always)]
    fn decode_usual_head(message: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (trace_id, rest) = take::<TRACE_ID_BYTE, 16>(message)?;
        let (span_id, rest) = take::<SPAN_ID_BYTE, 8>(rest)?;
        let (trace_state, rest) = match rest {
            [TRACE_STATE_BYTE, length @ ..0x80, rest @ ..] => rest.split_at_checked(usize::from(*length))?,
            _ => (&[][..], rest),
        };
        let (parent_span_id, rest) = match rest {
            [PARENT_SPAN_ID_BYTE, ..] => take::<PARENT_SPAN_ID_BYTE, 8>(rest)?,
            _ => (&[][..], rest),
        };
        let [NAME_BYTE, length @ ..0x80, rest @ ..] = rest else {
            return None;
        };
        let (name, rest) = rest.split_at_checked(usize::from(*length))?;
        let [KIND_BYTE, kind @ ..0x80, START_BYTE, rest @ ..] = rest else {
            return None;
        };
        let (start, rest) = rest.split_first_chunk()?;
        let [END_BYTE, rest @ ..] = rest else { return None };
        let (end, rest) = rest.split_first_chunk()?;
        let span = Self {
            trace_id,
            span_id,
            trace_state,
            parent_span_id,
            name,
            kind: i32::from(*kind),
            start_time_unix_nano: u64::from_le_bytes(*start),
            end_time_unix_nano: u64::from_le_bytes(*end),
            ..Self::default()
        };
        Some((span, rest))
    }

    /// The name of its kind, as `SPAN_KIND_CLIENT`; none for unknown numbers.
    #[must_use]
    pub fn kind_name(&self) -> Option<&'static str> {
        SpanKind::try_from(self.kind).ok().map(|kind| kind.as_str_name())
    }

    /// The name of its status code, as `STATUS_CODE_ERROR`; none for unknown numbers.
    #[must_use]
    pub fn status_name(&self) -> Option<&'static str> {
        StatusCode::try_from(self.status_code)
            .ok()
            .map(|code| code.as_str_name())
    }

    #[inline(always)]
    fn read(&mut self, tag: Tag, fields: &mut Fields<'a>) -> Result<(), DecodeError> {
        const TRACE_ID: Tag = Tag::bytes(1);
        const SPAN_ID: Tag = Tag::bytes(2);
        const TRACE_STATE: Tag = Tag::bytes(3);
        const PARENT_SPAN_ID: Tag = Tag::bytes(4);
        const NAME: Tag = Tag::bytes(5);
        const KIND: Tag = Tag::varint(6);
        const START: Tag = Tag::fixed64(7);
        const END: Tag = Tag::fixed64(8);
        const STATUS: Tag = Tag::bytes(15);
        match tag {
            TRACE_ID => self.trace_id = fields.read_bytes()?,
            SPAN_ID => self.span_id = fields.read_bytes()?,
            TRACE_STATE => self.trace_state = fields.read_bytes()?,
            PARENT_SPAN_ID => self.parent_span_id = fields.read_bytes()?,
            NAME => self.name = fields.read_bytes()?,
            KIND => self.kind = fields.read_enumeration()?,
            START => self.start_time_unix_nano = fields.read_fixed64()?,
            END => self.end_time_unix_nano = fields.read_fixed64()?,
            STATUS => self.read_status(fields.read_bytes()?)?,
            other => fields.skip_value(other, KNOWN_IN_SPAN)?,
        }
        Ok(())
    }

    fn read_status(&mut self, message: &'a [u8]) -> Result<(), DecodeError> {
        const MESSAGE: Tag = Tag::bytes(2);
        const CODE: Tag = Tag::varint(3);
        self.has_status = true;
        let mut fields = Fields::new(message);
        while !fields.is_at_end() {
            match fields.read_tag()? {
                MESSAGE => self.status_message = fields.read_bytes()?,
                CODE => self.status_code = fields.read_enumeration()?,
                other => fields.skip_value(other, KNOWN_IN_STATUS)?,
            }
        }
        Ok(())
    }
}

/// The value of a field with this tag and length at the start of `message`, and what stands behind it.
#[inline(always)]
fn take<const TAG_BYTE: u8, const LENGTH: u8>(message: &[u8]) -> Option<(&[u8], &[u8])> {
    match message {
        [tag, length, rest @ ..] if *tag == TAG_BYTE && *length == LENGTH => {
            rest.split_at_checked(usize::from(LENGTH))
        }
        _ => None,
    }
}
