//! A label set, encoded once: sorted labels with the places where a series' name and bucket bound go.

use spangraph_proto::remote_write::{labels, put_label};

/// The label that carries a metric's name.
const METRIC_NAME: &str = "__name__";
/// The label that carries a bucket's upper bound.
const BUCKET_BOUND: &str = "le";
/// Names that no label set may have.
const RESERVED: [&str; 3] = ["", METRIC_NAME, BUCKET_BOUND];

/// The labels of a series but for `__name__` and a bucket's `le`, as `labels` fields sorted by name.
///
/// Two label sets are the same when their bytes are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EncodedLabels<B> {
    /// The encoded labels.
    pub bytes: B,
    /// Where `__name__` goes: not always in front, because `9lives` and `A` sort before it.
    name_at: u32,
    /// Where `le` goes.
    bound_at: u32,
}

/// The bytes of one series' labels, to be put one after the other.
pub type LabelRuns<'a> = [&'a [u8]; 5];

impl EncodedLabels<Vec<u8>> {
    /// Encodes `labels`: of repeated names the last wins, then empty values are no labels (SPEC §7).
    ///
    /// `__name__` and `le` are left out: label sets that differ only there would share series.
    pub fn new(mut labels: Vec<(&str, &str)>) -> Self {
        labels.sort_by_key(|(name, _)| *name);
        let mut set = Self {
            bytes: Vec::new(),
            name_at: 0,
            bound_at: 0,
        };
        for (index, (name, value)) in labels.iter().enumerate() {
            let is_last = labels.get(index + 1).is_none_or(|(next, _)| next != name);
            if is_last && !value.is_empty() && !RESERVED.contains(name) {
                set.push(name, value);
            }
        }
        set
    }

    /// Appends a label; names come in ascending order.
    fn push(&mut self, name: &str, value: &str) {
        put_label(&mut self.bytes, name, value);
        let end = u32::try_from(self.bytes.len()).unwrap_or(u32::MAX);
        if name < METRIC_NAME {
            self.name_at = end;
        }
        if name < BUCKET_BOUND {
            self.bound_at = end;
        }
    }
}

impl<B: AsRef<[u8]>> EncodedLabels<B> {
    /// Where the name and a bucket's bound go.
    pub fn places(&self) -> (u32, u32) {
        (self.name_at, self.bound_at)
    }

    /// Labels of such `bytes`, with the places that [`Self::places`] gave; none when those are not within them.
    pub fn of_parts(bytes: B, name_at: u32, bound_at: u32) -> Option<Self> {
        let fits = name_at <= bound_at && bound_at as usize <= bytes.as_ref().len();
        fits.then_some(Self {
            bytes,
            name_at,
            bound_at,
        })
    }

    /// The same labels in another kind of memory.
    pub fn map<C>(self, change: impl FnOnce(B) -> C) -> EncodedLabels<C> {
        let Self {
            bytes,
            name_at,
            bound_at,
        } = self;
        EncodedLabels {
            bytes: change(bytes),
            name_at,
            bound_at,
        }
    }

    /// The labels of the series with the encoded label `name`.
    pub fn series<'a>(&'a self, name: &'a [u8]) -> LabelRuns<'a> {
        let (before, after) = self.bytes.as_ref().split_at(self.name_at as usize);
        [before, name, after, &[], &[]]
    }

    /// The labels of the bucket with the encoded labels `name` and `bound`.
    pub fn bucket<'a>(&'a self, name: &'a [u8], bound: &'a [u8]) -> LabelRuns<'a> {
        let (before, after) = self.bytes.as_ref().split_at(self.bound_at as usize);
        let (before, between) = before.split_at(self.name_at as usize);
        [before, name, between, bound, after]
    }

    /// The labels as pairs of name and value.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        labels(self.bytes.as_ref())
    }
}

/// A `__name__` label, encoded.
pub fn name_label(metric: &str) -> Box<[u8]> {
    let mut bytes = Vec::new();
    put_label(&mut bytes, METRIC_NAME, metric);
    bytes.into()
}

/// An `le` label, encoded.
pub fn bound_label(bound: &str) -> Box<[u8]> {
    let mut bytes = Vec::new();
    put_label(&mut bytes, BUCKET_BOUND, bound);
    bytes.into()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn read(runs: LabelRuns<'_>) -> Vec<(String, String)> {
        let bytes = runs.concat();
        labels(&bytes)
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }

    #[test]
    fn names_that_sort_before_the_metrics_name_stand_before_it() {
        let set = EncodedLabels::new(vec![("client", "a"), ("9lives", "b"), ("A", "c"), ("zone", "d")]);
        let names: Vec<_> = read(set.bucket(&name_label("m"), &bound_label("1")))
            .into_iter()
            .map(|pair| pair.0)
            .collect();
        assert_eq!(names, ["9lives", "A", "__name__", "client", "le", "zone"]);
    }

    #[test]
    fn names_that_series_need_for_themselves_are_left_out() {
        let set = EncodedLabels::new(vec![
            ("le", "own"),
            ("__name__", "own"),
            ("", "own"),
            ("server", "a"),
        ]);
        assert_eq!(set.pairs().collect::<Vec<_>>(), [("server", "a")]);
    }

    #[test]
    fn an_empty_value_that_comes_last_takes_the_label_away() {
        let set = EncodedLabels::new(vec![("a", "1"), ("b", "2"), ("a", "")]);
        assert_eq!(set.pairs().collect::<Vec<_>>(), [("b", "2")]);
    }

    fn name() -> impl Strategy<Value = String> {
        prop_oneof![
            "[0-9A-Z_a-z]{0,3}",
            Just("__name__".to_owned()),
            Just("le".to_owned())
        ]
    }

    proptest! {
        #[test]
        fn series_have_the_labels_of_a_sorted_map(pairs in proptest::collection::vec((name(), "[a-b]{0,2}"), 0..12)) {
            let set = EncodedLabels::new(pairs.iter().map(|(name, value)| (&**name, &**value)).collect());
            let mut model: BTreeMap<String, String> = pairs.into_iter().collect();
            model.retain(|name, value| !RESERVED.contains(&&**name) && !value.is_empty());
            model.insert("__name__".to_owned(), "metric".to_owned());
            let name = name_label("metric");
            prop_assert_eq!(read(set.series(&name)), model.clone().into_iter().collect::<Vec<_>>());
            model.insert("le".to_owned(), "+Inf".to_owned());
            prop_assert_eq!(read(set.bucket(&name, &bound_label("+Inf"))), model.into_iter().collect::<Vec<_>>());
        }
    }
}
