//! Durations counted in buckets whose bounds are powers of two, from 1 µs to 67 s.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The first bucket ends at 1 µs, each further one at twice that, and the last has no end.
const BUCKETS: usize = 28;

/// Counts durations from any thread.
#[derive(Debug, Default)]
pub struct DurationMeter {
    counts: [AtomicU64; BUCKETS],
    nanoseconds: AtomicU64,
}

/// What a [`DurationMeter`] has counted since it was made, or between two times.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Durations {
    counts: [u64; BUCKETS],
    nanoseconds: u64,
}

impl DurationMeter {
    /// Counts one duration.
    pub fn record(&self, duration: Duration) {
        if let Some(count) = self.counts.get(bucket_of(duration)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        self.nanoseconds
            .fetch_add(nanoseconds(duration), Ordering::Relaxed);
    }

    /// What was counted so far.
    #[must_use]
    pub fn read(&self) -> Durations {
        Durations {
            counts: self.counts.each_ref().map(|count| count.load(Ordering::Relaxed)),
            nanoseconds: self.nanoseconds.load(Ordering::Relaxed),
        }
    }
}

impl Durations {
    /// How many.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Their sum.
    #[must_use]
    pub fn total(&self) -> Duration {
        Duration::from_nanos(self.nanoseconds)
    }

    /// What was counted since `earlier`, a reading of the same meter.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let mut since = self.clone();
        for (count, earlier) in since.counts.iter_mut().zip(earlier.counts) {
            *count = count.saturating_sub(earlier);
        }
        since.nanoseconds = since.nanoseconds.saturating_sub(earlier.nanoseconds);
        since
    }

    /// Adds what another meter has counted.
    pub fn add(&mut self, other: &Self) {
        for (count, other) in self.counts.iter_mut().zip(other.counts) {
            *count += other;
        }
        self.nanoseconds = self.nanoseconds.saturating_add(other.nanoseconds);
    }

    /// The duration that `percent` of all (0 to 100) do not exceed, exact to the width of its bucket.
    ///
    /// `None` when nothing was counted; a duration beyond the last bound is given as that bound, 67 s.
    #[must_use]
    pub fn percentile(&self, percent: u64) -> Option<Duration> {
        let rank = self.count().saturating_mul(percent.min(100)).div_ceil(100).max(1);
        let mut before = 0;
        for (bucket, count) in self.counts.iter().enumerate() {
            if before + count >= rank {
                return Some(within(bucket, rank - before, *count));
            }
            before += count;
        }
        None
    }

    /// Each bucket's upper bound in seconds, none for the last, with its own count.
    pub fn buckets(&self) -> impl Iterator<Item = (Option<f64>, u64)> + '_ {
        let bound = |bucket| (bucket < BUCKETS - 1).then(|| Duration::from_nanos(upper_nanoseconds(bucket)));
        self.counts
            .iter()
            .enumerate()
            .map(move |(bucket, count)| (bound(bucket).map(|bound| bound.as_secs_f64()), *count))
    }
}

/// The bucket of `duration`: the first whose bound it does not exceed.
fn bucket_of(duration: Duration) -> usize {
    let microseconds = nanoseconds(duration).div_ceil(1_000);
    let bucket = u64::BITS - microseconds.saturating_sub(1).leading_zeros();
    usize::try_from(bucket).unwrap_or(BUCKETS).min(BUCKETS - 1)
}

/// The duration at `position` of `count` that are spread evenly over `bucket`.
fn within(bucket: usize, position: u64, count: u64) -> Duration {
    let lower = bucket.checked_sub(1).map_or(0, upper_nanoseconds);
    if bucket >= BUCKETS - 1 {
        return Duration::from_nanos(lower);
    }
    let width = u128::from(upper_nanoseconds(bucket) - lower);
    let above = width * u128::from(position) / u128::from(count.max(1));
    Duration::from_nanos(lower + u64::try_from(above).unwrap_or(0))
}

fn upper_nanoseconds(bucket: usize) -> u64 {
    1_000 << bucket.min(BUCKETS)
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn measured(durations: &[Duration]) -> Durations {
        let meter = DurationMeter::default();
        durations.iter().for_each(|duration| meter.record(*duration));
        meter.read()
    }

    #[test]
    fn a_duration_is_in_the_first_bucket_that_holds_it() {
        for (nanoseconds, bucket) in [
            (0, 0),
            (1_000, 0),
            (1_001, 1),
            (2_000, 1),
            (2_001, 2),
            (4_000, 2),
            (67_108_864_000, 26),
            (67_108_864_001, 27),
            (u64::MAX, 27),
        ] {
            assert_eq!(
                bucket_of(Duration::from_nanos(nanoseconds)),
                bucket,
                "{nanoseconds}"
            );
        }
    }

    #[test]
    fn nothing_has_no_percentile_and_the_last_bucket_gives_its_bound() {
        assert_eq!(measured(&[]).percentile(50), None);
        let long = measured(&[Duration::from_secs(1_000)]);
        assert_eq!(long.percentile(99), Some(Duration::from_micros(1 << 26)));
    }

    #[test]
    fn a_difference_holds_what_came_in_between() {
        let meter = DurationMeter::default();
        meter.record(Duration::from_millis(1));
        let earlier = meter.read();
        meter.record(Duration::from_secs(1));
        let since = meter.read().since(&earlier);
        assert_eq!((since.count(), since.total()), (1, Duration::from_secs(1)));
        assert!(since.percentile(50) > Some(Duration::from_millis(500)));
    }

    proptest! {
        #[test]
        fn percentiles_are_those_of_sorted_values_within_a_buckets_width(
            microseconds in proptest::collection::vec(prop_oneof![0_u64..100, 0_u64..10_000_000, 0..60_000_000_u64], 1..200),
            percent in 0_u64..=100,
        ) {
            let mut sorted: Vec<_> = microseconds.iter().map(|each| Duration::from_micros(*each)).collect();
            let estimated = measured(&sorted).percentile(percent).unwrap();
            sorted.sort();
            let rank = (sorted.len() as u64 * percent).div_ceil(100).max(1);
            let exact = sorted[usize::try_from(rank).unwrap() - 1];
            let bucket = bucket_of(exact);
            let lower = bucket.checked_sub(1).map_or(0, upper_nanoseconds);
            prop_assert!(estimated <= Duration::from_nanos(upper_nanoseconds(bucket)), "{estimated:?} {exact:?}");
            prop_assert!(estimated > Duration::from_nanos(lower), "{estimated:?} {exact:?}");
        }

        #[test]
        fn counts_and_sums_add_up(
            first in proptest::collection::vec(0_u64..u64::from(u32::MAX), 0..50),
            second in proptest::collection::vec(0_u64..u64::from(u32::MAX), 0..50),
        ) {
            let durations = |each: &[u64]| each.iter().map(|each| Duration::from_micros(*each)).collect::<Vec<_>>();
            let (first, second) = (durations(&first), durations(&second));
            let mut added = measured(&first);
            added.add(&measured(&second));
            let together = measured(&[first, second.clone()].concat());
            prop_assert_eq!(&added, &together);
            prop_assert_eq!(added.since(&measured(&second)).count() + second.len() as u64, together.count());
        }
    }
}
