//! The buckets of native histograms, as a store reads them from spans and differences.

use std::collections::BTreeMap;

use super::{BucketSpan, Count, Histogram, STALE_MARKER_BITS, Sample, ZeroCount};

/// Buckets that cannot be: there are more or fewer counts than the spans say, one is below 0, or spans overlap.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("spans {spans:?} do not go with the counts whose differences are {deltas:?}")]
pub struct MalformedBuckets {
    /// Where they stand.
    pub spans: Vec<BucketSpan>,
    /// Their counts, each as the difference to the one before.
    pub deltas: Vec<i64>,
}

impl Sample {
    /// Whether it ends its series.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        self.value.to_bits() == STALE_MARKER_BITS
    }
}

impl Histogram {
    /// Whether it ends its series.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        self.sum.to_bits() == STALE_MARKER_BITS
    }

    /// All observations; `None` when they are no whole number.
    #[must_use]
    pub fn whole_count(&self) -> Option<u64> {
        match self.count {
            Some(Count::Whole(count)) => Some(count),
            Some(Count::Float(_)) | None => None,
        }
    }

    /// The observations in the zero bucket; `None` when they are no whole number.
    #[must_use]
    pub fn whole_zero_count(&self) -> Option<u64> {
        match self.zero_count {
            Some(ZeroCount::Whole(count)) => Some(count),
            Some(ZeroCount::Float(_)) | None => None,
        }
    }

    /// The whole counts of the buckets of positive observations, by index; those of 0 too.
    ///
    /// # Errors
    /// When there are more or fewer counts than buckets, as in a histogram of floats, one is below 0, or spans overlap.
    pub fn positive_buckets(&self) -> Result<BTreeMap<i32, u64>, MalformedBuckets> {
        buckets(&self.positive_spans, &self.positive_deltas)
    }

    /// The whole counts of the buckets of negative observations, by index; those of 0 too.
    ///
    /// # Errors
    /// When there are more or fewer counts than buckets, as in a histogram of floats, one is below 0, or spans overlap.
    pub fn negative_buckets(&self) -> Result<BTreeMap<i32, u64>, MalformedBuckets> {
        buckets(&self.negative_spans, &self.negative_deltas)
    }
}

fn buckets(spans: &[BucketSpan], deltas: &[i64]) -> Result<BTreeMap<i32, u64>, MalformedBuckets> {
    let malformed = || MalformedBuckets {
        spans: spans.to_vec(),
        deltas: deltas.to_vec(),
    };
    let (mut indexes, mut count) = (indexes(spans), 0_i64);
    let mut buckets = BTreeMap::new();
    for delta in deltas {
        count = count.checked_add(*delta).ok_or_else(malformed)?;
        let index = indexes.next().flatten().ok_or_else(malformed)?;
        let count = u64::try_from(count).map_err(|_| malformed())?;
        if buckets.insert(index, count).is_some() {
            return Err(malformed());
        }
    }
    if indexes.next().is_some() {
        return Err(malformed());
    }
    Ok(buckets)
}

/// The buckets that spans cover; `None` for one beyond all numbers.
fn indexes(spans: &[BucketSpan]) -> impl Iterator<Item = Option<i32>> {
    let mut next = 0_i64;
    spans.iter().flat_map(move |span| {
        let first = next.saturating_add(i64::from(span.offset));
        next = first.saturating_add(i64::from(span.length));
        (first..next).map(|index| i32::try_from(index).ok())
    })
}
