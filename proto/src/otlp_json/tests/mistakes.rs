//! What a value costs that does not have the form of its field, and what is said of it.

use opentelemetry_proto::tonic::common::v1::KeyValue;

use super::*;

const GOOD: &str = r#"{"name":"good"}"#;

/// The fields of a span that is refused, and how the reason begins.
const MISTAKES_THAT_COST_A_SPAN: [(&str, &str); 13] = [
    (
        r#""traceId":"abc""#,
        "traceId: hex digits expected: Odd number of digits",
    ),
    (
        r#""spanId":"0x0a""#,
        "spanId: hex digits expected: Invalid character 'x' at position 1",
    ),
    (
        r#""traceId":"Z6z8LqVvEI+kU1/Ci6mXBQ==""#,
        r#"traceId: hex digits expected, but "Z6z8LqVvEI+kU1/Ci6mXBQ==" looks like base64: OTLP's JSON writes ids in hex"#,
    ),
    (
        r#""spanId":"7uGbfsPBsXM""#,
        r#"spanId: hex digits expected, but "7uGbfsPBsXM" looks like base64: OTLP's JSON writes ids in hex"#,
    ),
    (
        r#""kind":"SERVER""#,
        r#"kind: invalid value: string "SERVER", expected a value of the enum, as number or name"#,
    ),
    (
        r#""startTimeUnixNano":-1"#,
        "startTimeUnixNano: invalid value: integer `-1`, expected an unsigned integer of 64 bits, as number or string",
    ),
    (
        r#""endTimeUnixNano":{"low":1,"high":2}"#,
        "endTimeUnixNano: invalid type: map, expected an unsigned integer of 64 bits, as number or string",
    ),
    (
        r#""name":["x"]"#,
        "name: invalid type: sequence, expected a string",
    ),
    (
        r#""status":["x",2]"#,
        "status: invalid type: sequence, expected an object, the message Status",
    ),
    (
        r#""status":{"code":[]}"#,
        "status.code: invalid type: sequence, expected a value of the enum, as number or name",
    ),
    (
        r#""attributes":{}"#,
        "attributes: invalid type: map, expected an array of KeyValue objects",
    ),
    (
        r#""attributes":[{"key":"a","value":{"Value":{"StringValue":"a"}}}]"#,
        "attributes[0].value.Value: this is how Go writes its own structs; write the value itself",
    ),
    (
        r#""name":"a","name":"a""#,
        "resourceSpans[0].scopeSpans[0].spans[0]: duplicate field `name`",
    ),
];

/// The fields of a span that is kept without one value.
const MISTAKES_THAT_COST_A_VALUE: [&str; 17] = [
    r#""attributes":[{"key":"a","value":{"doubleValue":{}}}]"#,
    r#""attributes":[{"key":"a","value":{"boolValue":1}}]"#,
    r#""attributes":[{"key":"a","value":{"intValue":"many"}}]"#,
    r#""attributes":[{"key":"a","value":{"stringValue":{"deep":[1,{"x":null}]}}}]"#,
    r#""attributes":[{"key":"a","value":{"bytesValue":"?"}}]"#,
    r#""attributes":[{"key":"a","value":{"arrayValue":7}}]"#,
    r#""attributes":[{"key":"a","value":[1]}]"#,
    r#""attributes":[null]"#,
    r#""attributes":[{"value":{"stringValue":"","intValue":0}}]"#,
    r#""links":[{"span_id":"W44="}]"#,
    r#""traceState":1"#,
    r#""flags":4294967296"#,
    r#""flags":0.5"#,
    r#""events":{}"#,
    r#""events":[7]"#,
    r#""events":[{"timeUnixNano":{"low":1,"high":2},"name":"kept"}]"#,
    r#""droppedAttributesCount":"x""#,
];

/// Requests that are refused whole, and how the reason begins.
const REFUSED_REQUESTS: [(&str, &str); 5] = [
    (r#"{"resourceSpans":{}}"#, "resourceSpans: invalid type: map"),
    (
        r#"{"resourceSpans":[null]}"#,
        "resourceSpans[0]: invalid type: null",
    ),
    (
        r#"{"resourceSpans":[{"resource":7}]}"#,
        "resourceSpans[0].resource: invalid value: integer `7`",
    ),
    (
        r#"{"resourceSpans":[{"scopeSpans":[7]}]}"#,
        "resourceSpans[0].scopeSpans[0]: invalid type: integer `7`",
    ),
    (
        r#"{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"Value":{"StringValue":"a"}}}]}}]}"#,
        "resourceSpans[0].resource.attributes[0].value.Value: this is how Go writes",
    ),
];

/// A request of a good span and one with `fields`.
fn beside(fields: &str) -> Transcoded {
    let spans = format!("{GOOD},{{{fields}}}");
    let json = format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{spans}]}}]}}]}}"#);
    to_protobuf(json.as_bytes()).unwrap_or_else(|error| panic!("{fields}: {error}"))
}

fn spans(transcoded: &Transcoded) -> Vec<Span> {
    let request = ExportTraceServiceRequest::decode(transcoded.protobuf.clone()).unwrap();
    let scopes = request
        .resource_spans
        .into_iter()
        .flat_map(|each| each.scope_spans);
    scopes.flat_map(|each| each.spans).collect()
}

#[test]
fn a_mistake_in_what_a_span_needs_costs_the_span_and_is_named() {
    for (fields, expected) in MISTAKES_THAT_COST_A_SPAN {
        let refused = refusal(fields);
        assert!(refused.starts_with(expected), "{refused}");
        let transcoded = beside(fields);
        assert_eq!(
            (transcoded.refused_spans, spans(&transcoded).len()),
            (1, 1),
            "{fields}"
        );
        let first = transcoded.first_refusal.unwrap();
        assert!(
            first.field.starts_with("resourceSpans[0].scopeSpans[0].spans[1]"),
            "{first}"
        );
    }
}

#[test]
fn what_is_no_span_costs_itself() {
    let json =
        format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[null,{GOOD},7,[[]],"a",true]}}]}}]}}"#);
    let transcoded = to_protobuf(json.as_bytes()).unwrap();
    assert_eq!(
        (transcoded.refused_spans, spans(&transcoded)[0].name.as_str()),
        (5, "good")
    );
    assert_eq!(
        transcoded.first_refusal.unwrap().field,
        "resourceSpans[0].scopeSpans[0].spans[0]"
    );
}

#[test]
fn every_other_mistake_costs_the_value_alone() {
    for fields in MISTAKES_THAT_COST_A_VALUE {
        let transcoded = beside(fields);
        assert_eq!(
            (transcoded.refused_spans, transcoded.first_refusal.as_ref()),
            (0, None),
            "{fields}"
        );
        assert_eq!(
            (transcoded.values_passed_over, spans(&transcoded).len()),
            (1, 2),
            "{fields}"
        );
    }
}

#[test]
fn the_keys_of_an_entity_are_passed_over_one_by_one() {
    let entity = r#"{"resourceSpans":[{"resource":{"entityRefs":[{"idKeys":[7,"a",{},[1]]}]}}]}"#;
    assert_eq!(to_protobuf(entity.as_bytes()).unwrap().values_passed_over, 3);
}

#[test]
fn an_attribute_beside_one_that_is_passed_over_keeps_its_value() {
    let beside_good =
        beside(r#""attributes":[{"key":"a","value":{"intValue":{}}},{"key":"b","value":{"intValue":7}}]"#);
    let value_of = |attribute: &KeyValue| attribute.value.as_ref().unwrap().value.clone();
    let values: Vec<_> = spans(&beside_good)[1].attributes.iter().map(value_of).collect();
    assert_eq!(values, [None, Some(Value::IntValue(7))]);
}

#[test]
fn a_number_that_is_no_integer_of_64_bits_is_kept_as_a_double() {
    for (json, expected) in [
        (r#"{"intValue":1e+21}"#, 1e21),
        (r#"{"intValue":"1e+21"}"#, 1e21),
        (
            r#"{"intValue":18446744073709551615}"#,
            18_446_744_073_709_551_615.0,
        ),
        (r#"{"intValue":0.5}"#, 0.5),
    ] {
        assert_eq!(value(json), Ok(Some(Value::DoubleValue(expected))), "{json}");
    }
}

#[test]
fn a_kind_in_digits_is_read() {
    assert_eq!(span(r#""kind":"3""#).unwrap().kind, 3);
}

#[test]
fn without_these_spans_have_no_place_and_the_request_is_refused() {
    for (json, expected) in REFUSED_REQUESTS {
        let error = to_protobuf(json.as_bytes()).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}

#[test]
fn spans_of_an_old_otlp_are_refused_with_what_to_write() {
    let old = r#""instrumentationLibrarySpans":[{"instrumentationLibrary":{"name":"l"},"spans":[{"name":"a"},{}]}]"#;
    let alone = format!(r#"{{"resourceSpans":[{{{old}}}]}}"#);
    let error = to_protobuf(alone.as_bytes()).unwrap_err().to_string();
    assert!(
        error.starts_with(
            "resourceSpans[0].instrumentationLibrarySpans: this is OTLP before 0.19; write scopeSpans"
        ),
        "{error}"
    );
    let beside = format!(r#"{{"resourceSpans":[{{{old},"scopeSpans":[{{"spans":[{GOOD}]}}]}}]}}"#);
    let transcoded = to_protobuf(beside.as_bytes()).unwrap();
    assert_eq!((transcoded.refused_spans, spans(&transcoded).len()), (2, 1));
    assert!(transcoded.first_refusal.unwrap().message.contains("scopeSpans"));
    let none = r#"{"resourceSpans":[{"instrumentation_library_spans":[]}]}"#;
    assert_eq!(to_protobuf(none.as_bytes()).unwrap().refused_spans, 0);
}

#[test]
fn a_number_beyond_all_doubles_costs_what_a_mistake_costs_in_its_place() {
    let digits = "9".repeat(1_000);
    for number in ["1e400", "-1E+999", &digits] {
        for fields in [
            format!(r#""attributes":[{{"key":"a","value":{{"doubleValue":{number}}}}}]"#),
            format!(r#""attributes":[{{"key":"a","value":{{"intValue":{number}}}}}]"#),
            format!(r#""traceState":{number}"#),
            format!(r#""events":[{number}]"#),
        ] {
            let transcoded = beside(&fields);
            assert_eq!(transcoded.refused_spans, 0, "{fields}");
            assert_eq!((transcoded.values_passed_over, spans(&transcoded).len()), (1, 2));
        }
        for fields in [
            format!(r#""endTimeUnixNano":{number}"#),
            format!(r#""name":{number}"#),
        ] {
            let transcoded = beside(&fields);
            assert_eq!((transcoded.refused_spans, spans(&transcoded).len()), (1, 1));
        }
        let unknown = beside(&format!(r#""unknown":{{"deep":[{number}]}}"#));
        assert_eq!((unknown.values_passed_over, spans(&unknown).len()), (0, 2));
    }
}

#[test]
fn a_text_that_is_none_costs_no_more_than_the_characters_that_are_none() {
    for (text, read) in [
        (&br"a\\ud83d"[..], r"a\ud83d"),
        (br"a\ud83d", "a\u{fffd}"),
        (br"C:\new\dir", "C:\new?dir"),
        (b"a\tb\n", "a b "),
        (b"caf\xe9", "caf?"),
    ] {
        let (before, behind) = (
            br#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":""#,
            br#""}]}]}]}"#,
        );
        let transcoded = to_protobuf(&[&before[..], text, behind].concat()).unwrap();
        assert_eq!(spans(&transcoded)[0].name, read);
    }
}
