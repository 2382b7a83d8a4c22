//! What is encoded by hand is what the generated messages decode.

mod generated;

use proptest::prelude::*;
use prost::Message;

use super::messages::{Exemplar, Label, Sample, TimeSeries, WriteRequest};
use super::*;

fn label(name: &str, value: &str) -> Label {
    Label {
        name: name.to_owned(),
        value: value.to_owned(),
    }
}

fn encoded_label(name: &str, value: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    put_label(&mut bytes, name, value);
    bytes
}

#[test]
fn a_staleness_marker_keeps_its_bits() {
    let mut bytes = Vec::new();
    put_time_series(
        &mut bytes,
        &[],
        SampleField::new(5).with_bits(STALE_MARKER_BITS).as_bytes(),
    );
    let request = WriteRequest::decode(bytes.as_slice()).unwrap();
    assert_eq!(
        request.timeseries[0].samples[0].value.to_bits(),
        STALE_MARKER_BITS
    );
}

#[test]
fn reading_labels_ends_at_bytes_that_are_none() {
    let whole = encoded_label("client", "shop");
    for end in 1..whole.len() {
        assert_eq!(labels(&whole[..end]).count(), 0, "{end}");
    }
    assert_eq!(
        labels(&[0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]).count(),
        0
    );
}

proptest! {
    #[test]
    fn what_is_put_is_what_the_generated_messages_read(
        pairs in proptest::collection::vec((".{0,140}", ".{0,140}"), 0..4),
        value in any::<f64>().prop_filter("comparable", |value| !value.is_nan()),
        time in any::<i64>(),
        trace in "[0-9a-f]{32}",
    ) {
        let runs: Vec<_> = pairs.iter().map(|(name, value)| encoded_label(name, value)).collect();
        let runs: Vec<_> = runs.iter().map(Vec::as_slice).collect();
        let mut exemplar = Vec::new();
        put_exemplar(&mut exemplar, &encoded_label("traceID", &trace), value, time);
        let mut bytes = Vec::new();
        put_time_series(&mut bytes, &runs, SampleField::new(time).with_bits(value.to_bits()).as_bytes());
        put_time_series(&mut bytes, &runs, &exemplar);

        let labels_expected: Vec<_> = pairs.iter().map(|(name, value)| label(name, value)).collect();
        let samples = TimeSeries {
            labels: labels_expected.clone(),
            samples: vec![Sample { value, timestamp: time }],
            ..TimeSeries::default()
        };
        let exemplars = TimeSeries {
            labels: labels_expected,
            exemplars: vec![Exemplar { labels: vec![label("traceID", &trace)], value, timestamp: time }],
            ..TimeSeries::default()
        };
        let request = WriteRequest::decode(bytes.as_slice()).unwrap();
        prop_assert_eq!(request.timeseries, vec![samples, exemplars]);
        let mut first = Vec::new();
        put_time_series(&mut first, &runs, &exemplar);
        let run = runs.concat();
        prop_assert_eq!(split_time_series(&first), Some((run.as_slice(), exemplar.as_slice())));
        prop_assert_eq!(split_time_series(&first[..first.len() - 1]), None);
        let read: Vec<_> = labels(&runs.concat()).map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        prop_assert_eq!(read, pairs);
    }

    #[test]
    fn a_varints_length_is_known_before_it_is_written(value in any::<usize>(), shift in 0u32..64) {
        let value = value >> shift;
        prop_assert_eq!(varint_length(value), varint(value as u64).1);
    }
}
