//! Says where the keys and the scalars of a document stand in its file.

use std::ops::Range;

use super::node::{Content, Node};
use super::path::Path;
use super::{Document, Position};

impl Document {
    /// The text that it was read from.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Every key that stands in the file, with the way to it, in the order of the tree.
    pub fn key_places(&self) -> Vec<(Position, Path)> {
        let mut places = Vec::new();
        note_keys(&self.root, &Path::default(), &mut places);
        places
    }

    /// The bytes of every scalar value, in the order of the file; what anchors share comes once.
    pub fn scalar_bytes(&self) -> Vec<Range<usize>> {
        let mut bytes = Vec::new();
        note_scalars(&self.root, &mut bytes);
        bytes.sort_unstable_by_key(|range| (range.start, range.end));
        bytes.dedup();
        bytes
    }
}

fn note_keys(node: &Node, path: &Path, places: &mut Vec<(Position, Path)>) {
    for entry in node.entries() {
        let below = path.key(&entry.key);
        places.push((entry.position, below.clone()));
        note_keys(&entry.value, &below, places);
    }
    for (index, item) in node.items() {
        note_keys(item, &path.item(index), places);
    }
}

fn note_scalars(node: &Node, bytes: &mut Vec<Range<usize>>) {
    match &node.content {
        Content::Mapping(_) | Content::List(_) => {
            node.entries().for_each(|entry| note_scalars(&entry.value, bytes));
            node.items().for_each(|(_, item)| note_scalars(item, bytes));
        }
        _ => bytes.push(node.bytes.clone()),
    }
}
