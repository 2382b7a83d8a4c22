//! Prometheus remote write 1.0: generated messages, and encoding straight to bytes.

mod native_histogram;

use std::iter;

pub use self::native_histogram::{NativePoint, put_native_histogram, put_stale_native_histogram};

/// The messages as generated from `proto/remote_write.proto`, for tests of what is encoded here.
pub mod messages {
    include!(concat!(env!("OUT_DIR"), "/prometheus.rs"));
}

/// The bits of the value that ends a series: Prometheus' staleness marker.
pub const STALE_MARKER_BITS: u64 = 0x7ff0_0000_0000_0002;

// Tags are field number << 3 | wire type.
const TIME_SERIES_TAG: u8 = 0x0a;
const LABEL_TAG: u8 = 0x0a;
const LABEL_NAME_TAG: u8 = 0x0a;
const LABEL_VALUE_TAG: u8 = 0x12;
const SAMPLE_TAG: u8 = 0x12;
const SAMPLE_VALUE_TAG: u8 = 0x09;
const SAMPLE_TIMESTAMP_TAG: u8 = 0x10;
const EXEMPLAR_TAG: u8 = 0x1a;
const EXEMPLAR_VALUE_TAG: u8 = 0x11;
const EXEMPLAR_TIMESTAMP_TAG: u8 = 0x18;

/// One encoded `samples` field of a `TimeSeries`: made once for a time, then given one value after the other.
#[derive(Clone, Copy, Debug)]
pub struct SampleField {
    bytes: [u8; Self::MAX_BYTES],
    length: usize,
}

impl SampleField {
    const VALUE_AT: usize = 3;
    const TIMESTAMP_AT: usize = Self::VALUE_AT + 8;
    const MAX_BYTES: usize = Self::TIMESTAMP_AT + 1 + MAX_VARINT_BYTES;

    /// A sample of value 0 at `unix_milliseconds`.
    #[must_use]
    #[expect(clippy::indexing_slicing, reason = "the array holds the longest sample")]
    pub fn new(unix_milliseconds: i64) -> Self {
        let (timestamp, timestamp_length) = varint(unix_milliseconds.cast_unsigned());
        let length = Self::TIMESTAMP_AT + 1 + timestamp_length;
        let mut bytes = [0; Self::MAX_BYTES];
        bytes[0] = SAMPLE_TAG;
        // At most 20, which is one byte as a varint.
        bytes[1] = u8::try_from(length - 2).unwrap_or(u8::MAX);
        bytes[2] = SAMPLE_VALUE_TAG;
        bytes[Self::TIMESTAMP_AT] = SAMPLE_TIMESTAMP_TAG;
        bytes[Self::TIMESTAMP_AT + 1..length].copy_from_slice(&timestamp[..timestamp_length]);
        Self { bytes, length }
    }

    /// Sets the value by the bits of its `f64`, so that a staleness marker stays what it is.
    #[must_use]
    pub fn with_bits(mut self, bits: u64) -> Self {
        self.bytes[Self::VALUE_AT..Self::TIMESTAMP_AT].copy_from_slice(&bits.to_le_bytes());
        self
    }

    /// The encoded field.
    #[must_use]
    #[expect(
        clippy::indexing_slicing,
        reason = "new made the length that of a part of the array"
    )]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

/// Appends a `labels` field, which has the same number in `TimeSeries` and `Exemplar`.
pub fn put_label(out: &mut Vec<u8>, name: &str, value: &str) {
    let length = 2 + varint_length(name.len()) + name.len() + varint_length(value.len()) + value.len();
    out.push(LABEL_TAG);
    put_length(out, length);
    out.push(LABEL_NAME_TAG);
    put_length(out, name.len());
    out.extend_from_slice(name.as_bytes());
    out.push(LABEL_VALUE_TAG);
    put_length(out, value.len());
    out.extend_from_slice(value.as_bytes());
}

/// Appends a `timeseries` field of a `WriteRequest`: `labels` are runs of encoded labels that are sorted
/// when put one after the other, `field` is an encoded sample or exemplar.
pub fn put_time_series(out: &mut Vec<u8>, labels: &[&[u8]], field: &[u8]) {
    let length = labels.iter().map(|run| run.len()).sum::<usize>() + field.len();
    out.push(TIME_SERIES_TAG);
    put_length(out, length);
    for run in labels {
        out.extend_from_slice(run);
    }
    out.extend_from_slice(field);
}

/// Appends an `exemplars` field of a `TimeSeries`: `label` is one encoded label.
#[expect(
    clippy::indexing_slicing,
    reason = "a varint's length is at most that of its array"
)]
pub fn put_exemplar(out: &mut Vec<u8>, label: &[u8], value: f64, unix_milliseconds: i64) {
    let (timestamp, timestamp_length) = varint(unix_milliseconds.cast_unsigned());
    out.push(EXEMPLAR_TAG);
    put_length(out, label.len() + 9 + 1 + timestamp_length);
    out.extend_from_slice(label);
    out.push(EXEMPLAR_VALUE_TAG);
    out.extend_from_slice(&value.to_le_bytes());
    out.push(EXEMPLAR_TIMESTAMP_TAG);
    out.extend_from_slice(&timestamp[..timestamp_length]);
}

/// Reads back labels that [`put_label`] wrote, as pairs of name and value; ends at anything else.
pub fn labels(mut bytes: &[u8]) -> impl Iterator<Item = (&str, &str)> {
    iter::from_fn(move || {
        let mut label = take_field(&mut bytes, LABEL_TAG)?;
        let name = take_field(&mut label, LABEL_NAME_TAG)?;
        let value = take_field(&mut label, LABEL_VALUE_TAG)?;
        Some((str::from_utf8(name).ok()?, str::from_utf8(value).ok()?))
    })
}

/// Splits one `timeseries` field, such as [`put_time_series`] writes, into its run of encoded labels and what
/// follows them; `None` for anything else.
#[must_use]
pub fn split_time_series(mut field: &[u8]) -> Option<(&[u8], &[u8])> {
    let series = take_field(&mut field, TIME_SERIES_TAG)?;
    let mut rest = series;
    while rest.first() == Some(&LABEL_TAG) {
        take_field(&mut rest, LABEL_TAG)?;
    }
    series.split_at_checked(series.len() - rest.len())
}

/// Appends `content`, what follows the labels of a series ([`split_time_series`]), without its exemplars; `None` when
/// it cannot be read.
pub fn put_without_exemplars(out: &mut Vec<u8>, content: &[u8]) -> Option<()> {
    let mut rest = content;
    while let Some(tag) = rest.first().copied() {
        let field = rest;
        take_field(&mut rest, tag)?;
        if tag != EXEMPLAR_TAG {
            out.extend_from_slice(field.get(..field.len() - rest.len())?);
        }
    }
    Some(())
}

const MAX_VARINT_BYTES: usize = 10;

#[expect(
    clippy::indexing_slicing,
    reason = "64 bits are at most ten groups of seven, as many as the array has"
)]
fn varint(mut value: u64) -> ([u8; MAX_VARINT_BYTES], usize) {
    let mut bytes = [0; MAX_VARINT_BYTES];
    let mut length = 0;
    while value >= 0x80 {
        bytes[length] = value.to_le_bytes()[0] | 0x80;
        value >>= 7;
        length += 1;
    }
    bytes[length] = value.to_le_bytes()[0];
    (bytes, length + 1)
}

fn varint_length(value: usize) -> usize {
    let bits = usize::BITS - (value | 1).leading_zeros();
    bits.div_ceil(7) as usize
}

#[expect(
    clippy::indexing_slicing,
    reason = "a varint's length is at most that of its array"
)]
fn put_length(out: &mut Vec<u8>, length: usize) {
    let (bytes, count) = varint(length as u64);
    out.extend_from_slice(&bytes[..count]);
}

fn take_field<'a>(bytes: &mut &'a [u8], tag: u8) -> Option<&'a [u8]> {
    let rest = bytes.strip_prefix(&[tag])?;
    let (mut length, mut shift) = (0usize, 0u32);
    for (index, byte) in rest.iter().enumerate().take(MAX_VARINT_BYTES) {
        length |= usize::from(byte & 0x7f).checked_shl(shift)?;
        shift += 7;
        if byte & 0x80 == 0 {
            let (field, after) = rest.get(index + 1..)?.split_at_checked(length)?;
            *bytes = after;
            return Some(field);
        }
    }
    None
}

#[cfg(test)]
mod tests;
