//! The text of every kind of value (SPEC §1).

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{self as common, ArrayValue, KeyValueList};
use proptest::prelude::*;
use prost::Message as _;

use super::messages::{key_value, value};
use crate::otlp::AnyValue;
use crate::wire::DecodeError;

fn any(value: Value) -> common::AnyValue {
    common::AnyValue { value: Some(value) }
}

fn text(value: &common::AnyValue) -> Result<String, DecodeError> {
    let (bytes, mut out) = (value.encode_to_vec(), Vec::new());
    AnyValue::decode(&bytes)?.write_text(&mut out)?;
    let mut scratch = b"left over".to_vec();
    assert_eq!(
        AnyValue::decode(&bytes)?.text(&mut scratch)?,
        out,
        "both ways give one text"
    );
    Ok(String::from_utf8(out).unwrap())
}

fn array(values: Vec<common::AnyValue>) -> common::AnyValue {
    any(Value::ArrayValue(ArrayValue { values }))
}

fn string(text: &str) -> common::AnyValue {
    any(Value::StringValue(text.to_owned()))
}

#[test]
fn values_are_written_as_specified() {
    let (int, double) = (
        |number| any(Value::IntValue(number)),
        |number| any(Value::DoubleValue(number)),
    );
    let list = |values| any(Value::KvlistValue(KeyValueList { values }));
    let entry = |key: &str, value| key_value(key.to_owned(), value);
    for (value, expected) in [
        (int(-42), "-42"),
        (int(i64::MIN), "-9223372036854775808"),
        (double(0.1), "0.1"),
        (double(3.0), "3"),
        (double(-2.50), "-2.5"),
        (double(1e21), "1000000000000000000000"),
        (double(1e-7), "0.0000001"),
        (double(-0.0), "-0"),
        (double(f64::INFINITY), "+Inf"),
        (double(f64::NEG_INFINITY), "-Inf"),
        (double(f64::NAN), "NaN"),
        (any(Value::BoolValue(true)), "true"),
        (any(Value::BoolValue(false)), "false"),
        (string("日本 \"q\" \\ \n"), "日本 \"q\" \\ \n"),
        (
            array(vec![
                string("a"),
                int(1),
                double(2.5),
                any(Value::BoolValue(false)),
            ]),
            "[a12.5false]",
        ),
        (array(vec![array(Vec::new()), string("")]), "[[]]"),
        (
            list(vec![entry("k", Some(string("x"))), entry("n", Some(int(1)))]),
            "{k:xn:1}",
        ),
        (
            list(vec![entry("none", None), entry("", Some(string("v")))]),
            "{none::v}",
        ),
        (any(Value::BytesValue(vec![1, 2])), ""),
        (any(Value::StringValueStrindex(3)), ""),
        (common::AnyValue { value: None }, ""),
    ] {
        assert_eq!(text(&value).as_deref(), Ok(expected), "{value:?}");
    }
}

#[test]
fn the_last_of_several_values_counts() {
    let bytes = [
        string("first").encode_to_vec(),
        any(Value::IntValue(7)).encode_to_vec(),
    ]
    .concat();
    assert_eq!(AnyValue::decode(&bytes), Ok(AnyValue::Int(7)));
}

#[test]
fn nesting_has_a_bound() {
    let nested = |depth| (0..depth).fold(string("x"), |inner, _| array(vec![inner]));
    assert_eq!(
        text(&nested(64)),
        Ok(format!("{}x{}", "[".repeat(64), "]".repeat(64)))
    );
    assert_eq!(text(&nested(65)), Err(DecodeError::TooDeep));
}

/// The same by way of owned messages.
fn naive_text(value: &common::AnyValue) -> String {
    match value.value.clone() {
        Some(Value::StringValue(text)) => text,
        Some(Value::BoolValue(truth)) => truth.to_string(),
        Some(Value::IntValue(number)) => number.to_string(),
        Some(Value::DoubleValue(number)) if number.is_finite() => number.to_string(),
        Some(Value::DoubleValue(number)) => if number > 0.0 { "+Inf" } else { "-Inf" }.to_owned(),
        Some(Value::ArrayValue(array)) => {
            format!("[{}]", array.values.iter().map(naive_text).collect::<String>())
        }
        Some(Value::KvlistValue(list)) => {
            let entry = |entry: &common::KeyValue| {
                format!(
                    "{}:{}",
                    entry.key,
                    naive_text(&entry.value.clone().unwrap_or_default())
                )
            };
            format!("{{{}}}", list.values.iter().map(entry).collect::<String>())
        }
        _ => String::new(),
    }
}

fn significant_digits(text: &str) -> String {
    let digits: String = text
        .split('e')
        .next()
        .unwrap()
        .chars()
        .filter(char::is_ascii_digit)
        .collect();
    digits.trim_matches('0').to_owned()
}

proptest! {
    #[test]
    fn text_of_any_value_is_that_of_the_naive_writer(value in value()) {
        prop_assert_eq!(text(&value), Ok(naive_text(&value)));
    }

    #[test]
    fn doubles_are_shortest_and_without_exponent(number in prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL) {
        let text = text(&any(Value::DoubleValue(number))).unwrap();
        prop_assert_eq!(text.parse::<f64>(), Ok(number));
        prop_assert!(text.bytes().all(|byte| byte.is_ascii_digit() || b".-".contains(&byte)), "{}", text);
        let shortest = ryu::Buffer::new().format(number).to_owned();
        prop_assert_eq!(significant_digits(&text), significant_digits(&shortest));
    }
}
