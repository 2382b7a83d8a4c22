//! Field numbers and types, by bytes that were written out from the specification.

use prost::Message as _;

use crate::remote_write::{
    BucketSpan, Count, Exemplar, Histogram, Label, MetricMetadata, MetricType, ResetHint, Sample, TimeSeries,
    WriteRequest, ZeroCount,
};

/// 1.5 as it is written: its bits, the lowest byte first.
const ONE_AND_A_HALF: [u8; 8] = [0, 0, 0, 0, 0, 0, 0xf8, 0x3f];

/// A field of bytes: its number, its length and what it holds.
fn field(number: u8, content: &[u8]) -> Vec<u8> {
    let length = u8::try_from(content.len()).unwrap();
    assert!(length < 0x80, "a longer one takes two bytes");
    [&[number << 3 | 2, length], content].concat()
}

/// A field of a double.
fn double(number: u8) -> Vec<u8> {
    [&[number << 3 | 1], &ONE_AND_A_HALF[..]].concat()
}

fn of_series(fields: &[u8]) -> WriteRequest {
    WriteRequest::decode(field(1, fields).as_slice()).unwrap()
}

fn label(name: &str, value: &str) -> Label {
    Label {
        name: name.to_owned(),
        value: value.to_owned(),
    }
}

#[test]
fn labels_samples_and_exemplars_have_the_fields_of_the_specification() {
    let label_field = field(1, &[field(1, b"__name__"), field(2, b"up")].concat());
    // -1 as an int64 takes ten bytes.
    let before_1970 = [0x10, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1];
    let sample = field(2, &[double(1), before_1970.to_vec()].concat());
    let trace = field(1, &[field(1, b"trace_id"), field(2, b"ab")].concat());
    let exemplar = field(3, &[trace, double(2), vec![0x18, 0xac, 2]].concat());
    let expected = TimeSeries {
        labels: vec![label("__name__", "up")],
        samples: vec![Sample {
            value: 1.5,
            timestamp: -1,
        }],
        exemplars: vec![Exemplar {
            labels: vec![label("trace_id", "ab")],
            value: 1.5,
            timestamp: 300,
        }],
        histograms: Vec::new(),
    };
    let read = of_series(&[label_field, sample, exemplar].concat());
    assert_eq!(read.timeseries, [expected]);
}

#[test]
fn histograms_have_the_fields_of_the_specification() {
    let span = |number| field(number, &[0x08, 3, 0x10, 2]);
    let fields = [
        vec![0x08, 7],
        double(3),
        vec![0x20, 5],
        double(5),
        vec![0x30, 1],
        span(8),
        field(9, &[2, 1]),
        field(10, &ONE_AND_A_HALF),
        span(11),
        field(12, &[4, 3]),
        field(13, &ONE_AND_A_HALF),
        vec![0x70, 3],
        vec![0x78, 9],
        // 16 << 3 | 2 takes two bytes.
        [&[0x82, 1, 8], &ONE_AND_A_HALF[..]].concat(),
    ];
    let spans = vec![BucketSpan {
        offset: -2,
        length: 2,
    }];
    let expected = Histogram {
        count: Some(Count::Whole(7)),
        sum: 1.5,
        schema: -3,
        zero_threshold: 1.5,
        zero_count: Some(ZeroCount::Whole(1)),
        negative_spans: spans.clone(),
        negative_deltas: vec![1, -1],
        negative_counts: vec![1.5],
        positive_spans: spans,
        positive_deltas: vec![2, -2],
        positive_counts: vec![1.5],
        reset_hint: ResetHint::Gauge.into(),
        timestamp: 9,
        custom_values: vec![1.5],
    };
    let read = of_series(&field(4, &fields.concat()));
    assert_eq!(read.timeseries[0].histograms, [expected]);
}

#[test]
fn histograms_of_floats_have_the_fields_of_the_specification() {
    let read = of_series(&field(4, &[double(2), double(7)].concat()));
    let histogram = &read.timeseries[0].histograms[0];
    assert_eq!(histogram.count, Some(Count::Float(1.5)));
    assert_eq!(histogram.zero_count, Some(ZeroCount::Float(1.5)));
    assert_eq!(
        (histogram.whole_count(), histogram.whole_zero_count()),
        (None, None)
    );
}

#[test]
fn metadata_has_the_fields_of_the_specification() {
    let fields = [
        vec![0x08, 1],
        field(2, b"calls"),
        field(4, b"Calls."),
        field(5, b"1"),
    ];
    let read = WriteRequest::decode(field(3, &fields.concat()).as_slice()).unwrap();
    let expected = MetricMetadata {
        r#type: MetricType::Counter.into(),
        metric_family_name: "calls".to_owned(),
        help: "Calls.".to_owned(),
        unit: "1".to_owned(),
    };
    assert_eq!((read.metadata, read.timeseries), (vec![expected], Vec::new()));
}
