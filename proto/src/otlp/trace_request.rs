//! The way from an export request down to its spans.

use crate::wire::{DecodeError, Fields, Repeated};

const REQUEST_RESOURCE_SPANS: u32 = 1;
const RESOURCE_SPANS_RESOURCE: u32 = 1;
const RESOURCE_SPANS_SCOPE_SPANS: u32 = 2;
const RESOURCE_ATTRIBUTES: u32 = 1;
const SCOPE_SPANS_SPANS: u32 = 2;

/// The groups of spans of an encoded `ExportTraceServiceRequest` (or `TracesData`); ends after the first error.
pub fn resource_spans(request: &[u8]) -> impl Iterator<Item = Result<ResourceSpans<'_>, DecodeError>> {
    let messages = Fields::new(request).repeated(REQUEST_RESOURCE_SPANS);
    messages.map(|message| message.map(ResourceSpans))
}

/// The spans that came from one resource (`opentelemetry.proto.trace.v1.ResourceSpans`).
#[derive(Clone, Copy, Debug)]
pub struct ResourceSpans<'a>(&'a [u8]);

impl<'a> ResourceSpans<'a> {
    /// The resource's encoded attributes ([`super::KeyValue`]), wherever `resource` stands and however often.
    ///
    /// Looking for them passes over the spans without entering them; ends after the first error.
    pub fn attributes(&self) -> impl Iterator<Item = Result<&'a [u8], DecodeError>> + use<'a> {
        Nested::new(self.0, RESOURCE_SPANS_RESOURCE, RESOURCE_ATTRIBUTES)
    }

    /// The encoded spans ([`super::Span`]) of all scopes; ends after the first error.
    pub fn spans(&self) -> impl Iterator<Item = Result<&'a [u8], DecodeError>> + use<'a> {
        Nested::new(self.0, RESOURCE_SPANS_SCOPE_SPANS, SCOPE_SPANS_SPANS)
    }
}

/// The fields of one number within all the fields of another: one flat run of the inner ones.
#[derive(Clone, Copy, Debug)]
struct Nested<'a> {
    outer: Repeated<'a>,
    inner: Repeated<'a>,
    number: u32,
}

impl<'a> Nested<'a> {
    fn new(message: &'a [u8], outer: u32, inner: u32) -> Self {
        Self {
            outer: Fields::new(message).repeated(outer),
            inner: Fields::new(&[]).repeated(inner),
            number: inner,
        }
    }

    fn fail(&mut self, error: DecodeError) -> Option<Result<&'a [u8], DecodeError>> {
        *self = Self::new(&[], self.number, self.number);
        Some(Err(error))
    }
}

impl<'a> Iterator for Nested<'a> {
    type Item = Result<&'a [u8], DecodeError>;

    #[inline(always)]
    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.inner.next() {
                Some(Ok(message)) => return Some(Ok(message)),
                Some(Err(error)) => return self.fail(error),
                None => {}
            }
            match self.outer.next()? {
                Ok(message) => self.inner = Fields::new(message).repeated(self.number),
                Err(error) => return self.fail(error),
            }
        }
    }
}
