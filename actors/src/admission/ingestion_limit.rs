//! How many bytes a tenant may send now: a token bucket that is filled as time goes by.
//!
//! It counts in billionths of a byte, in whole numbers: no rate is rounded, and the time that it tells is exact.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use spangraph_config::IngestionLimit;

use super::refusal::Refusal;
use crate::time::{PipelineTime, Stamp};

const NANOSECONDS: u128 = 1_000_000_000;

/// The bytes that one tenant may still send.
#[derive(Clone, Debug, Default)]
pub struct IngestionBucket {
    /// Until bytes are taken it is full, whatever the limit.
    filled: Option<Filled>,
}

#[derive(Clone, Copy, Debug)]
struct Filled {
    /// In billionths of a byte.
    level: u128,
    /// As if the clock had never been shifted, so that stamps of any era go side by side.
    at: PipelineTime,
}

/// Why bytes cannot be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shortage {
    /// They can be after this time, when nothing else is taken until then.
    Now(Duration),
    /// They are more than the bucket holds when it is full.
    Ever,
}

/// The bucket of a tenant; clones share it, whichever settings they stand beside.
#[derive(Clone, Debug, Default)]
pub struct IngestionGauge(Arc<Mutex<IngestionBucket>>);

impl IngestionGauge {
    /// Acts on the bucket, which nobody else does meanwhile.
    pub fn with<T>(&self, act: impl FnOnce(&mut IngestionBucket) -> T) -> T {
        // A bucket is whole after every step, so nothing is amiss after a panic elsewhere.
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Shortage {
    /// How refusals for now are counted.
    pub(crate) const RATE_LIMITED: &str = "rate_limited";
    /// How refusals for good are counted.
    pub(crate) const LARGER_THAN_BURST: &str = "larger_than_burst";

    /// How refusals for it are counted.
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::Now(_) => Self::RATE_LIMITED,
            Self::Ever => Self::LARGER_THAN_BURST,
        }
    }

    /// The refusal of a request of `bytes` bytes under `limit`.
    #[must_use]
    pub fn refusal(self, bytes: usize, limit: IngestionLimit) -> Refusal {
        match self {
            Self::Now(retry_after) => Refusal::RateLimited {
                bytes_per_second: limit.bytes_per_second,
                retry_after,
            },
            Self::Ever => Refusal::LargerThanBurst {
                bytes,
                burst_bytes: limit.burst_bytes,
            },
        }
    }
}

impl IngestionBucket {
    /// Takes `bytes` at `now`, all or none; the limit may differ from call to call.
    ///
    /// # Errors
    /// [`Shortage`] when they are not there.
    pub fn take(&mut self, bytes: usize, limit: IngestionLimit, now: Stamp) -> Result<(), Shortage> {
        self.take_some(bytes, bytes, limit, now)
    }

    /// Takes `some` of `bytes` at `now`, when all of them are there.
    ///
    /// # Errors
    /// [`Shortage`] when they are not; nothing is taken then.
    pub fn take_some(
        &mut self,
        some: usize,
        bytes: usize,
        limit: IngestionLimit,
        now: Stamp,
    ) -> Result<(), Shortage> {
        let wanted = scaled(bytes);
        if wanted > capacity(limit) {
            return Err(Shortage::Ever);
        }
        let level = self.fill(limit, now);
        if wanted > level {
            return Err(Shortage::Now(time_for(wanted - level, limit)));
        }
        self.set(level - scaled(some).min(wanted), now);
        Ok(())
    }

    /// Puts back `bytes` that were taken and not used; what does not fit in is lost.
    pub fn put_back(&mut self, bytes: usize, limit: IngestionLimit) {
        if let Some(filled) = &mut self.filled {
            let level = filled.level.saturating_add(scaled(bytes));
            filled.level = level.min(capacity(limit));
        }
    }

    /// The level at `now`. A clock that goes back fills nothing.
    fn fill(&mut self, limit: IngestionLimit, now: Stamp) -> u128 {
        let capacity = capacity(limit);
        let level = self.filled.map_or(capacity, |filled| {
            let elapsed = now.unshifted().since(filled.at).as_nanos();
            let more = elapsed.saturating_mul(u128::from(limit.bytes_per_second));
            filled.level.saturating_add(more).min(capacity)
        });
        self.set(level, now);
        level
    }

    fn set(&mut self, level: u128, now: Stamp) {
        let now = now.unshifted();
        let at = self.filled.map_or(now, |filled| filled.at.max(now));
        self.filled = Some(Filled { level, at });
    }
}

fn scaled(bytes: usize) -> u128 {
    u128::try_from(bytes)
        .unwrap_or(u128::MAX)
        .saturating_mul(NANOSECONDS)
}

fn capacity(limit: IngestionLimit) -> u128 {
    u128::from(limit.burst_bytes).saturating_mul(NANOSECONDS)
}

/// How long it takes until `missing` is there, rounded up.
fn time_for(missing: u128, limit: IngestionLimit) -> Duration {
    let nanoseconds = missing.div_ceil(u128::from(limit.bytes_per_second.max(1)));
    Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const START: PipelineTime = PipelineTime::from_unix_milliseconds(1_700_000_000_000);

    fn limit(bytes_per_second: u64, burst_bytes: u64) -> IngestionLimit {
        IngestionLimit {
            bytes_per_second,
            burst_bytes,
        }
    }

    fn seconds(count: f64) -> Duration {
        Duration::from_secs_f64(count)
    }

    #[test]
    fn a_new_bucket_is_full_and_tells_when_more_is_there() {
        let (mut bucket, start, limit) = (IngestionBucket::default(), START, limit(10, 40));
        assert_eq!(bucket.take(40, limit, start.into()), Ok(()));
        assert_eq!(
            bucket.take(15, limit, start.into()),
            Err(Shortage::Now(seconds(1.5)))
        );
        let later = start + seconds(1.0);
        assert_eq!(
            bucket.take(15, limit, later.into()),
            Err(Shortage::Now(seconds(0.5)))
        );
        assert_eq!(bucket.take(10, limit, later.into()), Ok(()));
        let much_later = start + seconds(1_000.0);
        assert_eq!(bucket.take(40, limit, much_later.into()), Ok(()));
        assert_eq!(
            bucket.take(1, limit, much_later.into()),
            Err(Shortage::Now(seconds(0.1)))
        );
    }

    #[test]
    fn what_is_larger_than_the_bucket_never_fits() {
        let (mut bucket, now) = (IngestionBucket::default(), START);
        assert_eq!(bucket.take(41, limit(10, 40), now.into()), Err(Shortage::Ever));
        assert_eq!(bucket.take(40, limit(10, 40), now.into()), Ok(()));
        let most = limit(u64::MAX, u64::MAX);
        assert_eq!(bucket.take(usize::MAX, most, (now + seconds(9e9)).into()), Ok(()));
    }

    #[test]
    fn a_limit_that_changes_holds_from_then_on() {
        let (mut bucket, start) = (IngestionBucket::default(), START);
        assert_eq!(bucket.take(0, limit(1, 100), start.into()), Ok(()));
        assert_eq!(bucket.take(6, limit(1, 10), start.into()), Ok(()));
        assert_eq!(
            bucket.take(6, limit(2, 10), start.into()),
            Err(Shortage::Now(seconds(1.0)))
        );
        assert_eq!(
            bucket.take(6, limit(2, 10), (start + seconds(1.0)).into()),
            Ok(())
        );
    }

    #[test]
    fn some_are_taken_when_all_are_there() {
        let (mut bucket, now, limit) = (IngestionBucket::default(), START, limit(1, 10));
        assert_eq!(bucket.take_some(2, 11, limit, now.into()), Err(Shortage::Ever));
        assert_eq!(bucket.take_some(2, 10, limit, now.into()), Ok(()));
        assert_eq!(
            bucket.take_some(2, 9, limit, now.into()),
            Err(Shortage::Now(seconds(1.0)))
        );
        assert_eq!(bucket.take(8, limit, now.into()), Ok(()));
        assert_eq!(
            bucket.take(1, limit, now.into()),
            Err(Shortage::Now(seconds(1.0)))
        );
    }

    #[test]
    fn bytes_that_were_not_used_are_put_back() {
        let (mut bucket, now, limit) = (IngestionBucket::default(), START, limit(1, 10));
        bucket.put_back(5, limit);
        assert_eq!(bucket.take(10, limit, now.into()), Ok(()));
        bucket.put_back(4, limit);
        assert_eq!(bucket.take(4, limit, now.into()), Ok(()));
        bucket.put_back(1_000, limit);
        assert_eq!(bucket.take(10, limit, now.into()), Ok(()));
        assert!(bucket.take(1, limit, now.into()).is_err());
    }

    proptest! {
        /// Within any span of time no more is taken than a burst and what came in meanwhile; and what is refused is
        /// refused because it would be more than that in one of them.
        #[test]
        fn no_window_has_more_than_the_burst_and_what_came_in(
            (rate, burst) in (1_u64..3_000_000, 1_u64..5_000),
            steps in prop::collection::vec((0_u64..4, 0_usize..6_000), 1..40),
        ) {
            let (limit, start) = (limit(rate, burst), START);
            let (mut bucket, mut at) = (IngestionBucket::default(), 0_u64);
            let mut taken: Vec<(u64, u128)> = Vec::new();
            for (pause, bytes) in steps {
                at += pause * 1_000_000;
                // In billionths, as the model is to be exact.
                let wanted = bytes as u128 * NANOSECONDS;
                let windows = |now: u64| {
                    let capacity = u128::from(burst) * NANOSECONDS;
                    let mut room = capacity;
                    let mut sum = 0;
                    for (time, amount) in taken.iter().rev() {
                        sum += amount;
                        let allowed = capacity + u128::from(now - time) * u128::from(rate);
                        room = room.min(allowed.saturating_sub(sum));
                    }
                    room
                };
                let answer = bucket.take(bytes, limit, (start + Duration::from_nanos(at)).into());
                match answer {
                    Ok(()) => {
                        prop_assert!(wanted <= windows(at));
                        taken.push((at, wanted));
                    }
                    Err(Shortage::Ever) => prop_assert!(bytes as u64 > burst),
                    Err(Shortage::Now(wait)) => {
                        let wait = u64::try_from(wait.as_nanos()).unwrap();
                        prop_assert!(wait > 0 && bytes as u64 <= burst);
                        prop_assert!(wanted > windows(at + wait - 1));
                        prop_assert!(wanted <= windows(at + wait));
                    }
                }
            }
        }
    }
}
