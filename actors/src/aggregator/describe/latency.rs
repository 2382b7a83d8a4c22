//! The histogram of one series as upper bounds and what is not above each.

use std::sync::Arc;

use super::LatencyDescription;
use crate::aggregator::histograms::{Histograms, NativeHistogram};
use crate::aggregator::series::{Family, Values};

/// Reads the histograms of one family; all classic ones share their bounds.
pub struct LatencyReader<'f> {
    family: &'f Family,
    bounds: Arc<[f64]>,
}

impl<'f> LatencyReader<'f> {
    /// A reader of `family`, which has histograms, or gives none.
    pub fn new(family: &'f Family) -> Self {
        let bounds = match &family.values {
            Values::Histogram {
                classic: Some(classic),
                ..
            } => classic.bounds(),
            _ => &[],
        };
        let bounds = bounds.iter().copied().chain([f64::INFINITY]).collect();
        Self { family, bounds }
    }

    /// The histogram in `row`, the classic one when there are both.
    pub fn read(&self, row: usize) -> Option<LatencyDescription> {
        match &self.family.values {
            Values::Histogram {
                classic: Some(classic),
                ..
            } => Some(self.of_classic(classic, row)),
            Values::Histogram {
                native: Some(native), ..
            } => Some(of_native(native.histogram(row))),
            _ => None,
        }
    }

    fn of_classic(&self, classic: &Histograms, row: usize) -> LatencyDescription {
        LatencyDescription {
            bounds: Arc::clone(&self.bounds),
            cumulative: classic.cumulative(row).collect(),
            sum: classic.sum(row),
        }
    }
}

/// The upper bounds are those of the buckets that hold something; the zero bucket's is 0.
#[expect(
    clippy::cast_precision_loss,
    reason = "counts beyond 2⁵³ need not be exact on a page"
)]
fn of_native(native: &NativeHistogram) -> LatencyDescription {
    let growth = (-f64::from(native.schema())).exp2();
    let mut bounds = vec![0.0];
    let mut cumulative = vec![native.zero_count() as f64];
    let mut total = native.zero_count();
    for (index, count) in native.buckets() {
        total = total.saturating_add(count);
        bounds.push((f64::from(index) * growth).exp2());
        cumulative.push(total as f64);
    }
    bounds.push(f64::INFINITY);
    cumulative.push(native.count() as f64);
    LatencyDescription {
        bounds: bounds.into(),
        cumulative,
        sum: native.sum(),
    }
}
