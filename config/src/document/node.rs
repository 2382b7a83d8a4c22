//! A node of a YAML document that knows where it stands.

use std::ops::Range;

use indexmap::IndexMap;

use super::path::{Path, Step};

/// Where something stands in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The line, counted from 1.
    pub line: usize,
    /// The column, counted in characters from 1.
    pub column: usize,
}

/// A node of a YAML document.
#[derive(Debug)]
pub struct Node {
    /// Where the node is used; for an alias, where the alias stands.
    pub position: Position,
    /// The bytes of the file that hold the node's text; empty when they are not known.
    pub bytes: Range<usize>,
    /// The text with environment variables put in, when there were any; it stands for the bytes.
    pub expanded: Option<String>,
    /// What the node is.
    pub content: Content,
}

/// What a node is.
#[derive(Debug)]
pub enum Content {
    /// Nothing is written, or `null`, or `~`.
    Null,
    /// A boolean.
    Bool(bool),
    /// A whole number that may be negative.
    Signed(i64),
    /// A whole number.
    Unsigned(u64),
    /// A number with a fraction, an exponent, infinite or not a number.
    Float(f64),
    /// Any other scalar.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A mapping in the order of the file, its keys found at once: there may be thousands of tenants.
    Mapping(IndexMap<String, Entry>),
    /// It was taken out, so that the rest can be read.
    Removed,
}

/// A key of a mapping and its value.
#[derive(Debug)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Where the key stands.
    pub position: Position,
    /// Where it is in the file.
    pub origin: Origin,
    /// The value.
    pub value: Node,
}

/// Where an entry of the tree is in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Where it is in the tree.
    Here,
    /// At this path; it was moved.
    Moved(Path),
    /// Nowhere: a block that was made for entries that were moved.
    Made,
}

impl Node {
    /// The top of a file in which nothing is written.
    pub fn empty() -> Self {
        Self {
            position: Position { line: 1, column: 1 },
            bytes: 0..0,
            expanded: None,
            content: Content::Null,
        }
    }

    /// Whether the node is still there.
    pub fn is_present(&self) -> bool {
        !matches!(self.content, Content::Removed)
    }

    /// Whether a person would say that nothing is set: null, `""`, `[]`, `{}` or `false`.
    pub fn is_blank(&self) -> bool {
        match &self.content {
            Content::Null | Content::Removed | Content::Bool(false) => true,
            Content::Text(text) => text.is_empty(),
            Content::List(items) => items.is_empty(),
            Content::Mapping(entries) => entries.is_empty(),
            _ => false,
        }
    }

    /// The entries of a mapping that are still there; none when it is something else.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        let entries = match &self.content {
            Content::Mapping(entries) => Some(entries.values()),
            _ => None,
        };
        let entries = entries.into_iter().flatten();
        entries.filter(|entry| entry.value.is_present())
    }

    /// The items of a list that are still there, each with its place in the file's list.
    pub fn items(&self) -> impl Iterator<Item = (usize, &Node)> {
        let items: &[Node] = if let Content::List(items) = &self.content {
            items
        } else {
            &[]
        };
        items.iter().enumerate().filter(|(_, item)| item.is_present())
    }

    /// The value of `key`, when this is a mapping that has it.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        let Content::Mapping(entries) = &self.content else {
            return None;
        };
        entries.get(key).filter(|entry| entry.value.is_present())
    }

    /// The node that `path` leads to.
    pub fn find(&self, path: &Path) -> Option<&Self> {
        path.steps().iter().try_fold(self, |node, step| match step {
            Step::Key(key) => node.entry(key).map(|entry| &entry.value),
            Step::Item(index) => node.items().nth(*index).map(|(_, item)| item),
        })
    }

    /// Takes out what `path` leads to; whether it was there. The top cannot be taken out.
    pub fn remove(&mut self, path: &Path) -> bool {
        let Some((first, rest)) = path.steps().split_first() else {
            return false;
        };
        let Some(child) = self.child_mut(first) else {
            return false;
        };
        if rest.is_empty() {
            child.content = Content::Removed;
            return true;
        }
        child.remove(&rest.iter().cloned().collect())
    }

    /// The node that is one step down.
    pub fn child_mut(&mut self, step: &Step) -> Option<&mut Self> {
        match (&mut self.content, step) {
            (Content::Mapping(entries), Step::Key(key)) => entries
                .get_mut(key)
                .filter(|entry| entry.value.is_present())
                .map(|entry| &mut entry.value),
            (Content::List(items), Step::Item(index)) => {
                items.iter_mut().filter(|item| item.is_present()).nth(*index)
            }
            _ => None,
        }
    }
}
