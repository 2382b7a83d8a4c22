//! Makes attributes, and fills spans up with optional ones to a size.

use fastrand::Rng;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;

/// The most attributes that a span is filled up to.
pub(super) const MOST_SPAN_ATTRIBUTES: usize = 14;

/// An attribute with a string.
pub(super) fn text(key: &str, value: impl Into<String>) -> KeyValue {
    attribute(key, Value::StringValue(value.into()))
}

/// An attribute with an integer.
pub(super) fn int(key: &str, value: impl Into<i64>) -> KeyValue {
    attribute(key, Value::IntValue(value.into()))
}

/// An attribute with a truth value.
pub(super) fn bool(key: &str, value: bool) -> KeyValue {
    attribute(key, Value::BoolValue(value))
}

/// An attribute with a floating-point number.
pub(super) fn double(key: &str, value: f64) -> KeyValue {
    attribute(key, Value::DoubleValue(value))
}

/// Adds attributes from `optional` while they bring the span nearer to `goal` encoded bytes.
pub(super) fn fill_up(span: &mut Span, goal: usize, mut optional: Vec<KeyValue>, rng: &mut Rng) {
    rng.shuffle(&mut optional);
    let mut bytes = span.encoded_len();
    for attribute in optional {
        let longer = bytes + field_bytes(&attribute);
        if span.attributes.len() < MOST_SPAN_ATTRIBUTES && longer.abs_diff(goal) < bytes.abs_diff(goal) {
            span.attributes.push(attribute);
            bytes = longer;
        }
    }
}

/// The bytes of an attribute in a span: a tag of one byte, its length, itself.
fn field_bytes(attribute: &KeyValue) -> usize {
    let bytes = attribute.encoded_len();
    1 + prost::length_delimiter_len(bytes) + bytes
}

fn attribute(key: &str, value: Value) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue { value: Some(value) }),
        ..KeyValue::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_filled_up_to_near_its_goal_and_never_beyond_the_most_attributes() {
        let optional: Vec<_> = (0..30)
            .map(|number| text(&format!("key.{number:02}"), "0123456789"))
            .collect();
        let mut span = Span::default();
        fill_up(&mut span, 100, optional.clone(), &mut Rng::with_seed(1));
        assert!((85..=115).contains(&span.encoded_len()), "{}", span.encoded_len());
        fill_up(&mut span, 10_000, optional, &mut Rng::with_seed(1));
        assert_eq!(span.attributes.len(), MOST_SPAN_ATTRIBUTES);
    }
}
