//! One native histogram: exponential buckets, of which only those that hold something are kept.

mod durable;
mod resolution;

pub use self::resolution::Resolution;
use self::resolution::{COARSEST_SCHEMA, widen};
use crate::time::TimeShift;

/// Values up to this are in the zero bucket: 2⁻¹²⁸, as in Prometheus' client libraries.
pub const ZERO_THRESHOLD: f64 = f64::from_bits((1023 - 128) << 52);

/// How large a native histogram may grow (SPEC §7).
#[derive(Clone, Copy, Debug)]
pub struct NativeBounds {
    /// The most buckets besides the zero bucket; 0 means no limit.
    pub max_buckets: usize,
    /// One with too many buckets begins anew when it is at least this old, else it gets wider buckets;
    /// 0 means that none begins anew.
    pub min_reset_milliseconds: i64,
}

/// Counts of observations that are 0 or more, by exponential buckets.
///
/// Memory: 12 bytes a bucket that holds something.
#[derive(Clone, Debug, PartialEq)]
pub struct NativeHistogram {
    schema: i8,
    count: u64,
    zero_count: u64,
    sum: f64,
    /// When it began, in milliseconds since the Unix epoch.
    begun: i64,
    /// Ascending.
    indexes: Vec<i32>,
    /// One an index, at least 1.
    counts: Vec<u64>,
}

impl NativeHistogram {
    /// No observations yet.
    pub fn new(resolution: &Resolution, now_unix_milliseconds: i64) -> Self {
        Self {
            schema: resolution.schema(),
            count: 0,
            zero_count: 0,
            sum: 0.0,
            begun: now_unix_milliseconds,
            indexes: Vec::new(),
            counts: Vec::new(),
        }
    }

    /// Adds `seconds` `times` times; negative numbers count as the zero bucket's.
    pub fn observe(&mut self, resolution: &Resolution, seconds: f64, times: u64) {
        if times == 0 {
            return;
        }
        self.count = self.count.saturating_add(times);
        self.sum += seconds * float(times);
        if seconds > ZERO_THRESHOLD {
            let halvings = (resolution.schema() - self.schema).unsigned_abs();
            self.add(widen(resolution.bucket(seconds), halvings), times);
        } else {
            self.zero_count = self.zero_count.saturating_add(times);
        }
    }

    /// Makes an overfull histogram fit: tells whether it must begin anew, else has halved the resolution.
    pub fn limit(&mut self, bounds: NativeBounds, now_unix_milliseconds: i64) -> bool {
        let is_over = |histogram: &Self| histogram.indexes.len() > bounds.max_buckets;
        if bounds.max_buckets == 0 || !is_over(self) {
            return false;
        }
        let age = now_unix_milliseconds.saturating_sub(self.begun);
        if bounds.min_reset_milliseconds > 0 && age >= bounds.min_reset_milliseconds {
            return true;
        }
        while is_over(self) && self.schema > COARSEST_SCHEMA {
            self.halve();
        }
        false
    }

    /// Moves the time at which it began.
    pub fn shift(&mut self, by: TimeShift) {
        by.apply(&mut self.begun);
    }

    /// The resolution: buckets grow by the factor 2^(2^-schema).
    pub fn schema(&self) -> i8 {
        self.schema
    }

    /// How many observations there were.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// How many of them are in the zero bucket.
    pub fn zero_count(&self) -> u64 {
        self.zero_count
    }

    /// Their sum.
    pub fn sum(&self) -> f64 {
        self.sum
    }

    /// The buckets that hold something, ascending, and what each holds.
    pub fn buckets(&self) -> impl Iterator<Item = (i32, u64)> + Clone {
        self.indexes.iter().copied().zip(self.counts.iter().copied())
    }

    /// The bytes that are allocated besides the histogram itself.
    pub fn memory_bytes(&self) -> usize {
        self.indexes.capacity() * size_of::<i32>() + self.counts.capacity() * size_of::<u64>()
    }

    fn add(&mut self, index: i32, times: u64) {
        match self.indexes.binary_search(&index) {
            Ok(place) => {
                if let Some(count) = self.counts.get_mut(place) {
                    *count = count.saturating_add(times);
                }
            }
            Err(place) => {
                // Most histograms soon have all their buckets: doubling would waste half of them.
                if self.indexes.len() == self.indexes.capacity() {
                    self.indexes.reserve_exact(4);
                    self.counts.reserve_exact(4);
                }
                self.indexes.insert(place, index);
                self.counts.insert(place, times);
            }
        }
    }

    /// Merges each two neighbours into a bucket of the next coarser resolution.
    fn halve(&mut self) {
        let finer: Vec<_> = self.buckets().collect();
        self.indexes.clear();
        self.counts.clear();
        for (index, count) in finer {
            self.add(widen(index, 1), count);
        }
        self.schema -= 1;
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a sum of floats is not exact beyond 2^53 either"
)]
fn float(times: u64) -> f64 {
    times as f64
}

#[cfg(test)]
mod tests;
