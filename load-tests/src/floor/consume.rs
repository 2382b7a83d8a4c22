//! What a floor receiver does with the bytes of a request.

use std::hint::black_box;

use clap::ValueEnum;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message as _;
use serde::Serialize;
use spangraph_proto::otlp::{self, AnyValue, KeyValue, Span};
use spangraph_proto::wire::DecodeError;

/// What a floor receiver does with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FloorMode {
    /// Nothing.
    Drop,
    /// Visits every field and attribute, borrowing.
    Walk,
    /// Decodes into owned messages with prost.
    Decode,
}

impl FloorMode {
    /// Does it; gives the number of spans seen, none for [`Self::Drop`].
    ///
    /// # Errors
    /// When the request is malformed.
    pub fn consume(self, request: &[u8]) -> Result<u64, String> {
        match self {
            Self::Drop => Ok(u64::from(black_box(request).is_empty())),
            Self::Walk => walk(request).map_err(|error| error.to_string()),
            Self::Decode => decode(request).map_err(|error| error.to_string()),
        }
    }
}

/// Visits every span, every field that spangraph knows, and every attribute's key and value; gives the spans.
///
/// # Errors
/// When the request is malformed.
pub fn walk(request: &[u8]) -> Result<u64, DecodeError> {
    let mut spans = 0;
    for group in otlp::resource_spans(request) {
        let group = group?;
        for attribute in group.attributes() {
            visit(attribute?)?;
        }
        for span in group.spans() {
            black_box(Span::decode(span?, |_| true, visit)?);
            spans += 1;
        }
    }
    Ok(spans)
}

#[inline]
fn visit(attribute: &[u8]) -> Result<(), DecodeError> {
    let attribute = KeyValue::decode(attribute)?;
    black_box((attribute.key, AnyValue::decode(attribute.value)?));
    Ok(())
}

fn decode(request: &[u8]) -> Result<u64, prost::DecodeError> {
    let request = black_box(ExportTraceServiceRequest::decode(request)?);
    let scopes = request.resource_spans.iter().flat_map(|group| &group.scope_spans);
    Ok(scopes.map(|scope| scope.spans.len() as u64).sum())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::traffic::{Round, Shape};

    #[test]
    fn walking_and_decoding_see_every_span() {
        let round = Round::new(&Shape {
            services: 4,
            ..Shape::default()
        })
        .unwrap();
        for template in round.templates() {
            assert_eq!(FloorMode::Walk.consume(template.bytes()), Ok(template.spans()));
            assert_eq!(FloorMode::Decode.consume(template.bytes()), Ok(template.spans()));
            assert_eq!(FloorMode::Drop.consume(template.bytes()), Ok(0));
        }
        assert!(FloorMode::Walk.consume(&[0x0a, 5]).is_err());
        assert!(FloorMode::Decode.consume(&[0x0a, 5]).is_err());
    }
}
