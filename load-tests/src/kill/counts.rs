//! Spans by label set of span metrics: what tells which requests a server has counted.

use std::collections::BTreeMap;

use spangraph_test_support::exposition::Scrape;

use crate::traffic::{Expected, Round, RoundAnswers};

/// The labels that tell label sets apart.
const SPAN_SET: [&str; 4] = ["service", "span_name", "span_kind", "status_code"];

/// How many spans there are of each label set, as series count them: in floating point, and whole; those with none are left out.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Counts(BTreeMap<[String; 4], f64>);

impl Counts {
    /// What a server or a store shows.
    pub(super) fn shown(generated: &Scrape) -> Self {
        let mut calls = generated.sum_by("traces_spanmetrics_calls_total", SPAN_SET);
        calls.retain(|_, count| *count > 0.0);
        Self(calls)
    }

    /// What each request of `round` has, in the order of its deliveries.
    pub(super) fn of_deliveries(round: &Round) -> Vec<Self> {
        let of_one = |position| {
            let mut answers = RoundAnswers::none(round);
            answers.accept(position);
            let sets = Expected::of(round, [&answers]).span_sets;
            let sets = sets.into_iter().map(|(set, sums)| {
                let [kind, status] = [set.span_kind, set.status_code].map(str::to_owned);
                let labels = [set.service.clone(), set.span_name.clone(), kind, status];
                (labels, sums.calls as f64)
            });
            Self(sets.collect())
        };
        (0..round.deliveries().len()).map(of_one).collect()
    }

    /// All spans.
    pub(super) fn spans(&self) -> f64 {
        self.0.values().sum()
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is left without `other`; none when there is not as much of it.
    pub(super) fn without(&self, other: &Self) -> Option<Self> {
        let mut rest = self.0.clone();
        for (labels, count) in &other.0 {
            let left = rest.get(labels)? - count;
            if left < 0.0 {
                return None;
            }
            if left == 0.0 {
                rest.remove(labels);
            } else {
                rest.insert(labels.clone(), left);
            }
        }
        Some(Self(rest))
    }
}

#[cfg(test)]
pub(super) fn counts(of: &[(&str, f64)]) -> Counts {
    let labels = |name: &str| [name, "", "", ""].map(str::to_owned);
    Counts(of.iter().map(|(name, count)| (labels(name), *count)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::traffic::Shape;

    #[test]
    fn what_is_taken_away_must_be_there() {
        let all = counts(&[("a", 3.0), ("b", 1.0)]);
        assert_eq!(
            all.without(&counts(&[("a", 1.0), ("b", 1.0)])),
            Some(counts(&[("a", 2.0)]))
        );
        assert_eq!(all.without(&counts(&[("b", 2.0)])), None);
        assert_eq!(all.without(&counts(&[("c", 1.0)])), None);
    }

    #[test]
    fn requests_have_all_spans_of_their_round_between_them() {
        let round = Round::new(&Shape {
            services: 4,
            ..Shape::default()
        })
        .unwrap();
        let each = Counts::of_deliveries(&round);
        assert_eq!(each.iter().map(Counts::spans).sum::<f64>(), round.spans() as f64);
    }
}
