//! Reads the nodes of a document from YAML text, each with its place.

use std::fmt;

use indexmap::IndexMap;
use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Location, Spanned};

use super::node::{Content, Entry, Node, Origin, Position};
use crate::mistake::Mistake;

/// The top of the document; `None` when nothing is written.
pub fn read(text: &str) -> Result<Option<Node>, Mistake> {
    // A file of many tenants is long, so the bounds follow its length; what aliases repeat has bounds of its own.
    let bound = |least: usize| least.max(text.len());
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_nodes: bound(250_000),
            max_events: bound(1_000_000).saturating_mul(2),
            max_aliases: bound(50_000),
            max_merge_keys: bound(10_000),
        },
        with_snippet: false,
        non_finite_float_policy: serde_saphyr::NonFiniteFloatPolicy::PassThrough,
    };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| syntax_mistake(&error))
}

/// What `text` would be as the plain scalar of a file: a boolean, a number, nothing when it is empty, or else text.
pub fn scalar(text: &str) -> Content {
    /// Longer ones are no number that fits.
    const LONGEST: usize = 64;
    if text.is_empty() {
        return Content::Null;
    }
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"+-._".contains(&byte);
    let read = (text.len() <= LONGEST && text.bytes().all(is_plain)).then(|| read(text).ok().flatten());
    match read.flatten().map(|node| node.content) {
        Some(
            content @ (Content::Bool(_) | Content::Signed(_) | Content::Unsigned(_) | Content::Float(_)),
        ) => content,
        _ => Content::Text(text.to_owned()),
    }
}

impl From<Location> for Position {
    fn from(location: Location) -> Self {
        let narrow = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        Self {
            line: narrow(location.line()),
            column: narrow(location.column()),
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<Content>::deserialize(deserializer)?;
        let span = spanned.defined.span();
        let bytes = span
            .byte_offset()
            .zip(span.byte_len())
            .and_then(|(offset, length)| {
                let start = usize::try_from(offset).ok()?;
                Some(start..start.checked_add(usize::try_from(length).ok()?)?)
            });
        Ok(Self {
            position: spanned.referenced.into(),
            bytes: bytes.unwrap_or_default(),
            expanded: None,
            content: spanned.value,
        })
    }
}

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ContentVisitor)
    }
}

struct ContentVisitor;

impl<'de> Visitor<'de> for ContentVisitor {
    type Value = Content;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a YAML value")
    }

    fn visit_unit<E: Error>(self) -> Result<Content, E> {
        Ok(Content::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Content, E> {
        Ok(Content::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Content, E> {
        Ok(Content::Signed(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Content, E> {
        Ok(Content::Unsigned(value))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Content, E> {
        Ok(Content::Float(value))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Content, E> {
        Ok(Content::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Content, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Content::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Content, A::Error> {
        let mut entries = IndexMap::new();
        while let Some((key, value)) = access.next_entry::<Spanned<String>, Node>()? {
            let entry = Entry {
                key: key.value.clone(),
                position: key.referenced.into(),
                origin: Origin::Here,
                value,
            };
            entries.insert(key.value, entry);
        }
        Ok(Content::Mapping(entries))
    }
}

fn syntax_mistake(error: &serde_saphyr::Error) -> Mistake {
    let position = error
        .location()
        .map_or(Position { line: 1, column: 1 }, Position::from);
    let text = error.render_with_formatter(&serde_saphyr::UserMessageFormatter);
    // The library may add where the error is; the mistake says that itself.
    let message = text.split(" at line ").next().unwrap_or_default().trim_end();
    Mistake {
        line: position.line,
        column: position.column,
        path: String::new(),
        message: message.to_owned(),
    }
}
