//! Tombstones: when removed series were last sent, so that none that is born again begins before that.

mod durable;
mod shards;

use std::sync::Arc;

use self::shards::Shards;
use super::family_id::FamilyId;

/// Removed series that could still be seeded before their end: a minute's worth of them.
///
/// A copy shares them until either changes.
#[derive(Clone, Debug, Default)]
pub struct Tombstones {
    stones: Shards,
    /// No series is seeded before this: what was sent before is not known here.
    seeds_from: Option<i64>,
}

#[derive(Clone, Debug)]
struct Tombstone {
    labels: Arc<[u8]>,
    family: FamilyId,
    last_sent: i64,
}

/// When series that are first collected now usually begin: one second before the minute (SPEC §7).
fn usual_seed(now_unix_milliseconds: i64) -> i64 {
    now_unix_milliseconds.div_euclid(60_000) * 60_000 - 1_000
}

impl Tombstones {
    /// Seeds no series before this time, in milliseconds since the Unix epoch: an earlier process, or what this one has
    /// forgotten, may have sent the same series until then, and a 0 among its samples would count all of them again.
    pub fn set_seeds_from(&mut self, unix_milliseconds: i64) {
        self.seeds_from = Some(unix_milliseconds);
    }

    /// Notes that a series was removed and last sent at `last_sent`, in milliseconds since the Unix epoch.
    pub fn insert(&mut self, labels: &Arc<[u8]>, family: FamilyId, last_sent: i64) {
        self.stones.insert(Tombstone {
            labels: Arc::clone(labels),
            family,
            last_sent,
        });
    }

    /// When a series that is first collected now gets its 0, in milliseconds since the Unix epoch:
    /// as usual, but not before [`Self::set_seeds_from`], and after it was last sent; `None` when there is no time between
    /// that and now.
    pub fn seed_time(&self, labels: &[u8], family: FamilyId, now_unix_milliseconds: i64) -> Option<i64> {
        let after_last_sent = self.last_sent(labels, family).map(|last_sent| last_sent + 1);
        let earliest = self.seeds_from.max(after_last_sent);
        let usual = usual_seed(now_unix_milliseconds);
        let seed = earliest.map_or(usual, |earliest| earliest.max(usual));
        (seed < now_unix_milliseconds).then_some(seed)
    }

    /// Forgets the series of one part, of those numbered from 0, that no seed can come before any more; tells how many the part
    /// had, none when there is no such part: then all were looked at.
    pub fn expire_part(&mut self, part: usize, now_unix_milliseconds: i64) -> Option<usize> {
        let usual = usual_seed(now_unix_milliseconds);
        let had = self.stones.retain_in(part, |stone| stone.last_sent >= usual);
        if had.is_none() {
            self.stones.shrink();
        }
        had
    }

    /// Gives each family the number that `numbers` has for it; forgets the series of those without one.
    pub fn renumber(&mut self, numbers: &[Option<FamilyId>]) {
        for stone in self.stones.drain() {
            if let Some(Some(family)) = numbers.get(stone.family.index()) {
                self.insert(&stone.labels, *family, stone.last_sent);
            }
        }
    }

    /// The bytes that are allocated, labels included.
    pub fn memory_bytes(&self) -> usize {
        self.stones.memory_bytes() + self.stones.iter().map(|stone| stone.labels.len()).sum::<usize>()
    }

    fn last_sent(&self, labels: &[u8], family: FamilyId) -> Option<i64> {
        self.stones.find(labels, family).map(|stone| stone.last_sent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 28_333_333 * 60_000;

    fn expire(tombstones: &mut Tombstones, now: i64) {
        let mut parts = 0..;
        while parts
            .next()
            .is_some_and(|part| tombstones.expire_part(part, now).is_some())
        {}
    }

    fn buried_at(last_sent: i64) -> Tombstones {
        let mut tombstones = Tombstones::default();
        tombstones.insert(&Arc::from(*b"labels"), FamilyId(1), last_sent);
        tombstones
    }

    #[test]
    fn a_series_that_never_was_begins_one_second_before_the_minute() {
        let tombstones = buried_at(MINUTE + 10_000);
        assert_eq!(
            tombstones.seed_time(b"others", FamilyId(1), MINUTE + 15_000),
            Some(MINUTE - 1_000)
        );
        assert_eq!(
            tombstones.seed_time(b"labels", FamilyId(0), MINUTE),
            Some(MINUTE - 1_000)
        );
        assert_eq!(
            tombstones.seed_time(b"others", FamilyId(1), MINUTE - 1),
            Some(MINUTE - 61_000)
        );
    }

    #[test]
    fn a_series_that_is_born_again_begins_after_it_was_last_sent() {
        let seed = |last_sent, now| buried_at(last_sent).seed_time(b"labels", FamilyId(1), now);
        assert_eq!(seed(MINUTE + 10_000, MINUTE + 25_000), Some(MINUTE + 10_001));
        assert_eq!(seed(MINUTE - 1_000, MINUTE + 5_000), Some(MINUTE - 999));
        assert_eq!(seed(MINUTE - 1_001, MINUTE + 5_000), Some(MINUTE - 1_000));
        assert_eq!(seed(MINUTE + 10_000, MINUTE + 10_001), None);
    }

    #[test]
    fn no_series_begins_before_what_is_known_here() {
        let seed = |last_sent, from, now| {
            let mut tombstones = buried_at(last_sent);
            tombstones.set_seeds_from(from);
            tombstones.seed_time(b"labels", FamilyId(1), now)
        };
        let (long_ago, started) = (MINUTE - 600_000, MINUTE + 5_000);
        assert_eq!(seed(long_ago, started, MINUTE + 15_000), Some(started));
        assert_eq!(seed(long_ago, started, MINUTE + 59_999), Some(started));
        assert_eq!(seed(long_ago, started, MINUTE + 60_000), Some(MINUTE + 59_000));
        assert_eq!(
            seed(long_ago, MINUTE + 59_300, MINUTE + 60_000),
            Some(MINUTE + 59_300)
        );
        assert_eq!(
            seed(MINUTE + 9_000, started, MINUTE + 15_000),
            Some(MINUTE + 9_001)
        );
        assert_eq!(seed(long_ago, started, started), None, "there is no time between");
        assert_eq!(
            seed(long_ago, started, started - 3_600_000),
            None,
            "the clock was set back"
        );
    }

    #[test]
    fn tombstones_go_when_no_seed_can_come_before_them() {
        let mut tombstones = buried_at(MINUTE + 10_000);
        expire(&mut tombstones, MINUTE + 59_999);
        assert_eq!(
            tombstones.seed_time(b"labels", FamilyId(1), MINUTE + 59_999),
            Some(MINUTE + 10_001)
        );
        expire(&mut tombstones, MINUTE + 60_000);
        assert_eq!(tombstones.stones.len(), 0);
    }

    #[test]
    fn memory_is_given_back() {
        let mut tombstones = Tombstones::default();
        for number in 0..1000u32 {
            tombstones.insert(&Arc::from(number.to_le_bytes()), FamilyId(0), MINUTE);
        }
        assert!(tombstones.memory_bytes() > 30_000);
        expire(&mut tombstones, MINUTE + 120_000);
        assert_eq!(tombstones.memory_bytes(), Tombstones::default().memory_bytes());
    }
}
