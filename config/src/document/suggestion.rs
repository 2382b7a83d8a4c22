//! What to say about a key or value that nobody knows: the nearest known one.

use super::path::Path;
use crate::foreign_keys;

/// Below this likeness (1 is equal) a suggestion would only confuse.
const LEAST_LIKENESS: f64 = 0.6;

/// What to say about the unknown `key` that `path` ends in, `known` being its block's keys.
pub fn unknown_key(path: &Path, key: &str, known: &[&'static str]) -> String {
    let foreign = path
        .split_last()
        .map(|(block, _)| foreign_keys::of_block(&block))
        .unwrap_or_default();
    match nearest(key, known.iter().copied().chain(foreign)) {
        Some(near) => format!("unknown key, did you mean {near}"),
        None if path.pattern().starts_with("overrides.") && path.steps().len() == 2 => format!(
            "unknown key (older, flat overrides are not read, write them below defaults), known here: {}",
            known.join(", ")
        ),
        None => format!("unknown key, known here: {}", known.join(", ")),
    }
}

/// What to say about the unknown `value`.
pub fn unknown_value(value: &str, known: &[&'static str]) -> String {
    match nearest(value, known.iter().copied()) {
        Some(near) => format!("unknown value {value:?}, did you mean {near}"),
        None => format!("unknown value {value:?}, known here: {}", known.join(", ")),
    }
}

fn nearest(wrong: &str, known: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    known
        .map(|candidate| {
            (
                strsim::normalized_damerau_levenshtein(wrong, candidate),
                candidate,
            )
        })
        .filter(|(likeness, _)| *likeness >= LEAST_LIKENESS)
        .max_by(|left, right| left.0.total_cmp(&right.0))
        .map(|(_, candidate)| candidate)
}
