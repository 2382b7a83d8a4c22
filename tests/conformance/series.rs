//! Series and their last values, and how two sets of them differ.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;

use crate::harness::RemoteWriteReceiver;
use crate::harness::receiver::Labels;
use crate::harness::write_request::Histogram;

/// The label that Tempo adds and the cases leave out.
const INSTANCE: &str = "__metrics_gen_instance";

/// How far floats may be apart, relative to the expected one. A thousandth over 1e-9, as values were recorded
/// with nine digits and 10/3 is off by all of that.
const TOLERANCE: f64 = 1.001e-9;

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
    pub buckets: BTreeMap<String, i64>,
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

/// The last values of what `remote` took.
pub fn received(remote: &RemoteWriteReceiver) -> SeriesSet {
    let mut set = SeriesSet::new();
    for ((tenant, labels), samples) in remote.samples() {
        let last = samples.last().expect("a series has samples");
        set.insert((tenant, without_instance(labels)), LastValue::Number(last.value));
    }
    for ((tenant, labels), histogram) in remote.last_histograms() {
        set.insert(
            (tenant, without_instance(labels)),
            LastValue::Native(native(&histogram)),
        );
    }
    set
}

fn without_instance(mut labels: Labels) -> Labels {
    labels.remove(INSTANCE);
    labels
}

fn native(histogram: &Histogram) -> Native {
    let buckets = histogram
        .buckets()
        .into_iter()
        .map(|(index, count)| (index.to_string(), count));
    Native {
        count: histogram.count_int,
        sum: histogram.sum,
        schema: histogram.schema,
        zero: histogram.zero_count_int,
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

/// What is wrong with `actual`; `Ok` when nothing is.
pub fn compare(expected: &SeriesSet, actual: &SeriesSet) -> Result<(), Difference> {
    let mut lines = Vec::new();
    for (key, value) in expected {
        match actual.get(key) {
            None => lines.push(format!("missing    {key:?} = {value:?}")),
            Some(other) if !equal(value, other) => {
                lines.push(format!("different  {key:?}: expected {value:?}, is {other:?}"));
            }
            Some(_) => {}
        }
    }
    let unexpected = actual.iter().filter(|(key, _)| !expected.contains_key(*key));
    lines.extend(unexpected.map(|(key, value)| format!("unexpected {key:?} = {value:?}")));
    if lines.is_empty() {
        Ok(())
    } else {
        Err(Difference(lines))
    }
}

fn equal(expected: &LastValue, actual: &LastValue) -> bool {
    match (expected, actual) {
        (LastValue::Number(expected), LastValue::Number(actual)) => close(*expected, *actual),
        (LastValue::Native(expected), LastValue::Native(actual)) => {
            close(expected.sum, actual.sum)
                && Native {
                    sum: expected.sum,
                    ..actual.clone()
                } == *expected
        }
        _ => false,
    }
}

fn close(expected: f64, actual: f64) -> bool {
    (expected - actual).abs() <= TOLERANCE * expected.abs()
}

/// The lines of a comparison that did not hold.
#[derive(Debug)]
pub struct Difference(Vec<String>);

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 30;
        for line in self.0.iter().take(SHOWN) {
            writeln!(formatter, "  {line}")?;
        }
        match self.0.len().saturating_sub(SHOWN) {
            0 => Ok(()),
            more => writeln!(formatter, "  and {more} more"),
        }
    }
}

#[test]
fn a_missing_a_different_and_an_unexpected_series_are_told_apart() {
    let key = |name: &str| (None, Labels::from([("__name__".to_owned(), name.to_owned())]));
    let expected = SeriesSet::from([
        (key("a"), LastValue::Number(1.0)),
        (key("b"), LastValue::Number(2.0)),
    ]);
    let actual = SeriesSet::from([
        (key("b"), LastValue::Number(2.1)),
        (key("c"), LastValue::Number(3.0)),
    ]);
    let text = compare(&expected, &actual).unwrap_err().to_string();
    assert!(
        ["missing", "different", "unexpected"]
            .iter()
            .all(|word| text.contains(word)),
        "{text}"
    );
    let nearly = SeriesSet::from([
        (key("a"), LastValue::Number(1.0 + 1e-12)),
        (key("b"), LastValue::Number(2.0)),
    ]);
    assert!(compare(&expected, &nearly).is_ok());
}
