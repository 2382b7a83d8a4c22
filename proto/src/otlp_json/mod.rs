//! Turns OTLP's JSON into the protobuf bytes that the pipeline walks.
//!
//! The mapping is the one of OTLP 1.11 ("JSON Protobuf Encoding"): ids are hex, enums are numbers, unknown
//! fields are ignored. Beyond it every spelling of protobuf's own JSON mapping is taken: original field names,
//! enum names, integers as text, `null` for absent. Values go straight from the parser into the encoded message,
//! so memory is bound by the size of the body and not by the number of objects in it.

mod encoding;
mod field;
mod schema;
mod transcode;

use std::fmt;

use bytes::Bytes;
use serde::de::DeserializeSeed;
use serde_json::Deserializer;
use serde_path_to_error::Track;

use transcode::MessageSeed;

/// Longest field path and longest message of an error, in characters: both can quote the body.
const LONGEST_QUOTE: usize = 200;

/// Why a body is no `ExportTraceServiceRequest` in OTLP's JSON.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct JsonError {
    /// The line of the body, from 1.
    pub line: usize,
    /// The column in that line in bytes, from 1; 0 at the very start of a line.
    pub column: usize,
    /// The path of the field, as `resourceSpans[0].scopeSpans[0].spans[3].traceId`; empty for the whole body.
    pub field: String,
    /// What is wrong with it.
    pub message: String,
}

impl fmt::Display for JsonError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.field.is_empty() {
            write!(formatter, "{}: ", self.field)?;
        }
        write!(
            formatter,
            "{} at line {} column {}",
            self.message, self.line, self.column
        )
    }
}

impl JsonError {
    fn new(error: &serde_json::Error, field: String) -> Self {
        let (line, column) = (error.line(), error.column());
        let text = error.to_string();
        let position = format!(" at line {line} column {column}");
        let message = text.strip_suffix(&position).unwrap_or(&text);
        Self {
            line,
            column,
            field: quotable(&field),
            message: quotable(message),
        }
    }
}

/// The encoded `opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest` that `json` stands for.
///
/// Values can be nested as deep as JSON of 127 levels can be, which any protobuf parser can read back.
///
/// # Errors
/// When `json` is no JSON, or a field that is known does not have the form that its type asks for.
pub fn to_protobuf(json: &[u8]) -> Result<Bytes, JsonError> {
    let mut encoded = Vec::with_capacity(json.len() / 2);
    let mut parser = Deserializer::from_slice(json);
    MessageSeed::new(&schema::REQUEST, &mut encoded)
        .deserialize(&mut parser)
        .and_then(|()| parser.end())
        .map_err(|error| JsonError::new(&error, path_of_first_error(json)))?;
    Ok(encoded.into())
}

/// Reads `json` once more, this time keeping account of the path, which costs too much to do it always.
fn path_of_first_error(json: &[u8]) -> String {
    let mut track = Track::new();
    let mut parser = Deserializer::from_slice(json);
    let tracked = serde_path_to_error::Deserializer::new(&mut parser, &mut track);
    match MessageSeed::new(&schema::REQUEST, &mut Vec::new()).deserialize(tracked) {
        Ok(()) => String::new(),
        Err(_) => track.path().iter().fold(String::new(), join),
    }
}

fn join(path: String, segment: &serde_path_to_error::Segment) -> String {
    use serde_path_to_error::Segment;
    match segment {
        Segment::Seq { .. } => format!("{path}{segment}"),
        _ if path.is_empty() => segment.to_string(),
        _ => format!("{path}.{segment}"),
    }
}

/// `text` for logs and answers: short, and on one line.
fn quotable(text: &str) -> String {
    let mut quotable: String = text
        .chars()
        .take(LONGEST_QUOTE)
        .map(|character| if character.is_control() { ' ' } else { character })
        .collect();
    if text.chars().nth(LONGEST_QUOTE).is_some() {
        quotable.push('…');
    }
    quotable
}

#[cfg(test)]
mod tests;
