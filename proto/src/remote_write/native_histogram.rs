//! Native histograms as fields of a remote-write 1.0 `TimeSeries`.

use super::{STALE_MARKER_BITS, varint};

const HISTOGRAM_TAG: u8 = 0x22;
const COUNT_TAG: u8 = 0x08;
const SUM_TAG: u8 = 0x19;
const SCHEMA_TAG: u8 = 0x20;
const ZERO_THRESHOLD_TAG: u8 = 0x29;
const ZERO_COUNT_TAG: u8 = 0x30;
const POSITIVE_SPANS_TAG: u8 = 0x5a;
const POSITIVE_DELTAS_TAG: u8 = 0x62;
const TIMESTAMP_TAG: u8 = 0x78;
const SPAN_OFFSET_TAG: u8 = 0x08;
const SPAN_LENGTH_TAG: u8 = 0x10;

/// A native histogram of whole counts at one time, apart from its buckets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NativePoint {
    /// All observations.
    pub count: u64,
    /// Their sum.
    pub sum: f64,
    /// The resolution: buckets grow by the factor 2^(2^-schema).
    pub schema: i8,
    /// The zero bucket's upper bound.
    pub zero_threshold: f64,
    /// The observations in the zero bucket.
    pub zero_count: u64,
    /// When, in milliseconds since the Unix epoch.
    pub unix_milliseconds: i64,
}

/// Appends a `histograms` field: `buckets` are the indexes and counts of buckets of positive observations, ascending.
///
/// The reset hint is left at UNKNOWN: receivers find resets out from the counts.
pub fn put_native_histogram(
    out: &mut Vec<u8>,
    point: NativePoint,
    buckets: impl Iterator<Item = (i32, u64)> + Clone,
) {
    put_message(out, HISTOGRAM_TAG, |out| {
        put_number(out, COUNT_TAG, point.count);
        put_double(out, SUM_TAG, point.sum.to_bits());
        put_number(out, SCHEMA_TAG, zigzag(i64::from(point.schema)));
        put_double(out, ZERO_THRESHOLD_TAG, point.zero_threshold.to_bits());
        put_number(out, ZERO_COUNT_TAG, point.zero_count);
        put_spans(out, buckets.clone().map(|(index, _)| index));
        put_deltas(out, buckets.map(|(_, count)| count));
        put_number(out, TIMESTAMP_TAG, point.unix_milliseconds.cast_unsigned());
    });
}

/// Appends a `histograms` field that ends the series: its sum is the staleness marker.
pub fn put_stale_native_histogram(out: &mut Vec<u8>, unix_milliseconds: i64) {
    put_message(out, HISTOGRAM_TAG, |out| {
        put_number(out, COUNT_TAG, 0);
        put_double(out, SUM_TAG, STALE_MARKER_BITS);
        put_number(out, ZERO_COUNT_TAG, 0);
        put_number(out, TIMESTAMP_TAG, unix_milliseconds.cast_unsigned());
    });
}

/// Where the buckets stand: a span for each run without gaps.
fn put_spans(out: &mut Vec<u8>, indexes: impl Iterator<Item = i32>) {
    let mut indexes = indexes.peekable();
    let mut end = 0i64;
    while let Some(first) = indexes.next() {
        let mut last = first;
        while let Some(next) = indexes.next_if(|next| i64::from(*next) == i64::from(last) + 1) {
            last = next;
        }
        let length = i64::from(last) - i64::from(first) + 1;
        put_message(out, POSITIVE_SPANS_TAG, |out| {
            put_number(out, SPAN_OFFSET_TAG, zigzag(i64::from(first) - end));
            put_number(out, SPAN_LENGTH_TAG, length.cast_unsigned());
        });
        end = i64::from(last) + 1;
    }
}

/// The counts, each as the difference to the one before.
fn put_deltas(out: &mut Vec<u8>, counts: impl Iterator<Item = u64>) {
    let mut counts = counts.peekable();
    if counts.peek().is_none() {
        return;
    }
    put_message(out, POSITIVE_DELTAS_TAG, |out| {
        let mut before = 0u64;
        for count in counts {
            put_varint(out, zigzag(count.wrapping_sub(before).cast_signed()));
            before = count;
        }
    });
}

/// Appends a message field that `write` writes; moves what it wrote when its length takes more than one byte.
fn put_message(out: &mut Vec<u8>, tag: u8, write: impl FnOnce(&mut Vec<u8>)) {
    out.extend_from_slice(&[tag, 0]);
    let start = out.len();
    write(out);
    let (length, bytes) = varint((out.len() - start) as u64);
    drop(out.splice(start - 1..start, length.into_iter().take(bytes)));
}

fn put_number(out: &mut Vec<u8>, tag: u8, value: u64) {
    out.push(tag);
    put_varint(out, value);
}

fn put_double(out: &mut Vec<u8>, tag: u8, bits: u64) {
    out.push(tag);
    out.extend_from_slice(&bits.to_le_bytes());
}

#[expect(
    clippy::indexing_slicing,
    reason = "a varint's length is at most that of its array"
)]
fn put_varint(out: &mut Vec<u8>, value: u64) {
    let (bytes, length) = varint(value);
    out.extend_from_slice(&bytes[..length]);
}

fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)).cast_unsigned()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use prost::Message;

    use super::super::messages::histogram::{Count, ZeroCount};
    use super::super::messages::{Histogram, WriteRequest};
    use super::super::put_time_series;
    use super::*;

    fn decoded(field: &[u8]) -> Histogram {
        let mut bytes = Vec::new();
        put_time_series(&mut bytes, &[], field);
        let mut request = WriteRequest::decode(bytes.as_slice()).unwrap();
        request.timeseries[0].histograms.remove(0)
    }

    /// Buckets as a receiver reads them.
    fn buckets(histogram: &Histogram) -> BTreeMap<i32, u64> {
        let (mut index, mut count) = (0i32, 0i64);
        let mut deltas = histogram.positive_deltas.iter();
        let mut buckets = BTreeMap::new();
        for span in &histogram.positive_spans {
            index += span.offset;
            for _ in 0..span.length {
                count += deltas.next().unwrap();
                buckets.insert(index, u64::try_from(count).unwrap());
                index += 1;
            }
        }
        assert_eq!(deltas.next(), None);
        buckets
    }

    #[test]
    fn a_stale_native_histogram_keeps_the_bits_of_its_sum() {
        let mut field = Vec::new();
        put_stale_native_histogram(&mut field, 7);
        let histogram = decoded(&field);
        assert_eq!(histogram.sum.to_bits(), STALE_MARKER_BITS);
        assert_eq!(
            (histogram.count, histogram.timestamp),
            (Some(Count::CountInt(0)), 7)
        );
    }

    #[test]
    fn buckets_without_gaps_share_a_span() {
        let point = NativePoint {
            count: 6,
            sum: 1.0,
            schema: 3,
            zero_threshold: 0.5,
            zero_count: 0,
            unix_milliseconds: 0,
        };
        let mut field = Vec::new();
        put_native_histogram(&mut field, point, [(-21, 1), (-20, 2), (5, 3)].into_iter());
        let histogram = decoded(&field);
        let spans: Vec<_> = histogram
            .positive_spans
            .iter()
            .map(|span| (span.offset, span.length))
            .collect();
        assert_eq!(spans, [(-21, 2), (24, 1)]);
        assert_eq!(histogram.positive_deltas, [1, 1, 1]);
    }

    proptest! {
        #[test]
        fn what_is_put_is_what_the_generated_message_reads(
            expected in proptest::collection::btree_map(-3000..3000i32, 1..=u64::MAX >> 2, 0..40),
            sum in any::<f64>().prop_filter("comparable", |sum| !sum.is_nan()),
            schema in -4..=8i8,
            (count, zero_count, time) in any::<(u64, u64, i64)>(),
        ) {
            let point = NativePoint { count, sum, schema, zero_threshold: 1e-9, zero_count, unix_milliseconds: time };
            let mut field = Vec::new();
            put_native_histogram(&mut field, point, expected.iter().map(|(index, count)| (*index, *count)));
            let histogram = decoded(&field);
            prop_assert_eq!(buckets(&histogram), expected);
            prop_assert_eq!(histogram.count, Some(Count::CountInt(count)));
            prop_assert_eq!(histogram.zero_count, Some(ZeroCount::ZeroCountInt(zero_count)));
            prop_assert_eq!((histogram.sum, histogram.schema), (sum, i32::from(schema)));
            prop_assert_eq!((histogram.zero_threshold, histogram.reset_hint, histogram.timestamp), (1e-9, 0, time));
        }
    }
}
