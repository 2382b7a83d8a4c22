//! The older, flat keys of overrides, which Tempo 2 takes and tempo-operator writes: each is put in its place of now.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::document::{Document, Path};
use crate::mistake::Mistake;

mod table;
#[cfg(test)]
mod tests;

use table::FLAT;

/// Where flat keys may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The block `overrides` of the main file; what stands there holds for every tenant.
    MainFile,
    /// The entries of an override file.
    OverrideFile,
}

impl Scope {
    /// The blocks with flat keys, each with the block from which places count.
    fn blocks(self, document: &Document) -> Vec<(Path, Path)> {
        match self {
            Self::MainFile => vec![(Path::of_keys("overrides"), Path::of_keys("overrides.defaults"))],
            Self::OverrideFile => {
                let entries = document.matching("overrides.*").into_iter();
                entries.map(|entry| (entry.clone(), entry)).collect()
            }
        }
    }
}

/// One flat key with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// Where it stands, as in the file.
    pub from: Path,
    /// Where it belongs.
    pub to: Path,
}

/// Puts the flat keys of `document` in their places. A setting that stands in both is told to `mistakes`.
pub fn nest(document: &mut Document, scope: Scope, mistakes: &mut Vec<Mistake>) -> Vec<Move> {
    let mut moves = Vec::new();
    for (block, base) in scope.blocks(document) {
        for (key, place) in flat_keys_of(document, &block) {
            let (from, to) = (block.key(key), base.join(&Path::of_keys(place)));
            if from == to {
                continue;
            }
            if !document.is_written(&from) {
                document.remove(&from);
            } else if document.is_written(&to) {
                let message = format!("{to} is the same setting, keep one of the two");
                mistakes.push(document.mistake_at_key(&from, message));
                document.remove(&from);
            } else if document.relocate(&from, &to) {
                moves.push(Move { from, to });
            }
        }
    }
    moves
}

/// The flat keys that the mapping at `block` has, each with its place.
fn flat_keys_of(document: &Document, block: &Path) -> Vec<(&'static str, &'static str)> {
    let keys = document.keys_of(block).into_iter();
    let flat = keys.filter_map(|key| PLACES.get_key_value(key));
    flat.map(|(key, place)| (key.as_str(), place.as_str())).collect()
}

/// Tells where the keys that were moved belong, each once; nothing when none was.
pub fn notice(moves: &[Move], scope: Scope) -> Option<String> {
    let keys: BTreeMap<_, _> = moves.iter().map(|moved| told(moved, scope)).collect();
    let keys: Vec<_> = keys.iter().map(|(from, to)| format!("{from} is {to}")).collect();
    (!keys.is_empty()).then(|| {
        format!(
            "older, flat overrides are read, and spangraph migrate-overrides FILE writes them anew: {}",
            keys.join(", ")
        )
    })
}

/// What the key is called in the notice; one that many tenants have is named once.
fn told(moved: &Move, scope: Scope) -> (String, String) {
    let without = |path: &Path, steps: usize| path.steps().iter().skip(steps).cloned().collect::<Path>();
    match scope {
        Scope::MainFile => (moved.from.to_string(), moved.to.to_string()),
        Scope::OverrideFile => (
            without(&moved.from, 2).to_string(),
            without(&moved.to, 2).to_string(),
        ),
    }
}

/// The place of a flat key, from the tenant's entry down.
pub fn place_of(key: &str) -> Option<&'static str> {
    PLACES.get(key).map(String::as_str)
}

/// All flat keys.
pub fn flat_keys() -> impl Iterator<Item = &'static str> {
    PLACES.keys().map(String::as_str)
}

/// Every flat key with its place.
static PLACES: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    let keys = FLAT
        .iter()
        .flat_map(|flat| flat.keys.iter().map(move |key| (flat, key)));
    keys.map(|(flat, key)| {
        let dot = if flat.block.is_empty() { "" } else { "." };
        (
            format!("{}{key}", flat.prefix),
            format!("{}{dot}{key}", flat.block),
        )
    })
    .collect()
});
