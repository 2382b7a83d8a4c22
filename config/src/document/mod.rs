//! A YAML document as a tree, from which a schema is read with all mistakes at once.
//!
//! serde stops at the first error. So what an error points at is noted and taken out of the tree, and the tree
//! is read again, until it can be read. The tree keeps the lines and columns, so nothing moves.

mod access;
mod cursor;
mod expansion;
mod fault;
mod node;
mod path;
mod suggestion;
#[cfg(test)]
mod tests;
mod yaml;

use serde::de::DeserializeOwned;

use crate::mistake::Mistake;
use cursor::Cursor;
use fault::{Fault, Reason};
use node::{Node, Position};

pub use path::{Path, Step};

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

    /// Reads `T` from the tree. What cannot be read is told to `mistakes`, taken out, and left at its default.
    pub fn read<T: DeserializeOwned + Default>(&mut self, mistakes: &mut Vec<Mistake>) -> T {
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
                mistakes.push(self.describe(&fault));
            }
            if !self.root.remove(&path) {
                return T::default();
            }
        }
    }

    /// A mistake about what `path` leads to, placed at the nearest thing that is really there.
    pub fn mistake(&self, path: &Path, message: impl Into<String>) -> Mistake {
        let above = |end: usize| self.root.find(&path.steps()[..end].iter().cloned().collect());
        let nearest = (0..=path.steps().len())
            .rev()
            .find_map(above)
            .unwrap_or(&self.root);
        self.mistake_at(nearest.position, path, message)
    }

    /// A mistake about the key that `path` ends in.
    pub fn mistake_at_key(&self, path: &Path, message: impl Into<String>) -> Mistake {
        let position = path.split_last().and_then(|(above, last)| match last {
            Step::Key(key) => self.root.find(&above)?.entry(key).map(|entry| entry.position),
            Step::Item(_) => None,
        });
        match position {
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

    /// The path with the places that items have in the file, not counting out those taken out of the tree.
    pub fn path_in_file(&self, path: &Path) -> Path {
        let steps = path.steps();
        let in_file = steps.iter().enumerate().map(|(end, step)| match step {
            Step::Key(_) => step.clone(),
            Step::Item(index) => {
                let list = self.root.find(&steps[..end].iter().cloned().collect());
                let place = list
                    .and_then(|list| list.items().nth(*index))
                    .map(|(place, _)| place);
                Step::Item(place.unwrap_or(*index))
            }
        });
        in_file.collect()
    }

    fn keys(&self, path: &Path) -> Vec<Path> {
        let entries = self.root.find(path).into_iter().flat_map(Node::entries);
        entries.map(|entry| path.key(&entry.key)).collect()
    }

    fn items(&self, path: &Path) -> Vec<Path> {
        let count = self.root.find(path).map_or(0, |node| node.items().count());
        (0..count).map(|index| path.item(index)).collect()
    }

    fn describe(&self, fault: &Fault) -> Mistake {
        let path = fault.path();
        let message = match (&fault.reason, path.steps().last()) {
            (Reason::UnknownKey(known), Some(Step::Key(key))) => suggestion::unknown_key(&path, key, known),
            (Reason::UnknownValue(value, known), _) => suggestion::unknown_value(value, known),
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
