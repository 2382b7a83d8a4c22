//! The series that an endpoint was found to fail at; they travel alone until it takes them again.

use super::request::Part;

/// The most series that are remembered; those that were not met for longest make room.
const MOST: usize = 1_000;

/// A series that was not met in so many collections is forgotten.
const COLLECTIONS: u64 = 20;

/// Series by their encoded labels.
#[derive(Debug, Default)]
pub(super) struct KnownBad(Vec<BadSeries>);

#[derive(Debug)]
struct BadSeries {
    lane: usize,
    labels: Box<[u8]>,
    last_met: u64,
}

impl KnownBad {
    /// Remembers the series with `labels`, which was met in that collection.
    pub(super) fn add(&mut self, lane: usize, labels: Box<[u8]>, collection: u64) {
        if self.meet(lane, &labels, collection) {
            return;
        }
        if self.0.len() >= MOST {
            let longest = self.0.iter().enumerate().min_by_key(|(_, bad)| bad.last_met);
            if let Some(index) = longest.map(|(index, _)| index) {
                self.0.swap_remove(index);
            }
        }
        self.0.push(BadSeries {
            lane,
            labels,
            last_met: collection,
        });
    }

    /// The endpoint took the series.
    pub(super) fn remove(&mut self, lane: usize, labels: &[u8]) {
        self.0.retain(|bad| bad.lane != lane || *bad.labels != *labels);
    }

    /// Forgets what was not met for long.
    pub(super) fn forget_the_gone(&mut self, collection: u64) {
        self.0.retain(|bad| bad.last_met + COLLECTIONS >= collection);
    }

    /// Whether one of the series may be in `parts`, without looking into them.
    pub(super) fn may_be_in(&self, parts: &[Part]) -> bool {
        let mut lanes = parts.iter().map(|part| part.lane);
        !self.0.is_empty() && lanes.any(|lane| self.0.iter().any(|bad| bad.lane == lane))
    }

    /// Whether the series is one of them.
    pub(super) fn has(&self, lane: usize, labels: &[u8]) -> bool {
        self.0
            .iter()
            .any(|bad| bad.lane == lane && *bad.labels == *labels)
    }

    /// Notes that the series was met; `false` when it is none of them.
    pub(super) fn meet(&mut self, lane: usize, labels: &[u8], collection: u64) -> bool {
        let mut known = self.0.iter_mut();
        let bad = known.find(|bad| bad.lane == lane && *bad.labels == *labels);
        bad.map(|bad| bad.last_met = collection).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(number: usize) -> Box<[u8]> {
        number.to_be_bytes().into()
    }

    #[test]
    fn a_series_is_known_until_it_is_taken() {
        let mut bad = KnownBad::default();
        bad.add(3, labels(1), 1);
        assert!(bad.has(3, &labels(1)));
        assert!(!bad.has(4, &labels(1)) && !bad.has(3, &labels(2)));
        bad.remove(3, &labels(1));
        assert!(!bad.has(3, &labels(1)));
    }

    #[test]
    fn series_that_are_no_longer_met_are_forgotten() {
        let mut bad = KnownBad::default();
        bad.add(3, labels(1), 1);
        bad.add(3, labels(2), 1);
        bad.meet(3, &labels(2), 15);
        bad.forget_the_gone(22);
        assert!(!bad.has(3, &labels(1)) && bad.has(3, &labels(2)));
    }

    #[test]
    fn the_series_that_was_not_met_for_longest_makes_room() {
        let mut bad = KnownBad::default();
        (0..MOST).for_each(|number| bad.add(1, labels(number), 2));
        bad.meet(1, &labels(0), 3);
        (1..MOST).filter(|number| *number != 7).for_each(|number| {
            bad.meet(1, &labels(number), 3);
        });
        bad.add(1, labels(MOST), 4);
        assert!(!bad.has(1, &labels(7)) && bad.has(1, &labels(0)) && bad.has(1, &labels(MOST)));
        assert_eq!(bad.0.len(), MOST);
    }
}
