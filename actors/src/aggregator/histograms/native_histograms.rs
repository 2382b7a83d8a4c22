//! The native histograms of one family, a row each, with the traces behind their last observations.

mod durable;

use std::sync::Arc;

use spangraph_config::HistogramSettings;
use spangraph_proto::remote_write::NativePoint;

use super::exemplar::Exemplar;
use super::histogram::Observation;
use super::native_histogram::{NativeBounds, NativeHistogram, Resolution, ZERO_THRESHOLD};
use crate::aggregator::series::Moment;
use crate::tables::Column;
use crate::time::TimeShift;

/// The most traces that one histogram keeps between two collections.
const MAX_EXEMPLARS: usize = 8;

/// Native histograms that share their settings.
#[derive(Debug)]
pub struct NativeHistograms {
    resolution: Arc<Resolution>,
    bounds: NativeBounds,
    rows: Column<Row>,
}

#[derive(Clone, Debug)]
struct Row {
    histogram: NativeHistogram,
    /// The last ones, at most one a bucket, the latest last. Those that a collection has taken go when others come.
    exemplars: Vec<(i32, Exemplar)>,
}

impl NativeHistograms {
    /// No histograms yet.
    pub fn new(settings: &HistogramSettings) -> Self {
        let min_reset = settings.native_min_reset_duration.as_millis();
        Self {
            resolution: Arc::new(Resolution::for_factor(settings.native_bucket_factor)),
            bounds: NativeBounds {
                max_buckets: settings.native_max_bucket_number,
                min_reset_milliseconds: i64::try_from(min_reset).unwrap_or(i64::MAX),
            },
            rows: Column::new(1),
        }
    }

    /// Histograms that are for ever what these are now.
    pub fn freeze(&mut self) -> Self {
        Self {
            resolution: Arc::clone(&self.resolution),
            bounds: self.bounds,
            rows: self.rows.freeze(),
        }
    }

    /// Adds an empty histogram.
    pub fn push(&mut self, now_unix_milliseconds: i64) {
        self.rows.push(Row {
            histogram: NativeHistogram::new(&self.resolution, now_unix_milliseconds),
            exemplars: Vec::new(),
        });
    }

    /// Adds an observation to `row` as many times as its weight, rounded up, says (SPEC §7).
    pub fn observe(&mut self, row: usize, observation: Observation, moment: Moment) {
        let (resolution, row) = (&self.resolution, self.rows.first_mut(row));
        let (seconds, times) = (observation.seconds, observation.times());
        row.histogram.observe(resolution, seconds, times);
        if row.histogram.limit(self.bounds, moment.unix_milliseconds) {
            row.histogram = NativeHistogram::new(resolution, moment.unix_milliseconds);
            row.histogram.observe(resolution, seconds, times);
        }
        let bucket = if seconds > ZERO_THRESHOLD {
            resolution.bucket(seconds)
        } else {
            i32::MIN
        };
        row.forget_taken(moment.turn.pending_from());
        row.keep(bucket, Exemplar::new(observation.trace_id, seconds, moment));
    }

    /// Moves the times at which histograms began; when their exemplars were observed is a fact.
    pub fn shift(&mut self, by: TimeShift) {
        for row in 0..self.rows.rows() {
            self.rows.first_mut(row).histogram.shift(by);
        }
    }

    /// The histogram of `row` as it is now, apart from its buckets.
    pub fn point(&self, row: usize, now_unix_milliseconds: i64) -> NativePoint {
        let histogram = &self.rows.first(row).histogram;
        NativePoint {
            count: histogram.count(),
            sum: histogram.sum(),
            schema: histogram.schema(),
            zero_threshold: ZERO_THRESHOLD,
            zero_count: histogram.zero_count(),
            unix_milliseconds: now_unix_milliseconds,
        }
    }

    /// The histogram of `row`.
    pub fn histogram(&self, row: usize) -> &NativeHistogram {
        &self.rows.first(row).histogram
    }

    /// Puts the exemplars of `row` that the collection of this number is to send into `pending`, by ascending value and
    /// each value once: of one time, receivers take them in no other order.
    pub fn pending_exemplars(&self, row: usize, collection: u32, pending: &mut Vec<Exemplar>) {
        let kept = self
            .rows
            .first(row)
            .exemplars
            .iter()
            .map(|(_, exemplar)| *exemplar);
        pending.clear();
        pending.extend(kept.filter(|exemplar| exemplar.is_pending(collection)));
        pending.sort_by(|left, right| left.seconds().total_cmp(&right.seconds()));
        pending.dedup_by_key(|exemplar| exemplar.seconds());
    }

    /// Forgets the exemplars of `row`, which were sent.
    pub fn forget_exemplars(&mut self, row: usize) {
        if !self.rows.first(row).exemplars.is_empty() {
            self.rows.first_mut(row).exemplars = Vec::new();
        }
    }

    /// Removes `row`; the last row takes its number.
    pub fn swap_remove(&mut self, row: usize) {
        self.rows.swap_remove(row);
    }

    /// Gives memory back.
    pub fn shrink(&mut self) {
        self.rows.shrink();
    }

    /// The bytes that are allocated.
    pub fn memory_bytes(&self) -> usize {
        let rows = (0..self.rows.rows()).map(|row| self.rows.first(row).memory_bytes());
        self.rows.memory_bytes() + rows.sum::<usize>()
    }
}

impl Row {
    /// Forgets the exemplars that were taken by collections before this one.
    fn forget_taken(&mut self, pending_from: u32) {
        let is_taken = |(_, exemplar): &&(i32, Exemplar)| !exemplar.is_pending(pending_from);
        let taken = self.exemplars.iter().take_while(is_taken).count();
        if taken > 0 {
            self.exemplars.drain(..taken);
        }
    }

    fn keep(&mut self, bucket: i32, exemplar: Exemplar) {
        let same = self.exemplars.iter().position(|(kept, _)| *kept == bucket);
        match same {
            Some(place) => drop(self.exemplars.remove(place)),
            None if self.exemplars.len() == MAX_EXEMPLARS => drop(self.exemplars.remove(0)),
            None => {}
        }
        self.exemplars.push((bucket, exemplar));
    }

    fn memory_bytes(&self) -> usize {
        self.histogram.memory_bytes() + self.exemplars.capacity() * size_of::<(i32, Exemplar)>()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::aggregator::series::Turn;

    fn histograms() -> NativeHistograms {
        let mut histograms = NativeHistograms::new(&HistogramSettings {
            native_max_bucket_number: 2,
            native_min_reset_duration: Duration::from_secs(60),
            ..HistogramSettings::default()
        });
        histograms.push(0);
        histograms
    }

    fn at(unix_milliseconds: i64) -> Moment {
        Moment {
            unix_milliseconds,
            ..Moment::default()
        }
    }

    fn pending(histograms: &NativeHistograms, collection: u32) -> Vec<f64> {
        let mut pending = Vec::new();
        histograms.pending_exemplars(0, collection, &mut pending);
        pending.iter().map(Exemplar::seconds).collect()
    }

    fn observation(seconds: f64, weight: f64, trace: u8) -> Observation {
        Observation {
            seconds,
            weight,
            trace_id: [trace; 16],
        }
    }

    #[test]
    fn a_weight_counts_as_the_next_whole_number() {
        let mut histograms = histograms();
        histograms.observe(0, observation(0.25, 1.2, 1), at(0));
        histograms.observe(0, observation(0.25, 0.0, 1), at(0));
        histograms.observe(0, observation(0.25, 3.0, 1), at(0));
        let point = histograms.point(0, 0);
        assert_eq!((point.count, point.sum, point.schema), (5, 1.25, 3));
    }

    #[test]
    fn an_old_overfull_histogram_begins_anew_with_the_observation_that_made_it_overfull() {
        let mut histograms = histograms();
        for seconds in [1.0, 2.0] {
            histograms.observe(0, observation(seconds, 1.0, 1), at(59_000));
        }
        histograms.observe(0, observation(4.0, 1.0, 1), at(60_000));
        assert_eq!(
            (histograms.point(0, 0).count, histograms.point(0, 0).sum),
            (1, 4.0)
        );
        histograms.observe(0, observation(8.0, 1.0, 1), at(60_000));
        histograms.observe(0, observation(16.0, 1.0, 1), at(119_999));
        assert_eq!(histograms.point(0, 0).count, 3, "too young to begin anew");
        assert!(histograms.point(0, 0).schema < 3);
    }

    #[test]
    fn the_last_traces_of_different_buckets_are_kept_until_they_are_taken() {
        let mut histograms = histograms();
        for trace in 0..10 {
            histograms.observe(0, observation(f64::from(trace), 1.0, trace), at(0));
        }
        histograms.observe(0, observation(9.0, 1.0, 42), at(0));
        assert_eq!(pending(&histograms, 0), [2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]);
        assert!(pending(&histograms, 1).is_empty());
        histograms.forget_exemplars(0);
        assert!(pending(&histograms, 0).is_empty());
    }

    #[test]
    fn traces_that_a_collection_has_taken_go_when_others_come() {
        let mut histograms = histograms();
        histograms.observe(0, observation(1.0, 1.0, 1), at(0));
        let later = |pending_from| Moment {
            unix_milliseconds: 0,
            turn: Turn::new(1, pending_from),
        };
        histograms.observe(0, observation(2.0, 1.0, 2), later(0));
        assert_eq!(pending(&histograms, 0), [1.0, 2.0], "collection 0 is under way");
        histograms.observe(0, observation(4.0, 1.0, 3), later(1));
        assert_eq!(pending(&histograms, 1), [2.0, 4.0]);
        assert_eq!(histograms.rows.first(0).exemplars.len(), 2);
    }
}
