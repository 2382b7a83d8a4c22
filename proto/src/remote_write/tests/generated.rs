//! The `.proto` file, against messages that were written from the specification alone.

use prost::Message;
use spangraph_test_support::remote_write as specified;

use crate::remote_write::messages;

fn label() -> specified::Label {
    specified::Label {
        name: "zone".to_owned(),
        value: "b".to_owned(),
    }
}

/// A histogram that has every field but those of the other kind of number.
fn histogram(count: specified::Count, zero_count: specified::ZeroCount) -> specified::Histogram {
    let spans = vec![specified::BucketSpan {
        offset: -3,
        length: 2,
    }];
    specified::Histogram {
        count: Some(count),
        sum: 2.5,
        schema: -4,
        zero_threshold: 0.5,
        zero_count: Some(zero_count),
        negative_spans: spans.clone(),
        negative_deltas: vec![1, -1],
        negative_counts: vec![1.5],
        positive_spans: spans,
        positive_deltas: vec![2, -2],
        positive_counts: vec![3.5],
        reset_hint: specified::ResetHint::Gauge.into(),
        timestamp: -5,
        custom_values: vec![4.5],
    }
}

fn request() -> specified::WriteRequest {
    let whole = histogram(specified::Count::Whole(7), specified::ZeroCount::Whole(8));
    let float = histogram(specified::Count::Float(7.5), specified::ZeroCount::Float(8.5));
    let exemplar = specified::Exemplar {
        labels: vec![label()],
        value: 1.5,
        timestamp: -6,
    };
    let series = specified::TimeSeries {
        exemplars: vec![exemplar],
        histograms: vec![whole, float],
        ..specified::TimeSeries::with_sample(&[("zone", "b")], 0.5, -7)
    };
    let metadata = specified::MetricMetadata {
        r#type: specified::MetricType::Summary.into(),
        metric_family_name: "calls".to_owned(),
        help: "Calls.".to_owned(),
        unit: "1".to_owned(),
    };
    specified::WriteRequest {
        timeseries: vec![series],
        metadata: vec![metadata],
    }
}

#[test]
fn the_generated_messages_have_the_fields_of_the_specification() {
    let bytes = request().encode_to_vec();
    let read = messages::WriteRequest::decode(bytes.as_slice()).unwrap();
    assert_eq!(read.encode_to_vec(), bytes, "no field is missing");
    assert_eq!(
        read.metadata[0].r#type(),
        messages::metric_metadata::MetricType::Summary
    );
    let series = &read.timeseries[0];
    assert_eq!(
        (series.samples[0].timestamp, series.exemplars[0].timestamp),
        (-7, -6)
    );
    for histogram in &series.histograms {
        assert_eq!((histogram.schema, histogram.timestamp), (-4, -5));
        assert_eq!(histogram.reset_hint(), messages::histogram::ResetHint::Gauge);
        let (negative, positive) = (histogram.negative_spans[0], histogram.positive_spans[0]);
        assert_eq!((negative.offset, positive.offset), (-3, -3));
        assert_eq!(histogram.negative_deltas, [1, -1]);
        assert_eq!(histogram.positive_deltas, [2, -2]);
    }
}
