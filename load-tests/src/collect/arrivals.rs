//! What arrived of each series and of each collection: whether it is complete and in order.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher as _, RandomState};
use std::time::Instant;

use spangraph_test_support::remote_write::{Sample, TimeSeries, WriteRequest};

use crate::sink::Body;

/// New series begin with a 0 at one second before the minute, or when the server began if that was later: these are not of a
/// collection.
const MINUTE_MILLISECONDS: i64 = 60_000;
const SEED_MILLISECONDS: i64 = 59_000;

/// Everything that was written.
#[derive(Debug, Default)]
pub(super) struct Arrivals {
    /// Found by the hash of their labels: of a million series two share one in fewer than one run of ten million.
    series: HashMap<u64, SeriesArrivals>,
    hasher: RandomState,
    collections: BTreeMap<i64, Collection>,
    /// The time of the 0 that came first, which is a seed: every series begins with one but those that are never 0.
    first: Option<i64>,
    samples: u64,
    out_of_order: u64,
}

#[derive(Clone, Copy, Debug)]
struct SeriesArrivals {
    first_collected: Option<i64>,
    last: i64,
    collected: u64,
}

/// One collection, known by the time of its samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Collection {
    /// The time of its samples in milliseconds since the Unix epoch: when the server was told to collect.
    pub(super) unix_milliseconds: i64,
    /// How many samples it has.
    pub(super) samples: u64,
    /// When the last of them arrived.
    pub(super) arrived: Instant,
}

impl Arrivals {
    /// Reads one request; later ones come later.
    ///
    /// # Errors
    /// When it is none.
    pub(super) fn read(&mut self, body: &Body) -> anyhow::Result<()> {
        for series in WriteRequest::from_body(&body.bytes)?.timeseries {
            self.note(&series, body.arrived);
        }
        Ok(())
    }

    /// Samples of all kinds so far.
    pub(super) fn samples(&self) -> u64 {
        self.samples
    }

    /// Distinct series.
    pub(super) fn series(&self) -> usize {
        self.series.len()
    }

    /// Samples that are not later than the one of their series before them.
    pub(super) fn out_of_order(&self) -> u64 {
        self.out_of_order
    }

    /// The collections in their order, but for the last one, which may have been under way at the end.
    pub(super) fn complete_collections(&self) -> Vec<Collection> {
        let mut collections: Vec<_> = self.collections.values().copied().collect();
        collections.pop();
        collections
    }

    /// Samples that are missing: a series that was collected once is collected each time.
    pub(super) fn missing(&self) -> u64 {
        let Some(last) = self.collections.keys().next_back() else {
            return 0;
        };
        let missing = |series: &SeriesArrivals| {
            let first = series.first_collected?;
            let due = self.collections.range(first..*last).count() as u64;
            // One that came with the last collection too has one more.
            let came = series.collected - u64::from(series.last == *last);
            Some(due.saturating_sub(came))
        };
        self.series.values().filter_map(missing).sum()
    }

    fn note(&mut self, series: &TimeSeries, arrived: Instant) {
        let labels = series.labels.iter().map(|label| (&label.name, &label.value));
        let hash = self.hasher.hash_one(labels.collect::<Vec<_>>());
        for sample in &series.samples {
            self.samples += 1;
            let collected = (!self.is_seed(sample)).then_some(sample.timestamp);
            self.note_series(hash, sample.timestamp, collected);
            if let Some(unix_milliseconds) = collected {
                self.note_collection(unix_milliseconds, arrived);
            }
        }
    }

    fn is_seed(&mut self, sample: &Sample) -> bool {
        if sample.value != 0.0 {
            return false;
        }
        let first = *self.first.get_or_insert(sample.timestamp);
        let is_before_minute = sample.timestamp.rem_euclid(MINUTE_MILLISECONDS) == SEED_MILLISECONDS;
        is_before_minute || sample.timestamp == first
    }

    fn note_series(&mut self, hash: u64, time: i64, collected: Option<i64>) {
        let series = self.series.entry(hash).or_insert(SeriesArrivals {
            first_collected: None,
            last: i64::MIN,
            collected: 0,
        });
        self.out_of_order += u64::from(time <= series.last);
        series.last = time;
        series.first_collected = series.first_collected.or(collected);
        series.collected += u64::from(collected.is_some());
    }

    fn note_collection(&mut self, unix_milliseconds: i64, arrived: Instant) {
        let collection = self.collections.entry(unix_milliseconds).or_insert(Collection {
            unix_milliseconds,
            samples: 0,
            arrived,
        });
        collection.samples += 1;
        collection.arrived = arrived;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sample of each series; seeds, whose names end with a dot, have the value 0.
    fn body(samples: &[(&str, i64)]) -> Body {
        let timeseries = samples.iter().map(|(name, timestamp)| {
            let labels = [("__name__", name.trim_end_matches('.'))];
            let value = if name.ends_with('.') { 0.0 } else { 1.0 };
            TimeSeries::with_sample(&labels, value, *timestamp)
        });
        let request = WriteRequest {
            timeseries: timeseries.collect(),
            ..WriteRequest::default()
        };
        Body {
            arrived: Instant::now(),
            bytes: request.to_body().unwrap().into(),
        }
    }

    fn arrivals(bodies: &[&[(&str, i64)]]) -> Arrivals {
        let mut arrivals = Arrivals::default();
        for samples in bodies {
            arrivals.read(&body(samples)).unwrap();
        }
        arrivals
    }

    #[test]
    fn complete_collections_in_order_miss_nothing() {
        let arrivals = arrivals(&[
            &[("a.", 61_500), ("b.", 61_500), ("a", 62_000), ("b", 62_000)],
            &[("c.", 119_000), ("a", 121_000), ("b", 121_000), ("c", 121_000)],
            &[("a", 122_000), ("b", 122_000), ("c", 122_000)],
        ]);
        assert_eq!((arrivals.series(), arrivals.samples()), (3, 11));
        assert_eq!((arrivals.missing(), arrivals.out_of_order()), (0, 0));
        let complete = arrivals.complete_collections();
        let collections: Vec<_> = complete
            .iter()
            .map(|each| (each.unix_milliseconds, each.samples))
            .collect();
        assert_eq!(
            collections,
            [(62_000, 2), (121_000, 3)],
            "a seed is of none, and the last may go on"
        );
    }

    #[test]
    fn a_series_that_is_left_out_is_missing_but_for_the_last_collection() {
        let all: &[&[(&str, i64)]] = &[
            &[("a", 1), ("b", 1)],
            &[("a", 2)],
            &[("a", 3), ("b", 3)],
            &[("a", 4)],
        ];
        assert_eq!(arrivals(all).missing(), 1);
        assert_eq!(arrivals(&all[..2]).missing(), 0);
    }

    #[test]
    fn a_series_that_is_born_later_is_not_missed_before() {
        assert_eq!(
            arrivals(&[&[("a", 1)], &[("a", 2), ("b", 2)], &[("a", 3), ("b", 3)]]).missing(),
            0
        );
    }

    #[test]
    fn samples_that_are_not_later_than_those_before_are_out_of_order() {
        assert_eq!(
            arrivals(&[&[("a", 2), ("b", 1)], &[("a", 1), ("b", 1)]]).out_of_order(),
            2
        );
    }
}
