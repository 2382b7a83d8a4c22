//! Keys of Tempo, the Collector and Prometheus that users have and spangraph does not act on.
//!
//! The harmless ones are ignored and named in a notice. Those whose absence would change what leaves the
//! process, or who may reach it, are refused.

use crate::document::{Document, Path};
use crate::mistake::Mistake;

mod tables;

use tables::{IGNORED, IGNORED_OF_TENANTS, NOT_BUILT, REFUSED};

/// Keys of one block; the block is written as in [`Document::matching`].
struct Keys {
    block: &'static str,
    keys: &'static [&'static str],
}

/// The foreign keys that a document has.
#[derive(Debug, Default)]
pub struct Found {
    /// Keys that are ignored for good.
    pub ignored: Vec<String>,
    /// Keys that a later version acts on.
    pub not_built: Vec<String>,
}

/// Takes the foreign keys out of `document`; the refused ones become `mistakes`.
pub fn take_out(document: &mut Document, mistakes: &mut Vec<Mistake>) -> Found {
    refuse(document, mistakes);
    let not_built = take(document, NOT_BUILT);
    let ignored = take(document, IGNORED);
    Found { ignored, not_built }
}

/// Takes the foreign keys out of an override `document`; none of them is refused.
pub fn take_out_of_tenants(document: &mut Document) -> Found {
    Found {
        ignored: take(document, IGNORED_OF_TENANTS),
        not_built: Vec::new(),
    }
}

/// The foreign keys that the block at `path` may have.
pub fn of_block(path: &Path) -> Vec<&'static str> {
    let pattern = path.pattern();
    let ignored = IGNORED
        .iter()
        .chain(NOT_BUILT)
        .filter(|entry| entry.block == pattern);
    let refused = REFUSED
        .iter()
        .filter(|(entry, _)| entry.block == pattern)
        .map(|(entry, _)| entry);
    ignored
        .chain(refused)
        .flat_map(|entry| entry.keys.iter().copied())
        .collect()
}

fn refuse(document: &mut Document, mistakes: &mut Vec<Mistake>) {
    for (refused, message) in REFUSED {
        for block in document.matching(refused.block) {
            for key in document.keys_in_use(&block, refused.keys) {
                mistakes.push(document.mistake_at_key(&block.key(key), *message));
            }
            remove_all(document, &block, refused.keys);
        }
    }
}

fn take(document: &mut Document, table: &[Keys]) -> Vec<String> {
    let mut names = Vec::new();
    for foreign in table {
        for block in document.matching(foreign.block) {
            let present = document.keys_present(&block, foreign.keys);
            names.extend(
                present
                    .iter()
                    .map(|key| document.path_in_file(&block.key(key)).to_string()),
            );
            remove_all(document, &block, &present);
        }
    }
    names
}

fn remove_all(document: &mut Document, block: &Path, keys: &[&str]) {
    for key in keys {
        document.remove(&block.key(key));
    }
}
