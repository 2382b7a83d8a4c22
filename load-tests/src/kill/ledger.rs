//! What a store has seen of each series, and what of it cannot be true.

use std::collections::HashMap;

use serde::Serialize;
use spangraph_test_support::Labels;
use spangraph_test_support::exposition::{self, Scrape};
use spangraph_test_support::remote_write::{Sample, WriteRequest};

use crate::sink::Body;

/// Every series with what was written last.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    series: HashMap<Labels, Written>,
    faults: StoreFaults,
}

/// What a store should not see, and how much it saw.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct StoreFaults {
    /// All samples.
    pub samples: u64,
    /// Samples that came a second time just as before.
    pub came_again: u64,
    /// Samples with less than the one before them: all series of spangraph grow or stay.
    pub fell: u64,
    /// Samples that are older than the last one of their series, and not its first 0 again.
    pub out_of_order: u64,
    /// Samples of a time that had another value before.
    pub two_values: u64,
    /// Markers that say that a series is over.
    pub ended: u64,
}

/// What was written of a series.
#[derive(Clone, Copy, Debug)]
struct Written {
    first: Sample,
    last: Sample,
}

impl Ledger {
    /// Reads one request; later ones come later.
    ///
    /// # Errors
    /// When it is none.
    pub(super) fn read(&mut self, body: &Body) -> anyhow::Result<()> {
        for series in WriteRequest::from_body(&body.bytes)?.timeseries {
            let labels = series.label_set()?;
            for sample in series.samples {
                self.note(&labels, sample);
            }
        }
        Ok(())
    }

    /// What it saw.
    pub(super) fn faults(&self) -> StoreFaults {
        self.faults
    }

    /// The last value of each series, as a page to scrape would show it.
    ///
    /// # Errors
    /// Never: no two series have the same labels.
    pub(super) fn last_values(&self) -> anyhow::Result<Scrape> {
        let samples = self.series.iter().map(|(labels, written)| {
            let mut labels = labels.clone();
            exposition::Sample {
                name: labels.remove("__name__").unwrap_or_default(),
                labels,
                value: written.last.value,
                timestamp: None,
                exemplar: None,
            }
        });
        Ok(Scrape::of(samples)?)
    }

    fn note(&mut self, labels: &Labels, sample: Sample) {
        let faults = &mut self.faults;
        faults.samples += 1;
        faults.ended += u64::from(sample.value.is_nan());
        let Some(written) = self.series.get_mut(labels) else {
            let written = Written {
                first: sample,
                last: sample,
            };
            self.series.insert(labels.clone(), written);
            return;
        };
        if sample.timestamp > written.last.timestamp {
            faults.fell += u64::from(sample.value < written.last.value);
            written.last = sample;
        } else if is_same(&sample, &written.last) || is_zero_again(&sample, &written.first) {
            faults.came_again += 1;
        } else if sample.timestamp == written.last.timestamp {
            faults.two_values += 1;
        } else {
            faults.out_of_order += 1;
        }
    }
}

fn is_same(sample: &Sample, other: &Sample) -> bool {
    sample.timestamp == other.timestamp && sample.value.to_bits() == other.value.to_bits()
}

/// The 0 before a new series is repeated until it is known to be taken, even when what follows it was.
fn is_zero_again(sample: &Sample, first: &Sample) -> bool {
    first.value == 0.0 && is_same(sample, first)
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use spangraph_test_support::remote_write::TimeSeries;

    use super::*;

    /// The faults of samples of one series.
    fn faults(samples: &[(i64, f64)]) -> StoreFaults {
        let mut ledger = Ledger::default();
        for (timestamp, value) in samples {
            let series = TimeSeries::with_sample(&[("__name__", "calls_total")], *value, *timestamp);
            let request = WriteRequest {
                timeseries: vec![series],
                ..WriteRequest::default()
            };
            let body = Body {
                arrived: Instant::now(),
                bytes: request.to_body().unwrap().into(),
            };
            ledger.read(&body).unwrap();
        }
        ledger.faults()
    }

    #[test]
    fn what_grows_or_comes_again_just_as_before_is_well() {
        let samples = [(1, 0.0), (5, 2.0), (1, 0.0), (5, 2.0), (9, 2.0), (12, 3.0)];
        let well = StoreFaults {
            samples: 6,
            came_again: 2,
            ..StoreFaults::default()
        };
        assert_eq!(faults(&samples), well);
    }

    #[test]
    fn each_fault_is_told_by_its_kind() {
        assert_eq!(faults(&[(1, 2.0), (2, 1.0)]).fell, 1);
        assert_eq!(faults(&[(1, 2.0), (2, 3.0), (1, 2.0)]).out_of_order, 1);
        assert_eq!(faults(&[(1, 0.0), (3, 3.0), (1, 1.0)]).out_of_order, 1);
        assert_eq!(faults(&[(1, 2.0), (1, 3.0)]).two_values, 1);
        assert_eq!(faults(&[(1, 2.0), (2, f64::NAN)]).ended, 1);
    }

    #[test]
    fn the_last_values_are_those_of_a_page() {
        let mut ledger = Ledger::default();
        let labels: Labels = [("__name__", "calls_total"), ("service", "shop")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
        for (timestamp, value) in [(1, 1.0), (2, 4.0)] {
            ledger.note(&labels, Sample { value, timestamp });
        }
        let page = ledger.last_values().unwrap();
        assert_eq!(page.value("calls_total", &[("service", "shop")]), Some(4.0));
    }
}
