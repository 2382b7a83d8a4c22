//! One span, read in one walk over its fields.

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;

use crate::wire::{DecodeError, Field, Fields};

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

    /// Walks an encoded span once. `on_attribute` gets each encoded attribute ([`super::KeyValue`]) as it is
    /// passed, with the span as far as it is read; senders write the other fields but the status before.
    ///
    /// # Errors
    /// When `message` is malformed, or with the error of `on_attribute`.
    #[inline]
    pub fn decode(
        message: &'a [u8],
        mut on_attribute: impl FnMut(&Self, &'a [u8]) -> Result<(), DecodeError>,
    ) -> Result<Self, DecodeError> {
        let mut span = Self::default();
        for field in Fields::new(message) {
            let field = field?;
            match field.number {
                9 => on_attribute(&span, field.bytes()?)?,
                _ => span.set(field)?,
            }
        }
        Ok(span)
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

    #[inline]
    fn set(&mut self, field: Field<'a>) -> Result<(), DecodeError> {
        match field.number {
            1 => self.trace_id = field.bytes()?,
            2 => self.span_id = field.bytes()?,
            3 => self.trace_state = field.bytes()?,
            4 => self.parent_span_id = field.bytes()?,
            5 => self.name = field.bytes()?,
            6 => self.kind = field.enumeration()?,
            7 => self.start_time_unix_nano = field.fixed64()?,
            8 => self.end_time_unix_nano = field.fixed64()?,
            15 => self.set_status(field.bytes()?)?,
            _ => {}
        }
        Ok(())
    }

    fn set_status(&mut self, message: &'a [u8]) -> Result<(), DecodeError> {
        for field in Fields::new(message) {
            let field = field?;
            match field.number {
                2 => self.status_message = field.bytes()?,
                3 => self.status_code = field.enumeration()?,
                _ => {}
            }
        }
        Ok(())
    }
}
