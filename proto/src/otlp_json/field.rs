//! Reads the value of one field, in every spelling that the field's type allows.

use std::fmt;

use serde::de::{
    DeserializeSeed, Deserializer, Error, Expected, IgnoredAny, MapAccess, SeqAccess, Unexpected, Visitor,
};

use super::encoding::{Output, close_message, open_message};
use super::number::Number;
use super::schema::{self, Cost, Field, Kind, Message};
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

/// Reads one object of a repeated field and appends it.
struct ElementSeed<'a> {
    number: u32,
    message: &'static Message,
    transcript: &'a mut Transcript,
}

/// Reads one text of a repeated field and appends it.
struct TextSeed<'a> {
    number: u32,
    transcript: &'a mut Transcript,
}

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
            Kind::Messages(message) => read_elements(number, message, self.transcript, array)?,
            Kind::Retired(message, advice) => {
                let transcript = self.transcript;
                read_elements(number, message, &mut *transcript, array)?;
                return transcript.refuse_since(kept, || A::Error::custom(advice));
            }
            Kind::Texts => {
                let transcript = self.transcript;
                while array
                    .next_element_seed(TextSeed {
                        number,
                        transcript: &mut *transcript,
                    })?
                    .is_some()
                {}
            }
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

fn read_elements<'de, A: SeqAccess<'de>>(
    number: u32,
    message: &'static Message,
    transcript: &mut Transcript,
    mut array: A,
) -> Result<(), A::Error> {
    while array
        .next_element_seed(ElementSeed {
            number,
            message,
            transcript: &mut *transcript,
        })?
        .is_some()
    {}
    Ok(())
}

impl<'de> DeserializeSeed<'de> for ElementSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let Self {
            number,
            message,
            transcript,
        } = self;
        let (before, is_span) = (transcript.bytes.len(), std::ptr::eq(message, &schema::SPAN));
        if is_span {
            transcript.begin_span();
        }
        let length_at = open_message(&mut transcript.bytes, number);
        let outcome = MessageSeed::new(message, &mut *transcript).deserialize(deserializer)?;
        close_message(&mut transcript.bytes, length_at);
        let is_kept = if is_span {
            transcript.end_span()
        } else {
            outcome == Outcome::Written
        };
        if !is_kept {
            transcript.bytes.truncate(before);
        }
        Ok(())
    }
}

impl TextSeed<'_> {
    fn no_text<E: Error>(self, found: Unexpected<'_>) -> Result<(), E> {
        let error = || E::invalid_type(found, &"a string");
        self.transcript.mistake(Cost::Value, error).map(drop)
    }
}

impl<'de> DeserializeSeed<'de> for TextSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for TextSeed<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a string")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        let mut output = Output {
            bytes: &mut self.transcript.bytes,
            keep_zero: true,
        };
        output.element(self.number, text.as_bytes());
        Ok(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.no_text(Unexpected::Unit)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        self.no_text(Unexpected::Bool(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.no_text(Unexpected::Unsigned(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.no_text(Unexpected::Signed(value))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        self.no_text(Unexpected::Float(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<(), A::Error> {
        while array.next_element::<IgnoredAny>()?.is_some() {}
        self.no_text(Unexpected::Seq)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        self.no_text(Unexpected::Map)
    }
}
