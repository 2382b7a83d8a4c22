//! The labels that series of a family have besides their label sets.

use super::family::Values;
use crate::aggregator::labels::{bound_label, name_label};

/// The labels that are the same for all label sets, encoded.
#[derive(Debug)]
pub struct FamilyLabels {
    plain: Box<[u8]>,
    sum: Box<[u8]>,
    count: Box<[u8]>,
    bucket: Box<[u8]>,
    bounds: Box<[Box<[u8]>]>,
}

impl FamilyLabels {
    /// Those of the family of this name with such values.
    pub fn new(name: &str, values: &Values) -> Self {
        let bounds = match values {
            Values::Histogram {
                classic: Some(classic),
                ..
            } => classic.bounds(),
            _ => &[],
        };
        Self {
            plain: name_label(name),
            sum: name_label(&format!("{name}_sum")),
            count: name_label(&format!("{name}_count")),
            bucket: name_label(&format!("{name}_bucket")),
            bounds: bound_texts(bounds).map(|bound| bound_label(&bound)).collect(),
        }
    }

    /// The `__name__` of a series that is named as its family.
    pub fn plain(&self) -> &[u8] {
        &self.plain
    }

    /// The `__name__` of a histogram's sum.
    pub fn sum(&self) -> &[u8] {
        &self.sum
    }

    /// The `__name__` of a histogram's count.
    pub fn count(&self) -> &[u8] {
        &self.count
    }

    /// The `__name__` and the `le` of the series of each of a histogram's buckets.
    pub fn buckets(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.bounds.iter().map(|bound| (&*self.bucket, &**bound))
    }
}

/// The values of the label `le`: the bounds as shortest decimals without exponent, then `+Inf`.
pub fn bound_texts(bounds: &[f64]) -> impl Iterator<Item = String> {
    bounds.iter().map(f64::to_string).chain(["+Inf".to_owned()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_shortest_decimals() {
        let texts: Vec<_> = bound_texts(&[0.000_000_1, 0.1, 1.0, 12.8, 1e21]).collect();
        assert_eq!(
            texts,
            ["0.0000001", "0.1", "1", "12.8", "1000000000000000000000", "+Inf"]
        );
    }
}
