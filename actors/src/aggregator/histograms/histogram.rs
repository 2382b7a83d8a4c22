//! Classic histograms: weighted observations in buckets with fixed upper bounds.

mod durable;

use std::sync::Arc;

use super::exemplar::Exemplar;
use crate::aggregator::series::Moment;
use crate::tables::Column;

/// One weighted observation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Observation {
    /// What was observed.
    pub seconds: f64,
    /// How many times it counts.
    pub weight: f64,
    /// The trace it was observed in.
    pub trace_id: [u8; 16],
}

impl Observation {
    /// The weight as a native histogram counts it: the next whole number (SPEC §7).
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a weight below 0 or none counts nothing, one too large all there can be"
    )]
    pub fn times(&self) -> u64 {
        self.weight.ceil() as u64
    }

    /// The same with its weight rounded up.
    #[expect(
        clippy::cast_precision_loss,
        reason = "what is rounded up here was a float before"
    )]
    pub fn with_whole_weight(self) -> Self {
        Self {
            weight: self.times() as f64,
            ..self
        }
    }
}

/// The histograms of one family, a row each.
#[derive(Debug)]
pub struct Histograms {
    /// Upper bounds, ascending, without `+Inf`.
    bounds: Arc<[f64]>,
    /// The sum, then the weight of each bucket, not cumulated; the last bucket is `+Inf`.
    values: Column<f64>,
    /// One a bucket.
    exemplars: Column<Exemplar>,
}

impl Histograms {
    /// No histograms yet; `bounds` are finite and ascending.
    pub fn new(bounds: &[f64]) -> Self {
        let buckets = bounds.len() + 1;
        Self {
            bounds: bounds.into(),
            values: Column::new(1 + buckets),
            exemplars: Column::new(buckets),
        }
    }

    /// The upper bounds without `+Inf`.
    pub fn bounds(&self) -> &[f64] {
        &self.bounds
    }

    /// Histograms that are for ever what these are now.
    pub fn freeze(&mut self) -> Self {
        Self {
            bounds: Arc::clone(&self.bounds),
            values: self.values.freeze(),
            exemplars: self.exemplars.freeze(),
        }
    }

    /// Adds an empty histogram.
    pub fn push(&mut self) {
        self.values.push(0.0);
        self.exemplars.push(Exemplar::NONE);
    }

    /// Adds an observation to `row`.
    #[expect(
        clippy::indexing_slicing,
        reason = "rows have a sum and a bucket more than bounds, all of which may be below"
    )]
    pub fn observe(&mut self, row: usize, observation: Observation, moment: Moment) {
        let Observation {
            seconds,
            weight,
            trace_id,
        } = observation;
        let bucket = self.bounds.partition_point(|bound| *bound < seconds);
        let values = self.values.row_mut(row);
        values[0] += seconds * weight;
        values[1 + bucket] += weight;
        self.exemplars.row_mut(row)[bucket] = Exemplar::new(trace_id, seconds, moment);
    }

    /// The weighted sum of the observations of `row`.
    pub fn sum(&self, row: usize) -> f64 {
        *self.values.first(row)
    }

    /// The cumulated weights of the buckets of `row`; the last one, of `+Inf`, is the count.
    pub fn cumulative(&self, row: usize) -> impl Iterator<Item = f64> {
        let weights = self.values.row(row).get(1..).unwrap_or_default();
        weights.iter().scan(0.0, |total, weight| {
            *total += weight;
            Some(*total)
        })
    }

    /// The weight of all observations of `row`.
    pub fn count(&self, row: usize) -> f64 {
        // Added up in the same order as the buckets, so that `+Inf` is never another number.
        self.cumulative(row).last().unwrap_or(0.0)
    }

    /// The exemplars of the buckets of `row`.
    pub fn exemplars(&self, row: usize) -> &[Exemplar] {
        self.exemplars.row(row)
    }

    /// Notes that the collection of this number has sent the exemplars of `row`.
    pub fn note_sent(&mut self, row: usize, collection: u32) {
        let exemplars = self.exemplars.row_mut(row);
        exemplars
            .iter_mut()
            .for_each(|exemplar| exemplar.note_sent(collection));
    }

    /// Removes `row`; the last row takes its number.
    pub fn swap_remove(&mut self, row: usize) {
        self.values.swap_remove(row);
        self.exemplars.swap_remove(row);
    }

    /// Gives memory back.
    pub fn shrink(&mut self) {
        self.values.shrink();
        self.exemplars.shrink();
    }

    /// The bytes that are allocated.
    pub fn memory_bytes(&self) -> usize {
        self.values.memory_bytes() + self.exemplars.memory_bytes()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn observation(seconds: f64, weight: f64) -> Observation {
        Observation {
            seconds,
            weight,
            trace_id: [7; 16],
        }
    }

    #[test]
    fn an_observation_on_a_bound_is_in_that_bounds_bucket() {
        let mut histograms = Histograms::new(&[0.1, 0.2]);
        histograms.push();
        for seconds in [0.1, 0.100_001, 0.2, 0.3] {
            histograms.observe(0, observation(seconds, 1.0), Moment::default());
        }
        assert_eq!(histograms.cumulative(0).collect::<Vec<_>>(), [1.0, 3.0, 4.0]);
    }

    #[test]
    fn each_bucket_keeps_its_last_exemplar() {
        let mut histograms = Histograms::new(&[1.0]);
        histograms.push();
        for seconds in [0.5, 0.7, 3.0] {
            histograms.observe(0, observation(seconds, 1.0), Moment::default());
        }
        let seconds: Vec<_> = histograms.exemplars(0).iter().map(Exemplar::seconds).collect();
        assert_eq!(seconds, [0.7, 3.0]);
    }

    proptest! {
        #[test]
        fn buckets_count_what_is_not_above_their_bound(
            observations in proptest::collection::vec((0.0..3.0f64, 0u8..9), 0..50),
        ) {
            let bounds = [0.5, 1.0, 2.0];
            let mut histograms = Histograms::new(&bounds);
            histograms.push();
            for (seconds, weight) in &observations {
                histograms.observe(0, observation(*seconds, f64::from(*weight)), Moment::default());
            }
            let below = |bound: f64| -> f64 {
                observations.iter().filter(|(seconds, _)| *seconds <= bound).map(|(_, weight)| f64::from(*weight)).sum()
            };
            let model: Vec<_> = bounds.iter().copied().chain([f64::INFINITY]).map(below).collect();
            prop_assert_eq!(histograms.cumulative(0).collect::<Vec<_>>(), model);
            prop_assert_eq!(histograms.count(0), below(f64::INFINITY));
            let sum: f64 = observations.iter().map(|(seconds, weight)| seconds * f64::from(*weight)).sum();
            prop_assert!((histograms.sum(0) - sum).abs() < 1e-9);
        }
    }
}
