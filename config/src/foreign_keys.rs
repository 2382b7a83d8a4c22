//! Keys of Tempo, the Collector and Prometheus that users have and spangraph does not act on.
//!
//! The harmless ones are ignored and named in a notice. Those whose absence would change what leaves the
//! process, or who may reach it, are refused.

use crate::document::{Document, Path};
use crate::mistake::Mistake;

mod tables;

use tables::{
    ENDPOINTS, ENDPOINTS_OF_TENANTS, IGNORED, IGNORED_OF_ENDPOINTS, IGNORED_OF_TENANTS, NOT_BUILT, REFUSED,
    REFUSED_OF_ENDPOINTS,
};

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
    for (refused, message) in REFUSED {
        mistakes.extend(refuse(document, refused.block, refused.keys, message));
    }
    let not_built = take_all(document, NOT_BUILT);
    let mut ignored = take_all(document, IGNORED);
    ignored.extend(take_out_of_endpoints(document, ENDPOINTS, mistakes));
    Found { ignored, not_built }
}

/// Takes the foreign keys out of an override `document`; the refused ones become `mistakes`.
pub fn take_out_of_tenants(document: &mut Document, mistakes: &mut Vec<Mistake>) -> Found {
    let mut ignored = take_all(document, IGNORED_OF_TENANTS);
    ignored.extend(take_out_of_endpoints(document, ENDPOINTS_OF_TENANTS, mistakes));
    Found {
        ignored,
        not_built: Vec::new(),
    }
}

/// The foreign keys that the block at `path` may have.
pub fn of_block(path: &Path) -> Vec<&'static str> {
    let pattern = path.pattern();
    let own = IGNORED
        .iter()
        .chain(NOT_BUILT)
        .chain(REFUSED.iter().map(|(keys, _)| keys));
    let own = own.filter(|entry| entry.block == pattern);
    let of_endpoints = IGNORED_OF_ENDPOINTS
        .iter()
        .chain(REFUSED_OF_ENDPOINTS.iter().map(|(keys, _)| keys));
    let of_endpoints = of_endpoints.filter(|entry| {
        let mut blocks = ENDPOINTS.iter().map(|list| below(list, entry.block));
        blocks.any(|block| block == pattern)
    });
    let entries = own.chain(of_endpoints);
    entries.flat_map(|entry| entry.keys.iter().copied()).collect()
}

/// Takes out the foreign keys of all endpoints in `lists`, and returns those that are ignored.
fn take_out_of_endpoints(
    document: &mut Document,
    lists: &[&str],
    mistakes: &mut Vec<Mistake>,
) -> Vec<String> {
    let mut ignored = Vec::new();
    for list in lists {
        for (refused, message) in REFUSED_OF_ENDPOINTS {
            let block = below(list, refused.block);
            mistakes.extend(refuse(document, &block, refused.keys, message));
        }
        for foreign in IGNORED_OF_ENDPOINTS {
            ignored.extend(take(document, &below(list, foreign.block), foreign.keys));
        }
    }
    ignored
}

fn below(list: &str, block: &str) -> String {
    if block.is_empty() {
        list.to_owned()
    } else {
        format!("{list}.{block}")
    }
}

fn refuse(document: &mut Document, block: &str, keys: &[&str], message: &str) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    for block in document.matching(block) {
        for key in document.keys_in_use(&block, keys) {
            mistakes.push(document.mistake_at_key(&block.key(key), message));
        }
        remove_all(document, &block, keys);
    }
    mistakes
}

fn take_all(document: &mut Document, table: &[Keys]) -> Vec<String> {
    let blocks = table.iter();
    blocks
        .flat_map(|foreign| take(document, foreign.block, foreign.keys))
        .collect()
}

fn take(document: &mut Document, block: &str, keys: &[&str]) -> Vec<String> {
    let mut names = Vec::new();
    for block in document.matching(block) {
        let present = document.keys_present(&block, keys);
        let paths = present
            .iter()
            .flat_map(|key| document.names_in_file(&block.key(key)));
        names.extend(paths.map(|path| path.to_string()));
        remove_all(document, &block, &present);
    }
    names
}

fn remove_all(document: &mut Document, block: &Path, keys: &[&str]) {
    for key in keys {
        document.remove(&block.key(key));
    }
}
