//! Walks the entries of a mapping and the items of a list for the reader of typed values.

use indexmap::IndexMap;
use indexmap::map::Values;
use serde::de::value::StrDeserializer;
use serde::de::{DeserializeSeed, IntoDeserializer, MapAccess, SeqAccess};

use super::cursor::Cursor;
use super::fault::Fault;
use super::node::{Entry, Node};
use super::path::Step;

/// The entries of a mapping that are still there.
pub struct Entries<'a> {
    rest: std::iter::Flatten<std::option::IntoIter<Values<'a, String, Entry>>>,
    current: Option<&'a Entry>,
    text: &'a str,
}

impl<'a> Entries<'a> {
    /// Walks `entries`, if there are any, of the file with this `text`.
    pub fn of(entries: Option<&'a IndexMap<String, Entry>>, text: &'a str) -> Self {
        Self {
            rest: entries.map(IndexMap::values).into_iter().flatten(),
            current: None,
            text,
        }
    }
}

impl<'de> MapAccess<'de> for Entries<'de> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        self.current = self.rest.find(|entry| entry.value.is_present());
        let Some(entry) = self.current else {
            return Ok(None);
        };
        let key: StrDeserializer<'de, Fault> = entry.key.as_str().into_deserializer();
        seed.deserialize(key).map(Some).map_err(|mut fault| {
            fault.at_key = true;
            fault.below(Step::Key(entry.key.clone()))
        })
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Fault> {
        let entry = self
            .current
            .ok_or_else(|| Fault::other("a value was read before its key"))?;
        seed.deserialize(Cursor {
            node: &entry.value,
            text: self.text,
        })
        .map_err(|fault| fault.below(Step::Key(entry.key.clone())))
    }
}

/// The items of a list that are still there.
pub struct Items<'a> {
    rest: std::slice::Iter<'a, Node>,
    index: usize,
    text: &'a str,
}

impl<'a> Items<'a> {
    /// Walks `items` of the file with this `text`.
    pub fn of(items: &'a [Node], text: &'a str) -> Self {
        Self {
            rest: items.iter(),
            index: 0,
            text,
        }
    }
}

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = Fault;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Fault> {
        let Some(node) = self.rest.find(|node| node.is_present()) else {
            return Ok(None);
        };
        let index = self.index;
        self.index += 1;
        seed.deserialize(Cursor {
            node,
            text: self.text,
        })
        .map(Some)
        .map_err(|fault| fault.below(Step::Item(index)))
    }
}
