//! Bounds of classic histograms, and how wide the buckets of native ones may be.

use serde::{Deserialize, Serialize, Serializer};

/// The upper bound of a bucket in seconds; `+Inf` is added by itself and must not be written.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[serde(try_from = "f64")]
pub struct Bucket(f64);

/// How many times its lower bound the upper bound of a native bucket may be: finite and above 1.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[serde(try_from = "f64")]
pub struct BucketFactor(f64);

/// Why a number is no bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidBucket {
    /// It is infinite or not a number.
    #[error("a bucket's bound must be a finite number; the bucket +Inf is always there")]
    NotFinite,
    /// It would not make buckets wider, or has no end.
    #[error("a bucket factor must be a finite number above 1, such as 1.1")]
    NotAFactor,
}

impl TryFrom<f64> for Bucket {
    type Error = InvalidBucket;

    fn try_from(bound: f64) -> Result<Self, InvalidBucket> {
        if bound.is_finite() {
            Ok(Self(bound))
        } else {
            Err(InvalidBucket::NotFinite)
        }
    }
}

impl TryFrom<f64> for BucketFactor {
    type Error = InvalidBucket;

    fn try_from(factor: f64) -> Result<Self, InvalidBucket> {
        if factor.is_finite() && factor > 1.0 {
            Ok(Self(factor))
        } else {
            Err(InvalidBucket::NotAFactor)
        }
    }
}

impl From<BucketFactor> for f64 {
    fn from(factor: BucketFactor) -> Self {
        factor.0
    }
}

/// Writes the bounds as histograms have them.
pub fn in_order<S: Serializer>(buckets: &Option<Vec<Bucket>>, serializer: S) -> Result<S::Ok, S::Error> {
    buckets.as_deref().map(ascending).serialize(serializer)
}

/// The bounds ascending, each once.
pub fn ascending(buckets: &[Bucket]) -> Vec<f64> {
    // Adding zero turns -0.0 into 0.0, so that the two are one bound.
    let mut bounds: Vec<f64> = buckets.iter().map(|bucket| bucket.0 + 0.0).collect();
    bounds.sort_by(f64::total_cmp);
    bounds.dedup();
    bounds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_sorted_and_each_stands_once() {
        let buckets = [5.0, 0.05, -0.0, 0.5, 0.05, 0.0].map(|bound| Bucket::try_from(bound).unwrap());
        assert_eq!(ascending(&buckets), [0.0, 0.05, 0.5, 5.0]);
    }

    #[test]
    fn bounds_that_are_not_finite_are_refused() {
        for bound in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(Bucket::try_from(bound), Err(InvalidBucket::NotFinite));
        }
    }

    #[test]
    fn factors_are_finite_and_above_one() {
        for factor in [1.0, 0.0, -2.0, f64::NAN, f64::INFINITY] {
            assert_eq!(BucketFactor::try_from(factor), Err(InvalidBucket::NotAFactor));
        }
        assert_eq!(BucketFactor::try_from(1.000_1).map(f64::from), Ok(1.000_1));
    }
}
