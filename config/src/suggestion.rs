//! What to say about a key that the schema does not know: its place of now, or the nearest key, foreign and older ones
//! included.

use crate::document::Path;
use crate::likeness::nearest;
use crate::{foreign_keys, legacy_overrides};

/// What to say about the unknown `key` that `path` ends in, `known` being its block's keys.
pub fn unknown_key(path: &Path, key: &str, known: &[&'static str]) -> String {
    if let Some(place) = legacy_overrides::place_of(key).filter(|_| is_below(path, "overrides.defaults", 3)) {
        return format!(
            "unknown key (an older name that only stands directly below overrides), write {place}"
        );
    }
    let foreign = path
        .split_last()
        .map(|(block, _)| foreign_keys::of_block(&block))
        .unwrap_or_default();
    let older = legacy_overrides::flat_keys().filter(|_| takes_flat_keys(path));
    match nearest(key, known.iter().copied().chain(foreign).chain(older)) {
        Some(near) => format!("unknown key, did you mean {near}"),
        None => format!("unknown key, known here: {}", known.join(", ")),
    }
}

/// Directly below `overrides`, and below a tenant's entry in an override file.
fn takes_flat_keys(path: &Path) -> bool {
    is_below(path, "overrides", 2)
        || (is_below(path, "overrides", 3) && !is_below(path, "overrides.defaults", 3))
}

/// Whether `path` has so many steps and begins with `block`.
fn is_below(path: &Path, block: &str, steps: usize) -> bool {
    path.steps().len() == steps && path.steps().starts_with(Path::of_keys(block).steps())
}
