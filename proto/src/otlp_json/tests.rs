//! The JSON mapping by example, and against messages that are written as JSON in every style.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use proptest::prelude::*;
use prost::Message as _;

use super::*;

mod messages;
mod mistakes;
mod spellings;
mod writing;

fn request(json: &str) -> Result<ExportTraceServiceRequest, JsonError> {
    to_protobuf(json.as_bytes())
        .map(|transcoded| ExportTraceServiceRequest::decode(transcoded.protobuf).expect("valid protobuf"))
}

fn body(span_fields: &str) -> String {
    format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{{{span_fields}}}]}}]}}]}}"#)
}

fn span(span_fields: &str) -> Result<Span, JsonError> {
    Ok(request(&body(span_fields))?
        .resource_spans
        .remove(0)
        .scope_spans
        .remove(0)
        .spans
        .remove(0))
}

fn value(json: &str) -> Result<Option<Value>, JsonError> {
    let fields = format!(r#""attributes":[{{"key":"k","value":{json}}}]"#);
    Ok(span(&fields)?
        .attributes
        .remove(0)
        .value
        .and_then(|any| any.value))
}

/// The message about the only span's field, without its position.
fn refusal(span_fields: &str) -> String {
    let error = span(span_fields).expect_err(span_fields);
    let field = error
        .field
        .strip_prefix("resourceSpans[0].scopeSpans[0].spans[0].");
    format!("{}: {}", field.unwrap_or(&error.field), error.message)
}

#[test]
fn the_example_of_the_otlp_repository_is_read() {
    let request = request(include_str!("tests/trace.json")).unwrap();
    let resource = &request.resource_spans[0];
    assert_eq!(
        resource.resource.as_ref().unwrap().attributes[0].key,
        "service.name"
    );
    let scope = &resource.scope_spans[0];
    assert_eq!(scope.scope.as_ref().unwrap().version, "1.0.0");
    let span = &scope.spans[0];
    assert_eq!(
        hex::encode_upper(&span.trace_id),
        "5B8EFFF798038103D269B633813FC60C"
    );
    assert_eq!(hex::encode_upper(&span.parent_span_id), "EEE19B7EC3C1B173");
    assert_eq!(span.kind, 2);
    assert_eq!(span.end_time_unix_nano - span.start_time_unix_nano, 1_000_000_000);
}

#[test]
fn an_error_tells_line_and_column_and_field() {
    let error = request("{\n \"resourceSpans\": [{\n  \"scopeSpans\": 7}]}").unwrap_err();
    assert_eq!(
        (error.line, error.column, error.field.as_str()),
        (3, 17, "resourceSpans[0].scopeSpans")
    );
    let text = "resourceSpans[0].scopeSpans: invalid value: integer `7`, expected an array of ScopeSpans objects at \
                line 3 column 17";
    assert_eq!(error.to_string(), text);
    let error = request("{}\n{}").unwrap_err();
    assert_eq!(error.to_string(), "trailing characters at line 2 column 1");
}

#[test]
fn numbers_that_json_does_not_have_are_told_with_how_to_write_them() {
    let body = |value: &str| {
        format!(
            "{{\"resourceSpans\":[{{\"resource\":{{\"attributes\":[{{\"key\":\"x\",\"value\":{{\n\"doubleValue\": {value}}}}}]}}}}]}}"
        )
    };
    for (value, column) in [("NaN", 16), ("Infinity", 16), ("-Infinity", 17)] {
        let error = request(&body(value)).unwrap_err();
        assert_eq!((error.line, error.column), (2, column), "{error}");
        let told = error.to_string();
        assert!(
            told.starts_with("resourceSpans[0].resource.attributes[0].value.doubleValue: ")
                && told.contains("write them as the texts \"NaN\", \"Infinity\""),
            "{told}"
        );
        assert!(request(&body(&format!("\"{value}\""))).is_ok());
    }
    let other = request(&body("nul")).unwrap_err().to_string();
    assert!(!other.contains("NaN"), "{other}");
}

#[test]
fn what_an_error_quotes_is_short_and_on_one_line() {
    for fields in [
        format!(r#""kind":"{}""#, "x".repeat(5_000)),
        format!(r#""{}":[}}"#, "\\n".repeat(5_000)),
    ] {
        let text = span(&fields).unwrap_err().to_string();
        assert!(text.chars().count() < 500 && !text.contains('\n'), "{text}");
    }
}

#[test]
fn only_one_whole_object_is_a_request() {
    for json in [
        "",
        " ",
        "null",
        "[]",
        "7",
        "\"\"",
        "{",
        "{}x",
        "{\"resourceSpans\":[{}",
        "\u{feff}{}",
    ] {
        assert!(request(json).is_err(), "{json:?}");
    }
    assert_eq!(request(" {} "), Ok(ExportTraceServiceRequest::default()));
}

/// A request whose one attribute is `innermost` in so many lists.
fn nested(open: &str, close: &str, depth: usize, innermost: &str) -> Transcoded {
    let json = format!("{}{innermost}{}", open.repeat(depth), close.repeat(depth));
    let fields = format!(r#""name":"a","events":[{{"attributes":[{{"value":{json}}}]}}]"#);
    to_protobuf(body(&fields).as_bytes()).unwrap_or_else(|error| panic!("{depth} × {open}: {error}"))
}

#[test]
fn a_value_that_is_nested_too_deeply_costs_itself_and_what_is_read_can_be_decoded() {
    let (lists, ends) = ("[".repeat(10_000), "]".repeat(10_000));
    let objects = format!("{}1{}", r#"{"a":"#.repeat(10_000), "}".repeat(10_000));
    for (open, close) in [
        (r#"{"arrayValue":{"values":["#, "]}}"),
        (r#"{"kvlistValue":{"values":[{"value":"#, "}]}}"),
    ] {
        for depth in (20..60).chain([100_000]) {
            for innermost in [
                "{}".to_owned(),
                format!(r#"{{"stringValue":{lists}{ends}}}"#),
                format!(r#"{{"arrayValue":{{"values":{lists}{ends}}}}}"#),
                format!(r#"{{"kvlistValue":{objects}}}"#),
                format!("{lists}{ends}"),
                objects.clone(),
            ] {
                let transcoded = nested(open, close, depth, &innermost);
                let request = ExportTraceServiceRequest::decode(transcoded.protobuf).unwrap();
                assert_eq!(request.resource_spans[0].scope_spans[0].spans[0].name, "a");
                assert_eq!(transcoded.refused_spans, 0);
            }
        }
        assert_eq!(nested(open, close, 20, "{}").values_passed_over, 0);
        assert_eq!(nested(open, close, 100_000, "{}").values_passed_over, 1);
    }
    let ignored = format!(r#"{{"unknown":{lists}{ends}}}"#);
    assert_eq!(request(&ignored), Ok(ExportTraceServiceRequest::default()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_message_in_json_of_any_style_gives_the_same_message(
        message in messages::request(),
        styles in proptest::collection::vec(any::<bool>(), 1..40),
    ) {
        let json = writing::Writer::new(styles).request(&message).to_string();
        let transcoded = to_protobuf(json.as_bytes()).unwrap();
        prop_assert_eq!((transcoded.refused_spans, transcoded.values_passed_over), (0, 0));
        let ours = transcoded.protobuf;
        prop_assert_eq!(ours.len(), message.encoded_len());
        prop_assert!(ours.len() <= json.len(), "{} bytes of JSON became {}", json.len(), ours.len());
        let decoded = ExportTraceServiceRequest::decode(ours).unwrap();
        prop_assert_eq!(decoded.encode_to_vec(), message.encode_to_vec());
    }

    #[test]
    fn garbage_is_refused_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(to_protobuf(&bytes).is_err());
    }

    #[test]
    fn a_damaged_request_gives_protobuf_or_an_error_but_no_panic(
        message in messages::request(),
        at in any::<prop::sample::Index>(),
        replacement in "[\\[\\]{}\":,0-9a-z\\\\. -]{0,3}",
    ) {
        let mut json = writing::Writer::new(vec![true]).request(&message).to_string().into_bytes();
        let at = at.index(json.len());
        json.splice(at..at + 1, replacement.into_bytes());
        if let Ok(transcoded) = to_protobuf(&json) {
            prop_assert!(ExportTraceServiceRequest::decode(transcoded.protobuf).is_ok());
        }
    }
}
