//! Reads the value of one field, in every spelling that the field's type allows.

use std::fmt;

use serde::de::{
    DeserializeSeed, Deserializer, Error, Expected, IgnoredAny, MapAccess, SeqAccess, Unexpected, Visitor,
};

use super::elements::{read_elements, read_texts};
use super::encoding::{Output, close_message, open_message};
use super::number::Number;
use super::schema::{Field, Kind};
use super::spelling;
use super::transcode::MessageSeed;
use super::transcript::{Outcome, Transcript};

/// Reads the value of one field and appends the field; what is no such value is kept account of.
pub(super) struct FieldSeed<'a> {
    /// The field.
    pub(super) field: &'static Field,
    /// Write fields that are zero or empty too, as those of a `oneof` are.
    pub(super) keep_zero: bool,
    /// Where it goes.
    pub(super) transcript: &'a mut Transcript,
}

/// Fields with messages are read in so many objects and arrays. The parser recurses, and reads 127; below a field there are
/// an array, an object in it, and what is in the place of a value there.
const DEEPEST_LEVEL: u32 = 120;

/// What a field's value is expected to be, for errors.
struct FormOf(&'static Field);

impl Expected for FormOf {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self.0.kind {
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
            Kind::Messages(message) | Kind::Retired(message, _) => {
                return write!(formatter, "an array of {} objects", message.name);
            }
            Kind::Foreign(advice) => advice,
        })
    }
}

impl<'de> DeserializeSeed<'de> for FieldSeed<'_> {
    type Value = Outcome;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Outcome, D::Error> {
        if self.transcript.levels > DEEPEST_LEVEL && self.field.kind.is_nested() {
            // Passing over takes no stack, however deeply it is nested.
            deserializer.deserialize_ignored_any(IgnoredAny)?;
            return self.mistake(|_| {
                D::Error::custom(format_args!("nested more deeply than {DEEPEST_LEVEL} levels"))
            });
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for FieldSeed<'_> {
    type Value = Outcome;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        FormOf(self.field).fmt(formatter)
    }

    fn visit_unit<E: Error>(self) -> Result<Outcome, E> {
        Ok(Outcome::Absent)
    }

    fn visit_bool<E: Error>(mut self, value: bool) -> Result<Outcome, E> {
        if !matches!(self.field.kind, Kind::Bool) {
            return self.mistake(|form| E::invalid_type(Unexpected::Bool(value), form));
        }
        let number = self.field.number;
        self.output().varint(number, u64::from(value));
        Ok(Outcome::Written)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Outcome, E> {
        self.number(Number::Integer(value.into()), |form| {
            E::invalid_value(Unexpected::Unsigned(value), form)
        })
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Outcome, E> {
        self.number(Number::Integer(value.into()), |form| {
            E::invalid_value(Unexpected::Signed(value), form)
        })
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Outcome, E> {
        self.number(Number::Float(value), |form| {
            E::invalid_type(Unexpected::Float(value), form)
        })
    }

    fn visit_str<E: Error>(mut self, text: &str) -> Result<Outcome, E> {
        let number = self.field.number;
        match self.field.kind {
            Kind::Text => self.output().bytes(number, text.as_bytes()),
            Kind::Id => match hex::decode(text) {
                Ok(id) => self.output().bytes(number, &id),
                Err(error) => return self.mistake(|_| E::custom(spelling::why_no_id(text, error))),
            },
            Kind::Bytes => match spelling::from_base64(text) {
                Ok(bytes) => self.output().bytes(number, &bytes),
                Err(error) => return self.mistake(|_| E::custom(error)),
            },
            _ => {
                let quoted = spelling::quotable(text);
                return self.number(Number::Text(text), |form| {
                    E::invalid_value(Unexpected::Str(quoted), form)
                });
            }
        }
        Ok(Outcome::Written)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<Outcome, A::Error> {
        let (number, kept) = (self.field.number, self.transcript.spans);
        match self.field.kind {
            Kind::Messages(message) => {
                self.transcript.levels += 1;
                read_elements(number, message, &mut *self.transcript, array)?;
                self.transcript.levels -= 1;
            }
            Kind::Retired(message, advice) => {
                let transcript = self.transcript;
                read_elements(number, message, &mut *transcript, array)?;
                return transcript.refuse_since(kept, || A::Error::custom(advice));
            }
            Kind::Texts => read_texts(number, self.transcript, array)?,
            _ => {
                while array.next_element::<IgnoredAny>()?.is_some() {}
                return self.mistake(|form| A::Error::invalid_type(Unexpected::Seq, form));
            }
        }
        Ok(Outcome::Written)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Outcome, A::Error> {
        if let Kind::Message(message) = self.field.kind {
            let length_at = open_message(&mut self.transcript.bytes, self.field.number);
            MessageSeed::new(message, &mut *self.transcript).visit_map(object)?;
            close_message(&mut self.transcript.bytes, length_at);
            return Ok(Outcome::Written);
        }
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        let kind = self.field.kind;
        self.mistake(|form| match kind {
            Kind::Foreign(advice) => A::Error::custom(advice),
            _ => A::Error::invalid_type(Unexpected::Map, form),
        })
    }
}

impl FieldSeed<'_> {
    fn output(&mut self) -> Output<'_> {
        Output {
            bytes: &mut self.transcript.bytes,
            keep_zero: self.keep_zero,
        }
    }

    /// Appends `number`, when the field's type holds it.
    fn number<E: Error>(
        mut self,
        number: Number<'_>,
        error: impl FnOnce(&dyn Expected) -> E,
    ) -> Result<Outcome, E> {
        let field = self.field;
        match number.write(field, &mut self.output()) {
            Some(()) => Ok(Outcome::Written),
            None => self.mistake(error),
        }
    }

    fn mistake<E: Error>(self, error: impl FnOnce(&dyn Expected) -> E) -> Result<Outcome, E> {
        let field = self.field;
        self.transcript.mistake(field.cost, || error(&FormOf(field)))
    }
}
