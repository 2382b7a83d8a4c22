//! Reads typed values from the nodes of a document; every error carries the way to its node.

use serde::de::value::StrDeserializer;
use serde::de::{Deserializer, IntoDeserializer, Unexpected, Visitor};

use super::access::{Entries, Items};
use super::fault::{self, Fault, Reason};
use super::node::{Content, Node};

/// A node under the reader's eyes.
#[derive(Clone, Copy)]
pub struct Cursor<'a> {
    /// The node.
    pub node: &'a Node,
    /// The text of the whole file, for scalars that are wanted as they are written.
    pub text: &'a str,
}

impl<'a> Cursor<'a> {
    fn unexpected(self) -> Unexpected<'a> {
        match &self.node.content {
            Content::Null | Content::Removed => Unexpected::Unit,
            Content::Bool(value) => Unexpected::Bool(*value),
            Content::Signed(value) => Unexpected::Signed(*value),
            Content::Unsigned(value) => Unexpected::Unsigned(*value),
            Content::Float(value) => Unexpected::Float(*value),
            Content::Text(value) => Unexpected::Str(value),
            Content::List(_) => Unexpected::Seq,
            Content::Mapping(_) => Unexpected::Map,
        }
    }

    fn refuse(self, wanted: &str) -> Fault {
        match self.unexpected() {
            Unexpected::Unit => Reason::Nothing.into(),
            other => Fault::other(format_args!("expected {wanted}, found {}", fault::found(&other))),
        }
    }

    fn is_null(self) -> bool {
        matches!(self.node.content, Content::Null | Content::Removed)
    }

    fn entries(self) -> Result<Entries<'a>, Fault> {
        match &self.node.content {
            Content::Mapping(entries) => Ok(Entries::of(entries, self.text)),
            _ if self.is_null() => Ok(Entries::of(&[], self.text)),
            _ => Err(self.refuse("a mapping")),
        }
    }

    /// The scalar as text; one that is not text is taken as it is written, so `cluster: 007` keeps its zeros.
    fn scalar_text(self) -> Result<&'a str, Fault> {
        match &self.node.content {
            Content::Text(text) => Ok(text),
            Content::Bool(_) | Content::Signed(_) | Content::Unsigned(_) | Content::Float(_) => {
                let as_written = || self.text.get(self.node.bytes.clone());
                let text = self.node.expanded.as_deref().or_else(as_written);
                text.ok_or_else(|| self.refuse("text"))
            }
            _ => Err(self.refuse("text")),
        }
    }

    fn visit_whole<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.node.content {
            Content::Signed(value) => visitor.visit_i64(value),
            Content::Unsigned(value) => visitor.visit_u64(value),
            Content::Float(_) => Err(Fault::other(
                "expected a whole number, found one with a fraction or too many digits",
            )),
            _ => Err(self.refuse("a whole number")),
        }
    }
}

macro_rules! whole_numbers {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
            self.visit_whole(visitor)
        }
    )*};
}

macro_rules! texts {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
            visitor.visit_borrowed_str(self.scalar_text()?)
        }
    )*};
}

impl<'de> Deserializer<'de> for Cursor<'de> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match &self.node.content {
            Content::Null | Content::Removed => visitor.visit_unit(),
            Content::Bool(value) => visitor.visit_bool(*value),
            Content::Signed(value) => visitor.visit_i64(*value),
            Content::Unsigned(value) => visitor.visit_u64(*value),
            Content::Float(value) => visitor.visit_f64(*value),
            Content::Text(value) => visitor.visit_borrowed_str(value),
            Content::List(_) => self.deserialize_seq(visitor),
            Content::Mapping(_) => self.deserialize_map(visitor),
        }
    }

    whole_numbers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
    }

    texts! { deserialize_str deserialize_string deserialize_char deserialize_identifier }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.node.content {
            Content::Bool(value) => visitor.visit_bool(value),
            _ => Err(self.refuse("true or false")),
        }
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.node.content {
            Content::Float(value) => visitor.visit_f64(value),
            Content::Signed(_) | Content::Unsigned(_) => self.visit_whole(visitor),
            _ => Err(self.refuse("a number")),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        if self.is_null() {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match &self.node.content {
            Content::List(items) => visitor.visit_seq(Items::of(items, self.text)),
            _ if self.is_null() => visitor.visit_seq(Items::of(&[], self.text)),
            _ => Err(self.refuse("a list")),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_map(self.entries()?)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        visitor.visit_map(self.entries()?)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let text: StrDeserializer<'de, Fault> = self.scalar_text()?.into_deserializer();
        visitor.visit_enum(text)
    }

    serde::forward_to_deserialize_any! {
        i128 u128 bytes byte_buf unit unit_struct tuple tuple_struct ignored_any
    }
}
