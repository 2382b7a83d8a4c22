//! Moves entries of a document to other places, where they still know how they are called in the file.

use indexmap::IndexMap;

use super::node::{Content, Entry, Node, Origin};
use super::path::{Path, Step};
use super::{Document, Position};

impl Document {
    /// Whether something is written at the end of `path`; nothing, and an empty block, count as left out.
    pub fn is_written(&self, path: &Path) -> bool {
        self.root.find(path).is_some_and(|node| !is_vacant(node))
    }

    /// Moves the entry that `from` leads to, making the blocks on the way. It is not moved, but taken out, when
    /// something else than a block stands in the way.
    pub fn relocate(&mut self, from: &Path, to: &Path) -> bool {
        let written = self.path_in_file(from);
        let Some((above, Step::Key(last))) = to.split_last() else {
            return false;
        };
        let Some((position, value)) = self.root.take_entry(from) else {
            return false;
        };
        let Some(entries) = self.root.block(&above, position) else {
            return false;
        };
        // What was there and is left out goes, so that this one comes last.
        entries.shift_remove(last);
        let entry = Entry {
            key: last.clone(),
            position,
            origin: Origin::Moved(written),
            value,
        };
        entries.insert(last.clone(), entry);
        true
    }

    /// What the entry at the end of `path` is called in the file: itself when it stands there, and every entry in it that
    /// was moved there.
    pub fn names_in_file(&self, path: &Path) -> Vec<Path> {
        let mut names = Vec::new();
        let entry = path.split_last().and_then(|(above, last)| match last {
            Step::Key(key) => self.root.find(&above)?.entry(key),
            Step::Item(_) => None,
        });
        match entry.map(|entry| &entry.origin) {
            Some(Origin::Made) => {}
            Some(Origin::Moved(written)) => names.push(written.clone()),
            Some(Origin::Here) | None => names.push(self.path_in_file(path)),
        }
        names.extend(entry.into_iter().flat_map(|entry| entry.value.moved()));
        names
    }
}

impl Node {
    /// Where the entries below that were moved are in the file.
    fn moved(&self) -> Vec<Path> {
        let entries = self.entries();
        let below = entries.flat_map(|entry| match &entry.origin {
            Origin::Moved(written) => vec![written.clone()],
            Origin::Here | Origin::Made => entry.value.moved(),
        });
        below.collect()
    }

    /// Takes out the value that `path` leads to, with the place of its key.
    fn take_entry(&mut self, path: &Path) -> Option<(Position, Self)> {
        let (above, Step::Key(last)) = path.split_last()? else {
            return None;
        };
        let Content::Mapping(entries) = &mut self.find_mut(&above)?.content else {
            return None;
        };
        entries.get(last).filter(|entry| entry.value.is_present())?;
        let entry = entries.shift_remove(last)?;
        Some((entry.position, entry.value))
    }

    /// The entries of the block that `path` leads to; blocks that are not there are made at `position`.
    fn block(&mut self, path: &Path, position: Position) -> Option<&mut IndexMap<String, Entry>> {
        if is_vacant(self) {
            self.content = Content::Mapping(IndexMap::new());
        }
        let Content::Mapping(entries) = &mut self.content else {
            return None;
        };
        let Some((Step::Key(first), rest)) = path.steps().split_first() else {
            return Some(entries);
        };
        if entries.get(first).is_some_and(|entry| !entry.value.is_present()) {
            entries.shift_remove(first);
        }
        let block = entries
            .entry(first.clone())
            .or_insert_with(|| Entry::block(first, position));
        let rest: Path = rest.iter().cloned().collect();
        block.value.block(&rest, position)
    }

    fn find_mut(&mut self, path: &Path) -> Option<&mut Self> {
        let mut steps = path.steps().iter();
        steps.try_fold(self, Self::child_mut)
    }
}

impl Entry {
    /// A block that nobody wrote.
    fn block(key: &str, position: Position) -> Self {
        Self {
            key: key.to_owned(),
            position,
            origin: Origin::Made,
            value: Node {
                position,
                ..Node::empty()
            },
        }
    }
}

fn is_vacant(node: &Node) -> bool {
    match &node.content {
        Content::Null | Content::Removed => true,
        Content::Mapping(entries) => entries.values().all(|entry| !entry.value.is_present()),
        _ => false,
    }
}
