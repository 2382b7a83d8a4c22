//! Native histograms rule by rule, and against a naive model.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

const NO_RESET: NativeBounds = NativeBounds {
    max_buckets: 4,
    min_reset_milliseconds: 0,
};

fn fine() -> Resolution {
    Resolution::for_factor(1.1)
}

fn observed(values: &[f64]) -> NativeHistogram {
    let resolution = fine();
    let mut histogram = NativeHistogram::new(&resolution, 0);
    for value in values {
        histogram.observe(&resolution, *value, 1);
    }
    histogram
}

#[test]
fn zero_and_what_is_hardly_more_is_in_the_zero_bucket() {
    assert_eq!(ZERO_THRESHOLD, (-128f64).exp2());
    let histogram = observed(&[0.0, -1.0, ZERO_THRESHOLD, ZERO_THRESHOLD.next_up()]);
    assert_eq!((histogram.count(), histogram.zero_count()), (4, 3));
    assert_eq!(histogram.buckets().collect::<Vec<_>>(), [(-128 * 8 + 1, 1)]);
}

#[test]
fn too_many_buckets_halve_the_resolution_until_they_fit() {
    let mut histogram = observed(&[1.0, 1.05, 1.15, 1.25, 1.0]);
    let before = histogram.clone();
    assert!(!histogram.limit(NO_RESET, i64::MAX));
    assert_eq!(histogram, before, "4 fit");
    histogram.observe(&fine(), 1.4, 1);
    assert!(!histogram.limit(NO_RESET, i64::MAX));
    assert_eq!(histogram.schema(), 2);
    assert_eq!(histogram.buckets().collect::<Vec<_>>(), [(0, 2), (1, 2), (2, 2)]);
    histogram.observe(&fine(), 1.15, 1);
    assert_eq!(
        histogram.buckets().nth(1),
        Some((1, 3)),
        "new ones go into wider buckets too"
    );
}

#[test]
fn the_coarsest_resolution_is_the_end() {
    let wide: Vec<_> = (-6..6).map(|step| f64::from(step * 16).exp2() * 1.5).collect();
    let mut histogram = observed(&wide);
    assert!(!histogram.limit(NO_RESET, 0));
    assert_eq!(histogram.schema(), -4);
    assert!(histogram.buckets().count() > 4);
}

#[test]
fn an_overfull_histogram_that_is_old_enough_must_begin_anew() {
    let bounds = NativeBounds {
        min_reset_milliseconds: 900_000,
        ..NO_RESET
    };
    let overfull = observed(&[1.0, 2.0, 4.0, 8.0, 16.0]);
    assert!(!overfull.clone().limit(bounds, 899_999));
    assert!(overfull.clone().limit(bounds, 900_000));
    assert!(!observed(&[1.0, 2.0]).limit(bounds, 900_000));
}

proptest! {
    #[test]
    fn buckets_are_those_of_a_map_however_often_the_resolution_was_halved(
        observations in proptest::collection::vec((0u16..4000, 0u64..4), 0..200),
        max_buckets in 0usize..30,
    ) {
        let bounds = NativeBounds { max_buckets, min_reset_milliseconds: 0 };
        let resolution = fine();
        let mut histogram = NativeHistogram::new(&resolution, 0);
        let (mut model, mut sum, mut zero) = (Vec::new(), 0.0, 0);
        for (thousandths, times) in &observations {
            let seconds = f64::from(*thousandths) / 1000.0;
            histogram.observe(&resolution, seconds, *times);
            prop_assert!(!histogram.limit(bounds, i64::MAX));
            sum += seconds * float(*times);
            zero += if *thousandths == 0 { *times } else { 0 };
            model.extend((0..*times).filter(|_| *thousandths > 0).map(|_| seconds));
        }
        let base = (-f64::from(histogram.schema())).exp2().exp2();
        let mut expected: BTreeMap<i32, u64> = BTreeMap::new();
        for seconds in &model {
            // The definition, tried out: the first i with value ≤ base^i.
            let index = (-100..100).find(|index| *seconds <= base.powi(*index) * (1.0 + 1e-14)).unwrap();
            *expected.entry(index).or_default() += 1;
        }
        prop_assert_eq!(histogram.buckets().collect::<BTreeMap<_, _>>(), expected);
        prop_assert_eq!(histogram.count(), zero + u64::try_from(model.len()).unwrap());
        prop_assert_eq!(histogram.zero_count(), zero);
        prop_assert!((histogram.sum() - sum).abs() < 1e-9);
        prop_assert!(max_buckets < 2 || histogram.buckets().count() <= max_buckets);
    }
}
