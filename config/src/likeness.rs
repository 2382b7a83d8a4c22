//! Finds the known word that an unknown one is most like.

/// Below this likeness (1 is equal) a suggestion would only confuse.
const LEAST_LIKENESS: f64 = 0.6;

/// The one of `known` that is most like `wrong`, of equals the last; `None` when all are too different.
pub fn nearest(wrong: &str, known: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    known
        .map(|candidate| {
            let likeness = strsim::normalized_damerau_levenshtein(wrong, candidate);
            (likeness, candidate)
        })
        .filter(|(likeness, _)| *likeness >= LEAST_LIKENESS)
        .max_by(|left, right| left.0.total_cmp(&right.0))
        .map(|(_, candidate)| candidate)
}
