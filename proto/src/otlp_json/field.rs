//! Reads the value of one field, in every spelling that the field's type allows.

use std::fmt;

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Unexpected, Visitor};

use super::encoding::Output;
use super::schema::{Field, Kind, Message};
use super::transcode::MessageSeed;

/// The JSON mapping of protobuf takes both alphabets, with and without padding.
const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

/// Reads the value of one field and appends the field; tells whether there was a value other than `null`.
pub(super) struct FieldSeed<'a> {
    /// The field.
    pub(super) field: &'static Field,
    /// Where it goes.
    pub(super) output: Output<'a>,
}

/// Reads one object of a repeated field and appends it.
struct ElementSeed<'a, 'b> {
    number: u32,
    message: &'static Message,
    output: &'a mut Output<'b>,
}

/// Reads one text of a repeated field and appends it.
struct TextSeed<'a, 'b> {
    number: u32,
    output: &'a mut Output<'b>,
}

impl<'de> DeserializeSeed<'de> for FieldSeed<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for FieldSeed<'_> {
    type Value = bool;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self.field.kind {
            Kind::Text => "a string",
            Kind::Texts => "an array of strings",
            Kind::Id => "an id in hex digits",
            Kind::Bytes => "bytes in base64",
            Kind::Bool => "a boolean",
            Kind::Int32 => "an integer of 32 bits",
            Kind::Int64 => "an integer of 64 bits, as number or string",
            Kind::Uint32 | Kind::Fixed32 => "an unsigned integer of 32 bits",
            Kind::Fixed64 => "an unsigned integer of 64 bits, as number or string",
            Kind::Double => "a number, \"NaN\", \"Infinity\" or \"-Infinity\"",
            Kind::Enum(_) => "a value of the enum, as number or name",
            Kind::Message(message) => return write!(formatter, "an object, the message {}", message.name),
            Kind::Messages(message) => return write!(formatter, "an array of {} objects", message.name),
        })
    }

    fn visit_unit<E: Error>(self) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_bool<E: Error>(mut self, value: bool) -> Result<bool, E> {
        match self.field.kind {
            Kind::Bool => self.output.varint(self.field.number, u64::from(value)),
            _ => return Err(E::invalid_type(Unexpected::Bool(value), &self)),
        }
        Ok(true)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<bool, E> {
        self.integer(i128::from(value), Unexpected::Unsigned(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<bool, E> {
        self.integer(i128::from(value), Unexpected::Signed(value))
    }

    fn visit_f64<E: Error>(mut self, value: f64) -> Result<bool, E> {
        match (self.field.kind, whole(value)) {
            (Kind::Double, _) => self.output.fixed64(self.field.number, value.to_bits()),
            (_, Some(integer)) => return self.integer(integer, Unexpected::Float(value)),
            _ => return Err(E::invalid_type(Unexpected::Float(value), &self)),
        }
        Ok(true)
    }

    fn visit_str<E: Error>(mut self, text: &str) -> Result<bool, E> {
        let number = self.field.number;
        match self.field.kind {
            Kind::Text => self.output.bytes(number, text.as_bytes()),
            Kind::Id => self.output.bytes(number, &hex::decode(text).map_err(E::custom)?),
            Kind::Bytes => self.output.bytes(number, &from_base64(text).map_err(E::custom)?),
            _ => match self.write_number(text) {
                Some(()) => {}
                None => return Err(E::invalid_value(Unexpected::Str(text), &self)),
            },
        }
        Ok(true)
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut array: A) -> Result<bool, A::Error> {
        let number = self.field.number;
        let output = &mut self.output;
        match self.field.kind {
            Kind::Messages(message) => {
                while array
                    .next_element_seed(ElementSeed {
                        number,
                        message,
                        output,
                    })?
                    .is_some()
                {}
            }
            Kind::Texts => while array.next_element_seed(TextSeed { number, output })?.is_some() {},
            _ => return Err(A::Error::invalid_type(Unexpected::Seq, &self)),
        }
        Ok(true)
    }

    fn visit_map<A: MapAccess<'de>>(mut self, object: A) -> Result<bool, A::Error> {
        let Kind::Message(message) = self.field.kind else {
            return Err(A::Error::invalid_type(Unexpected::Map, &self));
        };
        self.output.message(self.field.number, |encoded| {
            MessageSeed::new(message, encoded).visit_map(object)
        })?;
        Ok(true)
    }
}

impl FieldSeed<'_> {
    /// Appends an integer, when the field's type holds it.
    fn integer<E: Error>(mut self, value: i128, unexpected: Unexpected<'_>) -> Result<bool, E> {
        match self.write_integer(value) {
            Some(()) => Ok(true),
            None => Err(E::invalid_value(unexpected, &self)),
        }
    }

    /// Appends a number or enum that is written as text.
    fn write_number(&mut self, text: &str) -> Option<()> {
        match self.field.kind {
            Kind::Double => self.output.fixed64(self.field.number, double(text)?.to_bits()),
            Kind::Enum(value_of) => self.write_integer(i128::from(value_of(text)?))?,
            _ => self.write_integer(text.parse().ok()?)?,
        }
        Some(())
    }

    fn write_integer(&mut self, value: i128) -> Option<()> {
        let number = self.field.number;
        match self.field.kind {
            Kind::Int64 => self
                .output
                .varint(number, i64::try_from(value).ok()?.cast_unsigned()),
            Kind::Int32 | Kind::Enum(_) => {
                let value = i32::try_from(value).ok()?;
                self.output.varint(number, i64::from(value).cast_unsigned());
            }
            Kind::Uint32 => self.output.varint(number, u64::from(u32::try_from(value).ok()?)),
            Kind::Fixed32 => self.output.fixed32(number, u32::try_from(value).ok()?),
            Kind::Fixed64 => self.output.fixed64(number, u64::try_from(value).ok()?),
            Kind::Double => self.output.fixed64(number, (value as f64).to_bits()),
            _ => return None,
        }
        Some(())
    }
}

impl<'de> DeserializeSeed<'de> for ElementSeed<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let read = |encoded: &mut Vec<u8>| MessageSeed::new(self.message, encoded).deserialize(deserializer);
        self.output.message(self.number, read)
    }
}

impl<'de> DeserializeSeed<'de> for TextSeed<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for TextSeed<'_, '_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a string")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.output.element(self.number, text.as_bytes());
        Ok(())
    }
}

fn from_base64(text: &str) -> Result<Vec<u8>, base64::DecodeError> {
    let engine = if text.contains(['-', '_']) {
        &URL_SAFE
    } else {
        &STANDARD
    };
    engine.decode(text)
}

/// A double written as text; JSON has no numbers for the first three.
fn double(text: &str) -> Option<f64> {
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
fn whole(value: f64) -> Option<i128> {
    const BOUND: f64 = 18_446_744_073_709_551_616.0;
    (value.fract() == 0.0 && value.abs() < BOUND).then_some(value as i128)
}
