//! Series and their last values, as Tempo wrote them and as they are received.

use std::collections::BTreeMap;

use serde::Deserialize;
use spangraph_test_support::Labels;
use spangraph_test_support::remote_write::Histogram;

use super::comparison::Difference;
use crate::harness::RemoteWriteReceiver;

/// The label that Tempo adds and the cases leave out.
const INSTANCE: &str = "__metrics_gen_instance";

/// The last value of every series, by tenant and labels.
pub type SeriesSet = BTreeMap<(Option<String>, Labels), LastValue>;

/// The last value of a series.
#[derive(Clone, Debug, PartialEq)]
pub enum LastValue {
    Number(f64),
    Native(Native),
}

/// A native histogram as the cases write it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Native {
    pub count: u64,
    pub sum: f64,
    pub schema: i32,
    pub zero: u64,
    pub buckets: BTreeMap<String, u64>,
}

impl Native {
    /// The buckets that hold something.
    pub fn filled(&self) -> BTreeMap<&str, u64> {
        let buckets = self.buckets.iter().filter(|(_, count)| **count != 0);
        buckets.map(|(index, count)| (index.as_str(), *count)).collect()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    labels: Labels,
    tenant: Option<String>,
    value: Option<f64>,
    native: Option<Native>,
}

/// Reads the list of expected series.
pub fn read_expected(text: &str) -> SeriesSet {
    let list: Vec<Expected> = serde_json::from_str(text).expect("expected series are readable");
    let last = |value: Option<f64>, native: Option<Native>| match (value, native) {
        (Some(value), None) => LastValue::Number(value),
        (None, Some(native)) => LastValue::Native(native),
        _ => panic!("an expected series has a value or a native histogram"),
    };
    list.into_iter()
        .map(|series| ((series.tenant, series.labels), last(series.value, series.native)))
        .collect()
}

/// The last values of what `remote` took, staleness markers aside.
///
/// # Errors
/// When labels of a series are not as remote write wants them.
pub fn received(remote: &RemoteWriteReceiver) -> Result<SeriesSet, Difference> {
    if let Some(wrong) = remote.malformed_labels() {
        return Err(Difference::of(wrong.to_string()));
    }
    let mut set = SeriesSet::new();
    for ((tenant, labels), samples) in remote.samples() {
        let values = samples.iter().filter(|sample| !sample.is_stale());
        if let Some(last) = values.max_by_key(|sample| sample.timestamp) {
            set.insert((tenant, without_instance(labels)), LastValue::Number(last.value));
        }
    }
    for ((tenant, labels), histogram) in remote.last_histograms() {
        set.insert(
            (tenant, without_instance(labels)),
            LastValue::Native(native(&histogram)),
        );
    }
    Ok(set)
}

fn without_instance(mut labels: Labels) -> Labels {
    labels.remove(INSTANCE);
    labels
}

fn native(histogram: &Histogram) -> Native {
    let buckets = histogram
        .positive_buckets()
        .expect("spans and counts go together")
        .into_iter()
        .map(|(index, count)| (index.to_string(), count));
    assert!(
        histogram.negative_spans.is_empty(),
        "no latency is below 0: {histogram:?}"
    );
    Native {
        count: histogram.whole_count().expect("spans are counted whole"),
        sum: histogram.sum,
        schema: histogram.schema,
        zero: histogram.whole_zero_count().expect("spans are counted whole"),
        buckets: buckets.collect(),
    }
}

/// Only the series of service graphs.
pub fn service_graphs(set: &SeriesSet) -> SeriesSet {
    let ours = |labels: &Labels| labels["__name__"].starts_with("traces_service_graph_");
    set.iter()
        .filter(|((_, labels), _)| ours(labels))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}
