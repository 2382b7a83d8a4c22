//! The spellings of ids, bytes and numbers as text, and what an error says of them.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::LONGEST_QUOTE;

/// The JSON mapping of protobuf takes both alphabets, with and without padding.
const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

/// The fewest characters in which base64 writes an id: 8 bytes, without padding.
const SHORTEST_BASE64_ID: usize = 11;

/// The most characters in which base64 writes an id: the 32 hex digits of one, with padding.
const LONGEST_BASE64_ID: usize = 44;

/// What an error quotes of `text`: more would be cut later, and be written twice before.
pub(super) fn quotable(text: &str) -> &str {
    &text[..text.floor_char_boundary(LONGEST_QUOTE)]
}

/// Why `text`, of which `error` says that it is not in hex, is no id.
pub(super) fn why_no_id(text: &str, error: hex::FromHexError) -> String {
    let may_be_base64 = (SHORTEST_BASE64_ID..=LONGEST_BASE64_ID).contains(&text.len());
    if may_be_base64 && from_base64(text).is_ok() {
        return format!("hex digits expected, but {text:?} looks like base64: OTLP's JSON writes ids in hex");
    }
    format!("hex digits expected: {error}")
}

/// The bytes that `text` stands for.
///
/// # Errors
/// When it is no base64.
pub(super) fn from_base64(text: &str) -> Result<Vec<u8>, base64::DecodeError> {
    let engine = if text.contains(['-', '_']) {
        &URL_SAFE
    } else {
        &STANDARD
    };
    engine.decode(text)
}

/// A double written as text; JSON has no numbers for the first three.
pub(super) fn double(text: &str) -> Option<f64> {
    match text {
        "NaN" => Some(f64::NAN),
        "Infinity" => Some(f64::INFINITY),
        "-Infinity" => Some(f64::NEG_INFINITY),
        _ => text.parse().ok().filter(|value: &f64| value.is_finite()),
    }
}

/// `value` as an integer when it is one of at most 64 bits, as in `1.5e3`.
#[expect(
    clippy::cast_possible_truncation,
    reason = "integers below 2^64 have room in 128 bits"
)]
pub(super) fn whole(value: f64) -> Option<i128> {
    const BOUND: f64 = 18_446_744_073_709_551_616.0;
    (value.fract() == 0.0 && value.abs() < BOUND).then_some(value as i128)
}
