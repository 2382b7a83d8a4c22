//! The store that samples are sent to: what it has taken stands, and may come again as it was.

use std::collections::BTreeMap;

use prost::Message as _;
use spangraph_test_support::Labels;
use spangraph_test_support::remote_write::WriteRequest;

use super::model::{Counted, METRICS, Series};
use crate::batches::{Chunk, ChunkKind, Collected};

/// All samples, by tenant and series, and then by time.
#[derive(Debug, Default)]
pub struct Store {
    samples: BTreeMap<(u8, Labels), BTreeMap<i64, f64>>,
}

impl Store {
    /// Takes what was collected of `tenant`. `counted` is what there was at each time at which anything was collected.
    pub fn take(&mut self, tenant: u8, collected: &Collected, counted: &BTreeMap<i64, Vec<Counted>>) {
        for chunk in &collected.chunks {
            let request = WriteRequest::decode(chunk.series.decompress().unwrap().as_slice()).unwrap();
            for series in request.timeseries {
                let labels = series.label_set().unwrap();
                for sample in series.samples {
                    if chunk.kind == ChunkKind::Samples {
                        assert_counted(&labels, sample.value, tenant, chunk, counted);
                    }
                    self.put(tenant, &labels, sample.timestamp, sample.value);
                }
            }
        }
    }

    fn put(&mut self, tenant: u8, labels: &Labels, time: i64, value: f64) {
        let samples = self.samples.entry((tenant, labels.clone())).or_default();
        let before = samples.insert(time, value);
        let is_same = before.is_none_or(|before| before.to_bits() == value.to_bits());
        assert!(is_same, "{labels:?} at {time} is {value}, and was {before:?}");
    }

    /// No series was ever taken back, in whatever order its samples came.
    pub fn assert_nothing_falls(&self) {
        for (series, samples) in &self.samples {
            assert!(samples.values().is_sorted(), "{series:?} falls: {samples:?}");
        }
    }

    /// The last samples of `tenant` are those of `time`, and are what was `counted`.
    pub fn assert_last(&self, tenant: u8, time: i64, counted: &Counted) {
        let of_tenant = self.samples.iter().filter(|((whose, _), _)| *whose == tenant);
        let last = of_tenant.filter_map(|((_, labels), samples)| {
            let (at, value) = samples.last_key_value()?;
            assert_eq!(*at, time, "{labels:?} goes on");
            (*value > 0.0).then_some((series(labels)?, *value))
        });
        assert_eq!(last.collect::<BTreeMap<_, _>>(), counted.series);
    }
}

fn assert_counted(
    labels: &Labels,
    value: f64,
    tenant: u8,
    chunk: &Chunk,
    counted: &BTreeMap<i64, Vec<Counted>>,
) {
    let time = chunk.collected_unix_milliseconds;
    let Some(series) = series(labels) else { return };
    let counted = &counted[&time][usize::from(tenant)].series;
    let expected = counted.get(&series).copied().unwrap_or(0.0);
    assert_eq!(value, expected, "{labels:?} of tenant {tenant} at {time}");
}

/// The series with these labels, when it is one that is looked at.
fn series(labels: &Labels) -> Option<Series> {
    let name = labels.get("__name__")?;
    let (metric, names) = METRICS.into_iter().find(|(metric, _)| metric == name)?;
    let values = names.map(|name| labels.get(name).cloned().unwrap_or_default());
    Some((metric, values.to_vec()))
}
