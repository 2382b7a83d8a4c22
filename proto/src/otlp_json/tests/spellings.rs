//! Every way to write a field or a value that the mapping allows.

use super::*;

type SetFields = fn(&mut Span);

/// The fields of a span in JSON, and what they set.
const SPAN_FIELDS: [(&str, SetFields); 15] = [
    (r#""name":"a\u00e9\n""#, |span| span.name = "aé\n".to_owned()),
    (
        r#""name":null,"kind":null,"traceId":null,"attributes":null,"status":null"#,
        |_| {},
    ),
    (r#""traceId":"5b8EFF""#, |span| {
        span.trace_id = vec![0x5b, 0x8e, 0xff]
    }),
    (r#""trace_id":"00""#, |span| span.trace_id = vec![0]),
    (r#""parentSpanId":"""#, |_| {}),
    (r#""kind":3"#, |span| span.kind = 3),
    (r#""kind":"SPAN_KIND_CLIENT""#, |span| span.kind = 3),
    (r#""kind":-7"#, |span| span.kind = -7),
    (r#""startTimeUnixNano":"18446744073709551615""#, |span| {
        span.start_time_unix_nano = u64::MAX
    }),
    (r#""start_time_unix_nano":18446744073709551615"#, |span| {
        span.start_time_unix_nano = u64::MAX
    }),
    (r#""endTimeUnixNano":1.5e3"#, |span| {
        span.end_time_unix_nano = 1_500
    }),
    (r#""flags":"257","dropped_links_count":4294967295"#, |span| {
        (span.flags, span.dropped_links_count) = (257, u32::MAX);
    }),
    (r#""unknown":{"deep":[1,{"kind":"?"}]},"name":"a""#, |span| {
        span.name = "a".to_owned()
    }),
    (r#""Name":"a","trace-id":1"#, |_| {}),
    (r#""name":null,"name":"a""#, |span| span.name = "a".to_owned()),
];

const NUMBERS: [(&str, Value); 6] = [
    (
        r#"{"intValue":"-9223372036854775808"}"#,
        Value::IntValue(i64::MIN),
    ),
    (r#"{"intValue":0}"#, Value::IntValue(0)),
    (r#"{"int_value":7.0}"#, Value::IntValue(7)),
    (r#"{"doubleValue":3}"#, Value::DoubleValue(3.0)),
    (r#"{"doubleValue":"0.1"}"#, Value::DoubleValue(0.1)),
    (
        r#"{"doubleValue":"-Infinity"}"#,
        Value::DoubleValue(f64::NEG_INFINITY),
    ),
];

#[test]
fn every_spelling_of_a_span_field_is_read() {
    for (fields, set) in SPAN_FIELDS {
        let mut expected = Span::default();
        set(&mut expected);
        assert_eq!(span(fields).as_ref(), Ok(&expected), "{fields}");
    }
}

#[test]
fn every_spelling_of_a_number_is_read() {
    for (json, expected) in NUMBERS {
        assert_eq!(value(json), Ok(Some(expected)), "{json}");
    }
    let Ok(Some(Value::DoubleValue(not_a_number))) = value(r#"{"doubleValue":"NaN"}"#) else {
        panic!("no double")
    };
    assert!(not_a_number.is_nan());
}

#[test]
fn every_spelling_of_a_text_of_bytes_and_of_a_list_is_read() {
    let bytes = || Value::BytesValue(vec![0xfb, 0xff]);
    for (json, expected) in [
        (r#"{"stringValue":""}"#, Value::StringValue(String::new())),
        (r#"{"boolValue":false}"#, Value::BoolValue(false)),
        (r#"{"bytesValue":"+/8="}"#, bytes()),
        (r#"{"bytesValue":"-_8"}"#, bytes()),
        (r#"{"arrayValue":{}}"#, Value::ArrayValue(Default::default())),
        (
            r#"{"arrayValue":{"values":[]}}"#,
            Value::ArrayValue(Default::default()),
        ),
        (
            r#"{"kvlistValue":{"values":null}}"#,
            Value::KvlistValue(Default::default()),
        ),
    ] {
        assert_eq!(value(json), Ok(Some(expected)), "{json}");
    }
}

#[test]
fn null_is_no_value() {
    let number = value(r#"{"stringValue":null,"intValue":1}"#);
    assert_eq!(number, Ok(Some(Value::IntValue(1))));
    for json in ["{}", "null"] {
        assert_eq!(value(json), Ok(None), "{json}");
    }
}
