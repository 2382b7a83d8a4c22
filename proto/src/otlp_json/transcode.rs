//! Walks JSON along a message's table and appends each value to the encoded message as it comes.

use std::fmt;

use serde::de::{
    DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Unexpected, Visitor,
};

use super::field::FieldSeed;
use super::schema::{Field, Message};
use super::transcript::{Outcome, Transcript};

/// Reads a JSON object as a message and appends the message's fields.
pub(super) struct MessageSeed<'a> {
    message: &'static Message,
    transcript: &'a mut Transcript,
}

/// Reads a JSON key as a field of the message and its position; none for unknown ones.
struct KeySeed(&'static Message);

/// Which fields of a message an object has given so far.
struct Seen {
    message: &'static Message,
    fields: u32,
}

impl<'a> MessageSeed<'a> {
    /// Reads a `message` and appends its fields to `transcript`; something else costs what the message says.
    pub(super) fn new(message: &'static Message, transcript: &'a mut Transcript) -> Self {
        Self { message, transcript }
    }

    fn no_object<E: Error>(self, found: Unexpected<'_>) -> Result<Outcome, E> {
        let expected = ObjectOf(self.message);
        let error = || E::invalid_type(found, &expected);
        self.transcript.mistake(self.message.cost, error)
    }
}

/// What a message is expected to be, for errors.
struct ObjectOf(&'static Message);

impl serde::de::Expected for ObjectOf {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "an object, the message {}", self.0.name)
    }
}

impl<'de> DeserializeSeed<'de> for MessageSeed<'_> {
    type Value = Outcome;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Outcome, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for MessageSeed<'_> {
    type Value = Outcome;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        serde::de::Expected::fmt(&ObjectOf(self.message), formatter)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Outcome, A::Error> {
        let Self { message, transcript } = self;
        let mut seen = Seen { message, fields: 0 };
        transcript.levels += 1;
        while let Some(known) = object.next_key_seed(KeySeed(message))? {
            let Some((position, field)) = known else {
                object.next_value::<IgnoredAny>()?;
                continue;
            };
            let (before, keep_zero) = (transcript.bytes.len(), message.one_of);
            let value = FieldSeed {
                field,
                keep_zero,
                transcript: &mut *transcript,
            };
            let outcome = match object.next_value_seed(value)? {
                Outcome::Written => seen.mark(position, field, transcript)?,
                other => other,
            };
            if outcome == Outcome::Mistaken {
                transcript.bytes.truncate(before);
            }
        }
        transcript.levels -= 1;
        Ok(Outcome::Written)
    }

    fn visit_unit<E: Error>(self) -> Result<Outcome, E> {
        self.no_object(Unexpected::Unit)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Outcome, E> {
        self.no_object(Unexpected::Bool(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Outcome, E> {
        self.no_object(Unexpected::Unsigned(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Outcome, E> {
        self.no_object(Unexpected::Signed(value))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Outcome, E> {
        self.no_object(Unexpected::Float(value))
    }

    fn visit_str<E: Error>(self, _text: &str) -> Result<Outcome, E> {
        self.no_object(Unexpected::Other("string"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<Outcome, A::Error> {
        while array.next_element::<IgnoredAny>()?.is_some() {}
        self.no_object(Unexpected::Seq)
    }
}

impl Seen {
    /// Takes a field that came before, or a second member of a `oneof`, for a mistake, as protobuf's JSON mapping does.
    fn mark<E: Error>(
        &mut self,
        position: usize,
        field: &'static Field,
        transcript: &mut Transcript,
    ) -> Result<Outcome, E> {
        let bit = 1 << position;
        if self.fields & bit != 0 {
            return transcript.mistake(field.cost, || E::duplicate_field(field.name));
        }
        if self.message.one_of && self.fields != 0 {
            let name = self.message.name;
            let error = || E::custom(format_args!("{name} has more than one value"));
            return transcript.mistake(field.cost, error);
        }
        self.fields |= bit;
        Ok(Outcome::Written)
    }
}

impl<'de> DeserializeSeed<'de> for KeySeed {
    type Value = Option<(usize, &'static Field)>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for KeySeed {
    type Value = Option<(usize, &'static Field)>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "a field name of {}", self.0.name)
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<Self::Value, E> {
        Ok(self.0.find(key))
    }
}
