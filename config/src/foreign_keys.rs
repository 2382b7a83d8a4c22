//! Keys of Tempo, the Collector and Prometheus that users have and spangraph does not act on.
//!
//! Those by which nothing is lost are ignored and named in a notice. Those whose absence would lose spans or samples,
//! change what leaves the process, or who may reach it, are refused.

use std::collections::BTreeMap;

use crate::document::{Document, Path};
use crate::mistake::Mistake;

mod endpoints;
mod refused;
mod sources;
mod tables;
mod tenants;
#[cfg(test)]
mod tests;

/// Keys of one block that have no effect; the block is written as in [`Document::matching`].
struct Ignored {
    block: &'static str,
    keys: &'static [&'static str],
    /// Why nothing is lost by that.
    why: &'static str,
}

/// Keys of one block that are refused when something is written there.
struct Refused {
    block: &'static str,
    keys: &'static [&'static str],
    /// Values, or items of a list, by which nothing is lost.
    harmless: &'static [&'static str],
    message: &'static str,
}

/// The foreign keys that a document has.
#[derive(Debug, Default)]
pub struct Found {
    /// Keys that are ignored.
    pub ignored: Vec<String>,
    /// What users should know of single keys, each with the key's name.
    pub told: Vec<String>,
}

/// Takes the foreign keys out of `document`; the refused ones become `mistakes`.
pub fn take_out(document: &mut Document, mistakes: &mut Vec<Mistake>) -> Found {
    let mut found = Found {
        told: sources::take_out(document, mistakes),
        ..Found::default()
    };
    for keys in refused::REFUSED {
        mistakes.extend(refuse(document, keys.block, keys));
    }
    mistakes.extend(refuse_overrides_of_an_api(document));
    found.add(document, "", tables::IGNORED, tables::TOLD);
    found.add(document, tenants::DEFAULTS, tenants::IGNORED, tenants::TOLD);
    found.take_out_of_endpoints(document, endpoints::LISTS, mistakes);
    found
}

/// Takes the foreign keys out of an override `document`; the refused ones become `mistakes`.
pub fn take_out_of_tenants(document: &mut Document, mistakes: &mut Vec<Mistake>) -> Found {
    let mut found = Found::default();
    found.add(document, tenants::ENTRIES, tenants::IGNORED, tenants::TOLD);
    found.take_out_of_endpoints(document, endpoints::LISTS_OF_TENANTS, mistakes);
    found
}

impl Found {
    /// Takes out the keys of the tables, whose blocks stand below `base`.
    fn add(&mut self, document: &mut Document, base: &str, ignored: &[Ignored], told: &[Ignored]) {
        for entry in told {
            let names = take(document, &below(base, entry.block), entry.keys);
            if !names.is_empty() {
                self.told.push(format!("{}: {}", names.join(", "), entry.why));
            }
        }
        for entry in ignored {
            let names = take(document, &below(base, entry.block), entry.keys);
            self.ignored.extend(names);
        }
    }

    fn take_out_of_endpoints(
        &mut self,
        document: &mut Document,
        lists: &[&str],
        mistakes: &mut Vec<Mistake>,
    ) {
        for list in lists {
            for keys in endpoints::REFUSED {
                mistakes.extend(refuse(document, &below(list, keys.block), keys));
            }
            self.add(document, list, endpoints::IGNORED, &[]);
        }
    }
}

/// The foreign keys that the block at `path` may have.
pub fn of_block(path: &Path) -> Vec<&'static str> {
    let pattern = path.pattern();
    let blocks = all().filter(|(block, _)| stands_for(block, &pattern));
    blocks.flat_map(|(_, keys)| keys.iter().copied()).collect()
}

/// The foreign keys that have no effect, by block, with why nothing is lost; those of tenants' entries and of endpoints
/// stand below the first place in which they may be.
pub fn ignored() -> Vec<(String, &'static [&'static str], &'static str)> {
    let rows = |base: &'static str, tables: [&'static [Ignored]; 2]| {
        let entries = tables.into_iter().flatten();
        entries.map(move |entry| (below(base, entry.block), entry.keys, entry.why))
    };
    let endpoints = endpoints::LISTS.iter().take(1);
    rows("", [tables::IGNORED, tables::TOLD])
        .chain(rows(tenants::DEFAULTS, [tenants::IGNORED, tenants::TOLD]))
        .chain(endpoints.flat_map(|list| rows(list, [endpoints::IGNORED, &[]])))
        .collect()
}

/// All foreign keys, by block.
fn all() -> impl Iterator<Item = (String, &'static [&'static str])> {
    let ignored = tables::IGNORED.iter().chain(tables::TOLD);
    let ignored = ignored.map(|entry| (entry.block.to_owned(), entry.keys));
    let refused = refused::REFUSED.iter();
    let refused = refused.map(|entry| (entry.block.to_owned(), entry.keys));
    let sources = sources::KEYS.iter();
    let sources = sources.map(|(block, keys)| ((*block).to_owned(), *keys));
    let entries = [tenants::DEFAULTS, tenants::ENTRIES]
        .into_iter()
        .flat_map(|base| {
            let entries = tenants::IGNORED.iter().chain(tenants::TOLD);
            entries.map(move |entry| (below(base, entry.block), entry.keys))
        });
    let lists = endpoints::LISTS.iter().chain(endpoints::LISTS_OF_TENANTS);
    let endpoints = lists.flat_map(|list| {
        let ignored = endpoints::IGNORED.iter().map(|entry| (entry.block, entry.keys));
        let refused = endpoints::REFUSED.iter().map(|entry| (entry.block, entry.keys));
        ignored
            .chain(refused)
            .map(|(block, keys)| (below(list, block), keys))
    });
    ignored
        .chain(refused)
        .chain(sources)
        .chain(entries)
        .chain(endpoints)
}

/// Whether `block` of a table is the block with this `pattern`; `*` is any key.
fn stands_for(block: &str, pattern: &str) -> bool {
    let (parts, keys) = (block.split('.'), pattern.split('.'));
    parts.clone().count() == keys.clone().count()
        && parts.zip(keys).all(|(part, key)| part == "*" || part == key)
}

fn below(base: &str, block: &str) -> String {
    match (base, block) {
        ("", block) => block.to_owned(),
        (base, "") => base.to_owned(),
        (base, block) => format!("{base}.{block}"),
    }
}

/// What is set by an API would be missing, and nobody would see it.
fn refuse_overrides_of_an_api(document: &mut Document) -> Option<Mistake> {
    let block = Path::of_keys("overrides.user_configurable_overrides");
    let is_on = !document.keys_in_use(&block, &["enabled"]).is_empty();
    is_on.then(|| {
        let message = "not supported, so settings that were made by Tempo's API would not count; write them in the file of \
                       overrides.per_tenant_override_config";
        document.mistake_at_key(&block.key("enabled"), message)
    })
}

/// The keys that stand for something become mistakes; they and those without a value are taken out, harmless ones stay.
fn refuse(document: &mut Document, block: &str, refused: &Refused) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    for block in document.matching(block) {
        for key in document.keys_present(&block, refused.keys) {
            let path = block.key(key);
            let in_use = !document.keys_in_use(&block, &[key]).is_empty();
            if in_use && document.has_only(&path, refused.harmless) {
                continue;
            }
            if in_use {
                mistakes.push(document.mistake_at_key(&path, refused.message));
            }
            document.remove(&path);
        }
    }
    mistakes
}

/// Takes `keys` out of the block, and returns what they are called in the file.
fn take(document: &mut Document, block: &str, keys: &[&str]) -> Vec<String> {
    let mut names = Vec::new();
    for block in document.matching(block) {
        let present = document.keys_present(&block, keys);
        names.extend(
            present
                .iter()
                .flat_map(|key| document.names_in_file(&block.key(key))),
        );
        for key in present {
            document.remove(&block.key(key));
        }
    }
    if block.starts_with(tenants::ENTRIES) {
        of_tenants(&names)
    } else {
        names.iter().map(Path::to_string).collect()
    }
}

/// The names of tenants' keys; one that more than a few tenants have is named once.
fn of_tenants(names: &[Path]) -> Vec<String> {
    const FEW: usize = 3;
    let mut by_key: BTreeMap<String, Vec<&Path>> = BTreeMap::new();
    for name in names {
        let below: Path = name.steps().iter().skip(2).cloned().collect();
        by_key.entry(below.to_string()).or_default().push(name);
    }
    let told = by_key.into_iter().flat_map(|(key, names)| match names.len() {
        0..=FEW => names.iter().map(ToString::to_string).collect(),
        count => vec![format!("{}.{key} of {count} tenants", tenants::ENTRIES)],
    });
    told.collect()
}
