//! What to say about a key or value that nobody knows: the nearest known one.

use super::path::Path;
use crate::{foreign_keys, legacy_overrides};

/// Below this likeness (1 is equal) a suggestion would only confuse.
const LEAST_LIKENESS: f64 = 0.6;

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
    let near = nearest(key, known.iter().copied().chain(foreign));
    let older = legacy_overrides::nearest(key)
        .filter(|(likeness, _)| *likeness >= LEAST_LIKENESS && takes_flat_keys(path));
    let near = near
        .into_iter()
        .chain(older)
        .max_by(|left, right| left.0.total_cmp(&right.0));
    match near {
        Some((_, near)) => format!("unknown key, did you mean {near}"),
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

/// What to say about the unknown `value`.
pub fn unknown_value(value: &str, known: &[&'static str]) -> String {
    match nearest(value, known.iter().copied()) {
        Some((_, near)) => format!("unknown value {value:?}, did you mean {near}"),
        None => format!("unknown value {value:?}, known here: {}", known.join(", ")),
    }
}

fn nearest(wrong: &str, known: impl Iterator<Item = &'static str>) -> Option<(f64, &'static str)> {
    known
        .map(|candidate| {
            (
                strsim::normalized_damerau_levenshtein(wrong, candidate),
                candidate,
            )
        })
        .filter(|(likeness, _)| *likeness >= LEAST_LIKENESS)
        .max_by(|left, right| left.0.total_cmp(&right.0))
}
