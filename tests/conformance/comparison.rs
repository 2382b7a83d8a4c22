//! How two sets of series differ: by the same tolerances wherever Tempo's series are compared.

use std::fmt;

use spangraph_test_support::Labels;

use super::series::{LastValue, Native, SeriesSet};

/// How far floats may be apart, relative to the larger one, or to 1 when both are smaller.
const TOLERANCE: f64 = 1e-8;

/// How far the sums of messaging latency may be apart in seconds: halves that lie in two steps start relative to two
/// moments of sending.
const MESSAGING_TOLERANCE: f64 = 0.25;

/// The metric that [`MESSAGING_TOLERANCE`] is for; its counts and buckets are compared as all others.
const MESSAGING: &str = "messaging_system_seconds";

/// What is wrong with `actual`; `Ok` when nothing is.
pub fn compare(expected: &SeriesSet, actual: &SeriesSet) -> Result<(), Difference> {
    let mut lines = Vec::new();
    for (key, value) in expected {
        match actual.get(key) {
            None => lines.push(format!("missing    {key:?} = {value:?}")),
            Some(other) if !equal(&key.1, value, other) => {
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

fn equal(labels: &Labels, expected: &LastValue, actual: &LastValue) -> bool {
    let within = tolerance(&labels["__name__"]);
    match (expected, actual) {
        (LastValue::Number(expected), LastValue::Number(actual)) => close(*expected, *actual, within),
        (LastValue::Native(expected), LastValue::Native(actual)) => {
            let counts = |native: &Native| (native.count, native.schema, native.zero);
            let same_buckets = expected.filled() == actual.filled();
            counts(expected) == counts(actual)
                && (same_buckets || within > 0.0)
                && close(expected.sum, actual.sum, within)
        }
        _ => false,
    }
}

/// How far the values of a metric may be apart at any rate.
fn tolerance(metric: &str) -> f64 {
    let is_exact = metric.contains("_bucket") || metric.contains("_count");
    if metric.contains(MESSAGING) && !is_exact {
        MESSAGING_TOLERANCE
    } else {
        0.0
    }
}

fn close(expected: f64, actual: f64, within: f64) -> bool {
    let size = expected.abs().max(actual.abs()).max(1.0);
    (expected - actual).abs() <= within.max(TOLERANCE * size)
}

/// The lines of a comparison that did not hold.
#[derive(Debug)]
pub struct Difference(Vec<String>);

impl Difference {
    /// A single line.
    pub fn of(line: String) -> Self {
        Self(vec![line])
    }
}

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

#[test]
fn values_may_be_apart_by_rounding_and_only_the_latency_of_messages_by_more() {
    let agree = |metric: &str, expected: LastValue, actual: LastValue| {
        let key = || (None, Labels::from([("__name__".to_owned(), metric.to_owned())]));
        compare(
            &SeriesSet::from([(key(), expected)]),
            &SeriesSet::from([(key(), actual)]),
        )
        .is_ok()
    };
    let number = LastValue::Number;
    assert!(agree("m_sum", number(1e6), number(1e6 + 9e-3)));
    assert!(!agree("m_sum", number(1e6), number(1e6 + 2e-2)));
    assert!(agree("m_sum", number(0.0), number(9e-9)) && !agree("m_sum", number(0.0), number(2e-8)));
    let messaging = "traces_service_graph_request_messaging_system_seconds";
    assert!(agree(&format!("{messaging}_sum"), number(1.0), number(1.2)));
    assert!(!agree(&format!("{messaging}_sum"), number(1.0), number(1.3)));
    assert!(!agree(&format!("{messaging}_count"), number(1.0), number(1.2)));
    let native = |sum, buckets: &[(&str, u64)]| {
        LastValue::Native(Native {
            count: 2,
            sum,
            schema: 3,
            zero: 0,
            buckets: buckets
                .iter()
                .map(|(index, count)| ((*index).to_owned(), *count))
                .collect(),
        })
    };
    let (one, gap, other) = (
        native(1.0, &[("4", 2)]),
        native(1.0, &[("3", 0), ("4", 2)]),
        native(1.1, &[("5", 2)]),
    );
    assert!(agree("m", one.clone(), gap), "an empty bucket is none");
    assert!(!agree("m", one.clone(), other.clone()) && agree(messaging, one.clone(), other));
    assert!(!agree(messaging, one, number(1.0)));
}
