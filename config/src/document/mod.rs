//! A YAML document as a tree, from which a schema is read with all mistakes at once.
//!
//! serde stops at the first error. So what an error points at is noted and taken out of the tree, and the tree
//! is read again, until it can be read. The tree keeps the lines and columns, so nothing moves.

mod access;
mod cursor;
mod deserializer;
pub mod emission;
mod expansion;
mod fault;
mod node;
mod path;
mod places;
mod relocation;
mod sameness;
#[cfg(test)]
mod tests;
mod yaml;

use serde::de::DeserializeOwned;

use crate::mistake::Mistake;
use cursor::Cursor;
use fault::{Fault, Reason};
use node::{Content, Node, Origin};

pub use node::Position;
pub use path::{Path, Step};

/// What to say about a key that the schema does not have: the way to it, the key, and the keys that its block has.
pub type UnknownKey = fn(&Path, &str, &[&'static str]) -> String;

/// A YAML document as a tree.
#[derive(Debug)]
pub struct Document {
    text: String,
    root: Node,
}

impl Default for Document {
    fn default() -> Self {
        Self {
            text: String::new(),
            root: Node::empty(),
        }
    }
}

impl Document {
    /// Reads the text of a file.
    ///
    /// # Errors
    /// When the text is not one YAML document, or a mapping has a key twice.
    pub fn parse(text: &str) -> Result<Self, Mistake> {
        let root = yaml::read(text)?.unwrap_or_else(Node::empty);
        Ok(Self {
            text: text.to_owned(),
            root,
        })
    }

    /// Whether nothing is written but comments.
    pub fn is_empty(&self) -> bool {
        matches!(self.root.content, Content::Null)
    }

    /// Reads `T` from the tree. What cannot be read is told to `mistakes`, of an unknown key what `unknown_key` says;
    /// it is taken out, and left at its default.
    pub fn read<T: DeserializeOwned + Default>(
        &mut self,
        mistakes: &mut Vec<Mistake>,
        unknown_key: UnknownKey,
    ) -> T {
        loop {
            let fault = match T::deserialize(Cursor {
                node: &self.root,
                text: &self.text,
            }) {
                Ok(value) => return value,
                Err(fault) => fault,
            };
            let path = fault.path();
            if !is_key_without_value(&fault, &path) {
                mistakes.push(self.describe(&fault, unknown_key));
            }
            if !self.root.remove(&path) {
                return T::default();
            }
        }
    }

    /// A mistake about what `path` leads to, placed at the nearest thing that is really there.
    pub fn mistake(&self, path: &Path, message: impl Into<String>) -> Mistake {
        let above = |end: usize| self.root.find(&path.steps().iter().take(end).cloned().collect());
        let nearest = (0..=path.steps().len())
            .rev()
            .find_map(above)
            .unwrap_or(&self.root);
        self.mistake_at(nearest.position, path, message)
    }

    /// Where the key stands that `path` ends in.
    pub fn key_position(&self, path: &Path) -> Option<Position> {
        let (above, last) = path.split_last()?;
        match last {
            Step::Key(key) => self.root.find(&above)?.entry(key).map(|entry| entry.position),
            Step::Item(_) => None,
        }
    }

    /// Whether `path` leads to a mapping between braces.
    pub fn is_in_flow_style(&self, path: &Path) -> bool {
        let mapping = self.root.find(path);
        let mapping = mapping.filter(|node| matches!(node.content, Content::Mapping(_)));
        let text = mapping.and_then(|node| self.text.get(node.bytes.clone()));
        text.is_some_and(|text| text.starts_with('{'))
    }

    /// The keys of the mapping that `path` leads to; none when it is something else.
    pub fn keys_of(&self, path: &Path) -> Vec<&str> {
        let entries = self.root.find(path).into_iter().flat_map(Node::entries);
        entries.map(|entry| entry.key.as_str()).collect()
    }

    /// Whether `path` leads to a mapping, or to a key without a value.
    pub fn is_block_or_nothing(&self, path: &Path) -> bool {
        let node = self.root.find(path);
        node.is_some_and(|node| matches!(node.content, Content::Mapping(_) | Content::Null))
    }

    /// A mistake about the key that `path` ends in.
    pub fn mistake_at_key(&self, path: &Path, message: impl Into<String>) -> Mistake {
        match self.key_position(path) {
            Some(position) => self.mistake_at(position, path, message),
            None => self.mistake(path, message),
        }
    }

    /// The keys among `keys` that the mapping at `path` has with something in it.
    pub fn keys_in_use<'k>(&self, path: &Path, keys: &[&'k str]) -> Vec<&'k str> {
        let Some(node) = self.root.find(path) else {
            return Vec::new();
        };
        let in_use = |key: &&&str| node.entry(key).is_some_and(|entry| !entry.value.is_blank());
        keys.iter().filter(in_use).copied().collect()
    }

    /// The keys among `keys` that the mapping at `path` has, whatever is in them.
    pub fn keys_present<'k>(&self, path: &Path, keys: &[&'k str]) -> Vec<&'k str> {
        let Some(node) = self.root.find(path) else {
            return Vec::new();
        };
        keys.iter()
            .filter(|key| node.entry(key).is_some())
            .copied()
            .collect()
    }

    /// Whether `path` leads to one of `values`, or to a list of nothing else; they are texts.
    pub fn has_only(&self, path: &Path, values: &[&str]) -> bool {
        let is_one =
            |node: &Node| matches!(&node.content, Content::Text(text) if values.contains(&text.as_str()));
        self.root.find(path).is_some_and(|node| {
            let mut items = node.items().map(|(_, item)| item).peekable();
            is_one(node) || (items.peek().is_some() && items.all(is_one))
        })
    }

    /// Takes out what `path` leads to.
    pub fn remove(&mut self, path: &Path) {
        self.root.remove(path);
    }

    /// The ways that `pattern` stands for: keys with dots between, `[]` after a key means each item of its list,
    /// `*` in the place of a key means each key.
    pub fn matching(&self, pattern: &str) -> Vec<Path> {
        let mut paths = vec![Path::default()];
        for part in pattern.split('.').filter(|part| !part.is_empty()) {
            if part == "*" {
                paths = paths.iter().flat_map(|path| self.keys(path)).collect();
                continue;
            }
            let key = part.trim_end_matches("[]");
            paths = paths.iter().map(|path| path.key(key)).collect();
            if part.ends_with("[]") {
                paths = paths.iter().flat_map(|path| self.items(path)).collect();
            }
        }
        paths
    }

    /// The path as it is in the file: items have the places that they have there, not counting out those taken out of
    /// the tree, and keys that were moved stand where they were.
    pub fn path_in_file(&self, path: &Path) -> Path {
        let (mut in_file, mut node) = (Path::default(), Some(&self.root));
        for step in path.steps() {
            match step {
                Step::Key(key) => {
                    let entry = node.and_then(|node| node.entry(key));
                    in_file = match entry.map(|entry| &entry.origin) {
                        Some(Origin::Moved(written)) => written.clone(),
                        _ => in_file.key(key),
                    };
                    node = entry.map(|entry| &entry.value);
                }
                Step::Item(index) => {
                    let item = node.and_then(|node| node.items().nth(*index));
                    in_file = in_file.item(item.map_or(*index, |(place, _)| place));
                    node = item.map(|(_, item)| item);
                }
            }
        }
        in_file
    }

    fn keys(&self, path: &Path) -> Vec<Path> {
        self.keys_of(path).iter().map(|key| path.key(key)).collect()
    }

    fn items(&self, path: &Path) -> Vec<Path> {
        let count = self.root.find(path).map_or(0, |node| node.items().count());
        (0..count).map(|index| path.item(index)).collect()
    }

    fn describe(&self, fault: &Fault, unknown_key: UnknownKey) -> Mistake {
        let path = fault.path();
        let message = match (&fault.reason, path.steps().last()) {
            (Reason::UnknownKey(known), Some(Step::Key(key))) => unknown_key(&path, key, known),
            _ => fault.to_string(),
        };
        if fault.at_key {
            self.mistake_at_key(&path, message)
        } else {
            self.mistake(&path, message)
        }
    }

    fn mistake_at(&self, position: Position, path: &Path, message: impl Into<String>) -> Mistake {
        Mistake {
            line: position.line,
            column: position.column,
            path: self.path_in_file(path).to_string(),
            message: message.into(),
        }
    }
}

/// A key with nothing after it counts as a key left out.
fn is_key_without_value(fault: &Fault, path: &Path) -> bool {
    matches!(fault.reason, Reason::Nothing) && matches!(path.steps().last(), Some(Step::Key(_)))
}
