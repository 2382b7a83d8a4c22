//! Bodies that are read as they were written, and those that are none.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use crate::remote_write::{
    BodyError, BucketSpan, Count, Exemplar, Histogram, Label, MAX_PLAIN_BYTES, MetricMetadata, Sample,
    TimeSeries, WriteRequest, ZeroCount,
};

#[test]
fn a_body_that_says_it_is_too_large_is_not_decompressed() {
    // The length of what was compressed comes first: here 2^26 and 1 more, 7 bits a byte, the lowest first.
    let mut body = vec![0x81, 0x80, 0x80, 0x20];
    let refused = WriteRequest::from_body(&body).unwrap_err();
    assert!(
        matches!(refused, BodyError::TooLarge(bytes) if bytes == MAX_PLAIN_BYTES + 1),
        "{refused}"
    );
    body[0] = 0x80;
    let truncated = WriteRequest::from_body(&body).unwrap_err();
    assert!(matches!(truncated, BodyError::Snappy(_)), "{truncated}");
}

#[test]
fn what_is_not_compressed_or_no_message_is_refused() {
    let not_compressed = WriteRequest::from_body(b"").unwrap_err();
    assert!(matches!(not_compressed, BodyError::Snappy(_)), "{not_compressed}");
    let half_a_field = snap::raw::Encoder::new().compress_vec(&[0x0a, 5, 1]).unwrap();
    let no_message = WriteRequest::from_body(&half_a_field).unwrap_err();
    assert!(matches!(no_message, BodyError::Message(_)), "{no_message}");
}

/// All numbers but NaN, which is not equal to itself.
fn number() -> impl Strategy<Value = f64> {
    any::<f64>().prop_map(|number| if number.is_nan() { 0.5 } else { number })
}

fn labels() -> impl Strategy<Value = Vec<Label>> {
    let label = any::<(String, String)>().prop_map(|(name, value)| Label { name, value });
    vec(label, 0..4)
}

fn spans() -> impl Strategy<Value = Vec<BucketSpan>> {
    let span = any::<(i32, u32)>().prop_map(|(offset, length)| BucketSpan { offset, length });
    vec(span, 0..3)
}

fn count() -> impl Strategy<Value = Count> {
    prop_oneof![
        any::<u64>().prop_map(Count::Whole),
        number().prop_map(Count::Float)
    ]
}

fn zero_count() -> impl Strategy<Value = ZeroCount> {
    prop_oneof![
        any::<u64>().prop_map(ZeroCount::Whole),
        number().prop_map(ZeroCount::Float)
    ]
}

fn histogram() -> impl Strategy<Value = Histogram> {
    let side = || (spans(), vec(any::<i64>(), 0..3), vec(number(), 0..3));
    let counts = (option::of(count()), option::of(zero_count()), side(), side());
    let rest = (
        number(),
        any::<i32>(),
        number(),
        0..4,
        any::<i64>(),
        vec(number(), 0..3),
    );
    (counts, rest).prop_map(|((count, zero_count, negative, positive), rest)| {
        let (sum, schema, zero_threshold, reset_hint, timestamp, custom_values) = rest;
        let (negative_spans, negative_deltas, negative_counts) = negative;
        let (positive_spans, positive_deltas, positive_counts) = positive;
        Histogram {
            count,
            sum,
            schema,
            zero_threshold,
            zero_count,
            negative_spans,
            negative_deltas,
            negative_counts,
            positive_spans,
            positive_deltas,
            positive_counts,
            reset_hint,
            timestamp,
            custom_values,
        }
    })
}

fn series() -> impl Strategy<Value = TimeSeries> {
    let sample = (number(), any::<i64>()).prop_map(|(value, timestamp)| Sample { value, timestamp });
    let exemplar = (labels(), number(), any::<i64>()).prop_map(|(labels, value, timestamp)| Exemplar {
        labels,
        value,
        timestamp,
    });
    (
        labels(),
        vec(sample, 0..3),
        vec(exemplar, 0..3),
        vec(histogram(), 0..3),
    )
        .prop_map(|(labels, samples, exemplars, histograms)| TimeSeries {
            labels,
            samples,
            exemplars,
            histograms,
        })
}

fn metadata() -> impl Strategy<Value = MetricMetadata> {
    let texts = any::<(String, String, String)>();
    (0..8, texts).prop_map(|(r#type, (metric_family_name, help, unit))| MetricMetadata {
        r#type,
        metric_family_name,
        help,
        unit,
    })
}

proptest! {
    #[test]
    fn a_body_is_read_as_it_was_written(timeseries in vec(series(), 0..4), metadata in vec(metadata(), 0..3)) {
        let request = WriteRequest { timeseries, metadata };
        let body = request.to_body().unwrap();
        prop_assert_eq!(WriteRequest::from_body(&body).unwrap(), request);
    }

    #[test]
    fn any_bytes_are_read_or_refused(body in vec(any::<u8>(), 0..200)) {
        if let Ok(request) = WriteRequest::from_body(&body) {
            prop_assert!(request.to_body().is_ok());
        }
        let compressed = snap::raw::Encoder::new().compress_vec(&body).unwrap();
        if let Err(error) = WriteRequest::from_body(&compressed) {
            prop_assert!(matches!(error, BodyError::Message(_)), "{}", error);
        }
    }
}
