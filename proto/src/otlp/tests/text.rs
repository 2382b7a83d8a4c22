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
    Ok(String::from_utf8(cut_text(value, usize::MAX)?).unwrap())
}

fn cut_text(value: &common::AnyValue, most_bytes: usize) -> Result<Vec<u8>, DecodeError> {
    let (bytes, mut out) = (value.encode_to_vec(), Vec::new());
    AnyValue::decode(&bytes)?.write_text(&mut out, most_bytes)?;
    Ok(out)
}

fn array(values: Vec<common::AnyValue>) -> common::AnyValue {
    any(Value::ArrayValue(ArrayValue { values }))
}

fn string(text: &str) -> common::AnyValue {
    any(Value::StringValue(text.to_owned()))
}

const NUMBERS: [(Value, &str); 11] = [
    (Value::IntValue(-42), "-42"),
    (Value::IntValue(i64::MIN), "-9223372036854775808"),
    (Value::DoubleValue(0.1), "0.1"),
    (Value::DoubleValue(3.0), "3"),
    (Value::DoubleValue(-2.50), "-2.5"),
    (Value::DoubleValue(1e21), "1000000000000000000000"),
    (Value::DoubleValue(1e-7), "0.0000001"),
    (Value::DoubleValue(-0.0), "-0"),
    (Value::DoubleValue(f64::INFINITY), "+Inf"),
    (Value::DoubleValue(f64::NEG_INFINITY), "-Inf"),
    (Value::DoubleValue(f64::NAN), "NaN"),
];

fn assert_text(value: &common::AnyValue, expected: &str) {
    assert_eq!(text(value).as_deref(), Ok(expected), "{value:?}");
}

#[test]
fn numbers_are_written_as_specified() {
    for (number, expected) in NUMBERS {
        assert_text(&any(number), expected);
    }
}

#[test]
fn truths_and_texts_are_written_as_they_are() {
    assert_text(&any(Value::BoolValue(true)), "true");
    assert_text(&any(Value::BoolValue(false)), "false");
    assert_text(&string("日本 \"q\" \\ \n"), "日本 \"q\" \\ \n");
}

#[test]
fn arrays_and_lists_are_written_without_marks_between_their_elements() {
    let int = || any(Value::IntValue(1));
    let list = |values| any(Value::KvlistValue(KeyValueList { values }));
    let entry = |key: &str, value| key_value(key.to_owned(), value);
    let mixed = vec![
        string("a"),
        int(),
        any(Value::DoubleValue(2.5)),
        any(Value::BoolValue(false)),
    ];
    let entries = vec![entry("k", Some(string("x"))), entry("n", Some(int()))];
    let nameless = vec![entry("none", None), entry("", Some(string("v")))];
    assert_text(&array(mixed), "[a12.5false]");
    assert_text(&array(vec![array(Vec::new()), string("")]), "[[]]");
    assert_text(&list(entries), "{k:xn:1}");
    assert_text(&list(nameless), "{none::v}");
}

#[test]
fn bytes_and_what_is_no_value_have_no_text() {
    assert_text(&any(Value::BytesValue(vec![1, 2])), "");
    assert_text(&any(Value::StringValueStrindex(3)), "");
    assert_text(&common::AnyValue { value: None }, "");
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

/// Arrays and lists in turn, nested so deeply; prost would not write it without recursion.
fn nested(depth: usize) -> Vec<u8> {
    let field = |number: u8, content: &[u8]| {
        let mut bytes = vec![number << 3 | 2];
        prost::encoding::encode_varint(content.len() as u64, &mut bytes);
        [bytes.as_slice(), content].concat()
    };
    (0..depth).fold(field(1, b"x"), |inner, level| match level % 2 {
        0 => field(5, &field(1, &inner)),
        _ => field(6, &field(1, &field(2, &inner))),
    })
}

#[test]
fn ten_thousand_levels_are_written_to_the_cut_and_need_no_stack() {
    let work = || {
        let (value, mut out) = (nested(10_000), Vec::new());
        let value = AnyValue::decode(&value).unwrap();
        value.write_text(&mut out, 10).unwrap();
        assert_eq!(out, b"{:[{:[{:[{");
        out.clear();
        value.write_text(&mut out, usize::MAX).unwrap();
        let expected = format!("{}x{}", "{:[".repeat(5_000), "]}".repeat(5_000));
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    };
    let small = std::thread::Builder::new().stack_size(256 * 1024);
    small.spawn(work).unwrap().join().unwrap();
}

#[test]
fn no_more_elements_are_read_than_there_may_be_bytes() {
    let nothing = array(vec![common::AnyValue::default(); 1_500]);
    assert_eq!(text(&nothing).as_deref(), Ok("[]"));
    let many = array([vec![common::AnyValue::default(); 1_500], vec![string("x")]].concat());
    assert_eq!(cut_text(&many, 1_200).as_deref(), Ok(&b"["[..]));
    assert_eq!(cut_text(&many, 1_600).as_deref(), Ok(&b"[x]"[..]));
}

#[test]
fn what_is_behind_the_cut_is_not_even_read() {
    let cut_short = [0x0a, 3, 0x0a, 1, b'a', 0x0a, 9];
    let mut out = Vec::new();
    AnyValue::Array(&cut_short).write_text(&mut out, 2).unwrap();
    assert_eq!(out, b"[a");
    assert_eq!(
        AnyValue::Array(&cut_short).write_text(&mut out, 9),
        Err(DecodeError::Truncated)
    );
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
    fn a_cut_text_is_the_start_of_the_whole_one(value in value(), most_bytes in 0_usize..40) {
        let whole = naive_text(&value).into_bytes();
        let expected = whole[..whole.len().min(most_bytes)].to_vec();
        prop_assert_eq!(cut_text(&value, most_bytes), Ok(expected));
    }

    #[test]
    fn doubles_are_shortest_and_without_exponent(number in prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL) {
        let text = text(&any(Value::DoubleValue(number))).unwrap();
        prop_assert_eq!(text.parse::<f64>(), Ok(number));
        prop_assert!(text.bytes().all(|byte| byte.is_ascii_digit() || b".-".contains(&byte)), "{}", text);
        let shortest = ryu::Buffer::new().format(number).to_owned();
        // Where two of the shortest are as near, as ….2 and ….3 are to ….25, either may be chosen.
        prop_assert_eq!(significant_digits(&text).len(), significant_digits(&shortest).len());
    }
}
