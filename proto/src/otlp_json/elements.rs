//! Reads the elements of repeated fields, of which each can be mistaken by itself.

use std::fmt;

use serde::de::{
    DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Unexpected, Visitor,
};

use super::encoding::{Output, close_message, open_message};
use super::schema::{self, Cost, Message};
use super::transcode::MessageSeed;
use super::transcript::{Outcome, Transcript};

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

/// Reads an array of `message` and appends each as field `number`.
///
/// # Errors
/// When the JSON is broken, or an element costs the request.
pub(super) fn read_elements<'de, A: SeqAccess<'de>>(
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

/// Reads an array of texts and appends each as field `number`.
///
/// # Errors
/// When the JSON is broken.
pub(super) fn read_texts<'de, A: SeqAccess<'de>>(
    number: u32,
    transcript: &mut Transcript,
    mut array: A,
) -> Result<(), A::Error> {
    while array
        .next_element_seed(TextSeed {
            number,
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
