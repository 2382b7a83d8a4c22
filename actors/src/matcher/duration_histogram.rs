//! Counts durations by powers of two of a millisecond.

use std::time::Duration;

/// How many bounds there are; the last is over an hour.
const BOUNDS: usize = 23;

/// How many durations were at most 1 ms, 2 ms, 4 ms and so on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DurationHistogram {
    counts: [u64; BOUNDS + 1],
}

/// How many durations lie between the bound before and this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DurationBucket {
    /// The longest duration that is counted here; `None` for those beyond the last bound.
    pub at_most: Option<Duration>,
    /// How many there were.
    pub count: u64,
}

impl DurationHistogram {
    /// Counts one duration.
    pub fn observe(&mut self, duration: Duration) {
        let started = u64::from(duration.subsec_nanos().div_ceil(1_000_000));
        self.observe_milliseconds(duration.as_secs().saturating_mul(1_000).saturating_add(started));
    }

    /// Counts one duration of which only whole milliseconds are known.
    #[inline]
    pub fn observe_milliseconds(&mut self, milliseconds: u64) {
        let power = u64::BITS - milliseconds.saturating_sub(1).leading_zeros();
        if let Some(count) = self.counts.get_mut((power as usize).min(BOUNDS)) {
            *count += 1;
        }
    }

    /// How many durations were counted.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Adds what `other` counted.
    pub fn add(&mut self, other: &Self) {
        for (count, more) in self.counts.iter_mut().zip(other.counts) {
            *count += more;
        }
    }

    /// What was counted since `earlier`, a copy of this one.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let mut since = self.clone();
        for (count, before) in since.counts.iter_mut().zip(earlier.counts) {
            *count = count.saturating_sub(before);
        }
        since
    }

    /// The buckets in ascending order, up to the first bound that is not below `longest` and whatever lies beyond it.
    #[must_use]
    pub fn buckets(&self, longest: Duration) -> Vec<DurationBucket> {
        let shown = (0..BOUNDS).take_while(|power| *power == 0 || bound(*power - 1) < longest);
        let last = shown.last().unwrap_or_default();
        let (within, beyond) = self.counts.split_at_checked(last + 1).unwrap_or_default();
        let bounded = within.iter().enumerate().map(|(power, count)| DurationBucket {
            at_most: Some(bound(power)),
            count: *count,
        });
        let rest = DurationBucket {
            at_most: None,
            count: beyond.iter().sum(),
        };
        bounded.chain([rest]).collect()
    }

    /// The bound that a share `quantile` (0 to 1) of the durations does not pass; `None` when there are none, or
    /// when it lies beyond the last bound.
    #[must_use]
    pub fn quantile_at_most(&self, quantile: f64) -> Option<Duration> {
        #[expect(clippy::cast_precision_loss, reason = "a quantile needs no more than 53 bits")]
        let wanted = quantile * self.count() as f64;
        let mut seen = 0_u64;
        let reached = |count: &u64| {
            seen += count;
            #[expect(clippy::cast_precision_loss, reason = "a quantile needs no more than 53 bits")]
            let seen = seen as f64;
            seen > 0.0 && seen >= wanted
        };
        let power = self.counts.iter().position(reached)?;
        (power < BOUNDS).then(|| bound(power))
    }
}

fn bound(power: usize) -> Duration {
    Duration::from_millis(1 << power)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(milliseconds: &[u64]) -> DurationHistogram {
        let mut histogram = DurationHistogram::default();
        for each in milliseconds {
            histogram.observe(Duration::from_millis(*each));
        }
        histogram
    }

    #[test]
    fn buckets_end_with_the_first_bound_that_is_not_below_the_longest() {
        let counts = |longest| {
            let buckets = of(&[0, 1, 2, 3, 4, 5, 9]).buckets(Duration::from_millis(longest));
            buckets
                .iter()
                .map(|bucket| (bucket.at_most.map(|most| most.as_millis()), bucket.count))
                .collect::<Vec<_>>()
        };
        assert_eq!(counts(4), [(Some(1), 2), (Some(2), 1), (Some(4), 2), (None, 2)]);
        assert_eq!(counts(0), [(Some(1), 2), (None, 5)]);
        assert_eq!(counts(10_000).len(), 16);
    }

    #[test]
    fn a_quantile_is_a_bound_that_holds() {
        let histogram = of(&[1, 1, 3, 900]);
        let quantiles = [0.0, 0.5, 0.75, 1.0].map(|share| histogram.quantile_at_most(share));
        assert_eq!(
            quantiles,
            [1, 1, 4, 1_024].map(|bound| Some(Duration::from_millis(bound)))
        );
        assert_eq!(of(&[]).quantile_at_most(0.5), None);
        assert_eq!(of(&[u64::MAX / 2_000]).quantile_at_most(0.5), None);
    }

    proptest! {
        #[test]
        fn every_duration_lies_within_its_bucket(nanoseconds in any::<u64>()) {
            let duration = Duration::from_nanos(nanoseconds);
            let mut histogram = DurationHistogram::default();
            histogram.observe(duration);
            let found = histogram.buckets(Duration::MAX);
            let bucket = found.iter().position(|bucket| bucket.count == 1).unwrap();
            prop_assert!(found[bucket].at_most.is_none_or(|most| duration <= most));
            prop_assert!(bucket == 0 || found[bucket - 1].at_most.is_some_and(|most| duration > most));
        }

        #[test]
        fn what_came_since_and_what_was_before_make_the_whole(before in prop::collection::vec(0..9_000_u64, 0..20), after in prop::collection::vec(0..9_000_u64, 0..20)) {
            let earlier = of(&before);
            let whole = of(&[before, after.clone()].concat());
            prop_assert_eq!(whole.since(&earlier), of(&after));
            let mut sum = earlier;
            sum.add(&of(&after));
            prop_assert_eq!(sum, whole);
        }
    }
}
