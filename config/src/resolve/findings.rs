//! Collects the mistakes that are found after reading.

use crate::document::{Document, Path};
use crate::mistake::Mistake;

/// Collects the mistakes that are found after reading.
pub struct Findings<'a> {
    document: &'a Document,
    while_reading: &'a [Mistake],
    found: Vec<Mistake>,
}

impl<'a> Findings<'a> {
    /// Collects mistakes about `document`, beside those found while it was read.
    pub fn new(document: &'a Document, while_reading: &'a [Mistake]) -> Self {
        Self {
            document,
            while_reading,
            found: Vec::new(),
        }
    }

    /// Notes a mistake about what `path` leads to, unless it only follows from one found while reading.
    pub fn add(&mut self, path: &Path, message: impl Into<String>) {
        if !self.is_wrong(path) {
            self.found.push(self.document.mistake(path, message));
        }
    }

    /// Whether a mistake was found in what `path` leads to, or in a block round it, while it was read.
    pub fn is_wrong(&self, path: &Path) -> bool {
        let name = self.document.path_in_file(path).to_string();
        let mut mistakes = self.while_reading.iter();
        mistakes.any(|mistake| lies_within(&name, &mistake.path) || lies_within(&mistake.path, &name))
    }

    /// What was found.
    pub fn into_found(self) -> Vec<Mistake> {
        self.found
    }
}

/// Whether the key `inner` is `outer` or lies in its block.
fn lies_within(inner: &str, outer: &str) -> bool {
    inner
        .strip_prefix(outer)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

#[cfg(test)]
mod tests {
    use super::lies_within;

    #[test]
    fn a_key_lies_within_its_block_and_not_within_one_with_a_longer_name() {
        assert!(lies_within("a.b", "a"));
        assert!(lies_within("a[0].b", "a"));
        assert!(lies_within("a", "a"));
        assert!(!lies_within("a.bc", "a.b"));
        assert!(!lies_within("a", "a.b"));
    }
}
