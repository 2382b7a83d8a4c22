//! Turns OTLP's JSON into the protobuf bytes that the pipeline walks.
//!
//! The mapping is the one of OTLP 1.11 ("JSON Protobuf Encoding"): ids are hex, enums are numbers, unknown
//! fields are ignored. Beyond it every spelling of protobuf's own JSON mapping is taken: original field names,
//! enum names, integers as text, `null` for absent. Values go straight from the parser into the encoded message,
//! so memory is bound by the size of the body and not by the number of objects in it.

mod elements;
mod encoding;
mod field;
mod mending;
mod number;
mod schema;
mod spelling;
mod transcode;
mod transcript;

use std::fmt;

use bytes::Bytes;
use serde::de::DeserializeSeed;
use serde_json::Deserializer;
use serde_path_to_error::Track;

use transcode::MessageSeed;
use transcript::Transcript;

/// Longest field path and longest message of an error, in characters: both can quote the body.
const LONGEST_QUOTE: usize = 200;

/// What to write instead of what JavaScript and Python read as numbers.
const NO_NUMBERS: &str =
    " (JSON has no such numbers, write them as the texts \"NaN\", \"Infinity\" and \"-Infinity\")";

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
    /// What is wrong with `json`, at the place that the parser's error tells.
    fn of(json: &[u8], error: &serde_json::Error, field: String) -> Self {
        let mut told = Self::new(error, field);
        if error.is_syntax() && is_number_of_other_languages(json, told.line, told.column) {
            told.message.push_str(NO_NUMBERS);
        }
        told
    }

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

/// A request in JSON as protobuf, and what could not be taken over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transcoded {
    /// The encoded `opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest`.
    pub protobuf: Bytes,
    /// Spans that are not in it, as a field that they cannot do without does not have its form.
    pub refused_spans: u64,
    /// What is wrong with the first of them.
    pub first_refusal: Option<JsonError>,
    /// Values that are not in it as they do not have the form of their field, and that cost nothing but themselves.
    pub values_passed_over: u64,
}

/// The request that `json` stands for.
///
/// A mistaken value costs itself, such as one of an attribute; or its span, such as an id. So do values in lists that are
/// nested more deeply than 120 levels of JSON, which any protobuf parser can read back. Texts that are none are mended.
///
/// # Errors
/// When `json` is no JSON, when spans cannot be told from it, or when every span has a mistake, which a sender shows best
/// in this way.
pub fn to_protobuf(json: &[u8]) -> Result<Transcoded, JsonError> {
    match transcode(json) {
        // Only what is wrong is looked through for it.
        Err(error) => match mending::mend(json) {
            Some(mended) => transcode(&mended),
            None => Err(error),
        },
        transcoded => transcoded,
    }
}

fn transcode(json: &[u8]) -> Result<Transcoded, JsonError> {
    let mut transcript = Transcript::with_capacity(json.len() / 2);
    read(json, &mut transcript).map_err(|error| {
        let (path, _) = read_with_path(json, &mut Transcript::with_capacity(0));
        JsonError::of(json, &error, path)
    })?;
    let first_refusal = (transcript.refused_spans > 0)
        .then(|| first_refusal(json))
        .flatten();
    transcript.bytes.shrink_to_fit();
    match first_refusal {
        Some(refusal) if transcript.spans == 0 => Err(refusal),
        first_refusal => Ok(Transcoded {
            protobuf: transcript.bytes.into(),
            refused_spans: transcript.refused_spans,
            first_refusal,
            values_passed_over: transcript.values_passed_over,
        }),
    }
}

/// Whether `NaN` or `Infinity` stands without quotes at this place, behind its sign if it has one.
fn is_number_of_other_languages(json: &[u8], line: usize, column: usize) -> bool {
    let mut lines = json.split(|byte| *byte == b'\n');
    let line = lines.nth(line.saturating_sub(1)).unwrap_or_default();
    let rest = line.get(column.saturating_sub(1)..).unwrap_or_default();
    rest.starts_with(b"NaN") || rest.starts_with(b"Infinity")
}

fn read(json: &[u8], transcript: &mut Transcript) -> Result<(), serde_json::Error> {
    let mut parser = Deserializer::from_slice(json);
    MessageSeed::new(&schema::REQUEST, transcript).deserialize(&mut parser)?;
    parser.end()
}

/// What is wrong with the first span that is refused.
fn first_refusal(json: &[u8]) -> Option<JsonError> {
    let (path, error) = read_with_path(json, &mut Transcript::to_first_refusal());
    error.map(|error| JsonError::new(&error, path))
}

/// Reads `json` once more, this time keeping account of the path to the first error, which costs too much to do it
/// always.
fn read_with_path(json: &[u8], transcript: &mut Transcript) -> (String, Option<serde_json::Error>) {
    let mut track = Track::new();
    let mut parser = Deserializer::from_slice(json);
    let tracked = serde_path_to_error::Deserializer::new(&mut parser, &mut track);
    match MessageSeed::new(&schema::REQUEST, transcript).deserialize(tracked) {
        Ok(_) => (String::new(), None),
        Err(error) => (track.path().iter().fold(String::new(), join), Some(error)),
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
