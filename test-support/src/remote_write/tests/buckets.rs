//! Buckets from spans and differences.

use std::collections::BTreeMap;

use proptest::collection::btree_map;
use proptest::prelude::*;

use crate::remote_write::{BucketSpan, Histogram, STALE_MARKER_BITS, Sample};

fn span(offset: i32, length: u32) -> BucketSpan {
    BucketSpan { offset, length }
}

fn histogram(spans: &[BucketSpan], deltas: &[i64]) -> Histogram {
    Histogram {
        positive_spans: spans.to_vec(),
        positive_deltas: deltas.to_vec(),
        ..Histogram::default()
    }
}

#[test]
fn spans_say_where_buckets_stand_and_differences_how_much_they_hold() {
    let histogram = Histogram {
        negative_spans: vec![span(7, 1)],
        negative_deltas: vec![9],
        ..histogram(&[span(-2, 2), span(0, 1), span(3, 1)], &[5, -5, 2, 1])
    };
    let positive = [(-2, 5), (-1, 0), (0, 2), (4, 3)];
    assert_eq!(histogram.positive_buckets(), Ok(positive.into()));
    assert_eq!(histogram.negative_buckets(), Ok([(7, 9)].into()));
}

#[test]
fn what_cannot_be_is_no_set_of_buckets() {
    for (spans, deltas) in [
        (&[span(0, 2)][..], &[1][..]),
        (&[span(0, 1)], &[1, 0]),
        (&[], &[1]),
        (&[span(0, 1)], &[-1]),
        (&[span(0, 2)], &[i64::MAX, 1]),
        (&[span(i32::MAX, 2)], &[1, 0]),
        (&[span(0, 2), span(-1, 1)], &[1, 0, 0]),
    ] {
        let found = histogram(spans, deltas).positive_buckets();
        assert!(found.is_err(), "{spans:?} {deltas:?} are {found:?}");
    }
    let of_floats = Histogram {
        positive_spans: vec![span(0, 1)],
        positive_counts: vec![1.0],
        ..Histogram::default()
    };
    assert!(
        of_floats.positive_buckets().is_err(),
        "counts of floats are no whole ones"
    );
}

#[test]
fn only_the_marker_is_stale_and_no_other_number_that_is_none() {
    let sample = |value| Sample { value, timestamp: 0 };
    let of_sum = |sum| Histogram {
        sum,
        ..Histogram::default()
    };
    let marker = f64::from_bits(STALE_MARKER_BITS);
    assert!(sample(marker).is_stale() && of_sum(marker).is_stale());
    assert!(!sample(f64::NAN).is_stale() && !of_sum(f64::NAN).is_stale());
}

proptest! {
    #[test]
    fn buckets_are_those_that_spans_and_differences_were_made_of(
        buckets in btree_map(-50..50_i32, 0..=u64::MAX >> 2, 0..40),
        longest in 1..5_u32,
    ) {
        let (mut spans, mut deltas) = (Vec::<BucketSpan>::new(), Vec::new());
        let (mut next, mut before) = (0, 0);
        for (index, count) in &buckets {
            let count = i64::try_from(*count).unwrap();
            deltas.push(count - before);
            before = count;
            match spans.last_mut() {
                Some(last) if *index == next && last.length < longest => last.length += 1,
                _ => spans.push(span(index - next, 1)),
            }
            next = index + 1;
        }
        let expected: BTreeMap<_, _> = buckets;
        prop_assert_eq!(histogram(&spans, &deltas).positive_buckets(), Ok(expected));
    }
}
