//! Walks JSON along a message's table and appends each value to the encoded message as it comes.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};

use super::encoding::Output;
use super::field::FieldSeed;
use super::schema::{Field, Message};

/// Reads a JSON object as a message and appends the message's fields.
pub(super) struct MessageSeed<'a> {
    message: &'static Message,
    encoded: &'a mut Vec<u8>,
}

/// Reads a JSON key as a field of the message and its position; none for unknown ones.
struct KeySeed(&'static Message);

/// Which fields of a message an object has given so far.
struct Seen {
    message: &'static Message,
    fields: u32,
}

impl<'a> MessageSeed<'a> {
    /// Reads a `message` and appends its fields to `encoded`.
    pub(super) fn new(message: &'static Message, encoded: &'a mut Vec<u8>) -> Self {
        Self { message, encoded }
    }
}

impl<'de> DeserializeSeed<'de> for MessageSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for MessageSeed<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "an object, the message {}", self.message.name)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        let Self { message, encoded } = self;
        let mut seen = Seen { message, fields: 0 };
        while let Some(known) = object.next_key_seed(KeySeed(message))? {
            let Some((position, field)) = known else {
                object.next_value::<IgnoredAny>()?;
                continue;
            };
            let output = Output {
                bytes: &mut *encoded,
                keep_zero: message.one_of,
            };
            if object.next_value_seed(FieldSeed { field, output })? {
                seen.mark(position, field)?;
            }
        }
        Ok(())
    }
}

impl Seen {
    /// Refuses a field that came before, and a second member of a `oneof`, as protobuf's JSON mapping does.
    fn mark<E: Error>(&mut self, position: usize, field: &'static Field) -> Result<(), E> {
        let bit = 1 << position;
        if self.fields & bit != 0 {
            return Err(E::duplicate_field(field.name));
        }
        if self.message.one_of && self.fields != 0 {
            return Err(E::custom(format_args!(
                "{} has more than one value",
                self.message.name
            )));
        }
        self.fields |= bit;
        Ok(())
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
