//! The rows that stand for spans, and the OTLP request that a list of them makes.

use std::time::{Duration, SystemTime};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue, KeyValueList};
use opentelemetry_proto::tonic::trace::v1::{Span, Status};
use serde::Deserialize;
use serde_json::Value;

use crate::harness::spans::{attribute, nanoseconds_from, of_resource, request, span_id};

/// One span; see the README beside the cases.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    service: Option<Value>,
    #[serde(default)]
    resource: Value,
    #[serde(default)]
    trace: u64,
    #[serde(default)]
    span: u64,
    #[serde(default)]
    parent: u64,
    #[serde(default)]
    kind: Value,
    #[serde(default)]
    name: String,
    start_ms: Option<f64>,
    ms: Option<f64>,
    status: Option<String>,
    message: Option<String>,
    #[serde(default)]
    tracestate: String,
    #[serde(default)]
    attrs: Value,
}

impl Row {
    /// The span, its times counted from `sent`, the one moment at which all rows of a step are sent.
    fn span(&self, sent: SystemTime) -> Span {
        let (start, lasts) = (self.start_ms.unwrap_or(-1_000.0), self.ms.unwrap_or(10.0));
        let start_time_unix_nano = later(nanoseconds_from(sent, 0), start);
        Span {
            trace_id: if self.trace == 0 {
                Vec::new()
            } else {
                u128::from(self.trace).to_be_bytes().to_vec()
            },
            span_id: span_id(self.span),
            parent_span_id: span_id(self.parent),
            trace_state: self.tracestate.clone(),
            name: self.name.clone(),
            kind: self.kind(),
            start_time_unix_nano,
            end_time_unix_nano: later(start_time_unix_nano, lasts),
            attributes: attributes(&self.attrs),
            status: self.status(),
            ..Span::default()
        }
    }

    fn kind(&self) -> i32 {
        match &self.kind {
            Value::Null => 0,
            Value::Number(number) => {
                i32::try_from(number.as_i64().expect("kind is whole")).expect("kind fits")
            }
            Value::String(name) => match name.as_str() {
                "unspecified" => 0,
                "internal" => 1,
                "server" => 2,
                "client" => 3,
                "producer" => 4,
                "consumer" => 5,
                other => panic!("no kind is named {other}"),
            },
            other => panic!("not a kind: {other}"),
        }
    }

    /// There when the row names one or its message, even an empty one; the size of the span tells.
    fn status(&self) -> Option<Status> {
        if self.status.is_none() && self.message.is_none() {
            return None;
        }
        let code = match self.status.as_deref() {
            None | Some("unset") => 0,
            Some("ok") => 1,
            Some("error") => 2,
            Some(other) => panic!("no status is named {other}"),
        };
        let message = self.message.clone().unwrap_or_default();
        Some(Status { message, code })
    }

    fn resource(&self) -> Vec<KeyValue> {
        let service = self
            .service
            .iter()
            .map(|value| attribute("service.name", any(value)));
        service.chain(attributes(&self.resource)).collect()
    }
}

/// One request that is due to be `sent` then; consecutive rows of the same resource share it.
pub fn request_of(rows: &[Row], sent: SystemTime) -> ExportTraceServiceRequest {
    // The order of attributes counts, which a map's equality passes over.
    let resource = |row: &Row| (row.service.clone(), row.resource.to_string());
    let same = |one: &Row, other: &Row| resource(one) == resource(other);
    let of_group = |rows: &[Row]| {
        of_resource(
            rows[0].resource(),
            rows.iter().map(|row| row.span(sent)).collect(),
        )
    };
    request(rows.chunk_by(same).map(of_group).collect())
}

/// `milliseconds` after `nanoseconds`, or before when they are negative.
fn later(nanoseconds: u64, milliseconds: f64) -> u64 {
    let shift = Duration::from_secs_f64(milliseconds.abs() / 1e3).as_nanos();
    let shift = u64::try_from(shift).expect("no case goes beyond centuries");
    if milliseconds < 0.0 {
        nanoseconds - shift
    } else {
        nanoseconds + shift
    }
}

/// A map's attributes, or those of a list of pairs.
fn attributes(value: &Value) -> Vec<KeyValue> {
    match value {
        Value::Null => Vec::new(),
        Value::Object(map) => map
            .iter()
            .map(|(key, value)| attribute(key, any(value)))
            .collect(),
        Value::Array(pairs) => pairs.iter().map(pair).collect(),
        other => panic!("not attributes: {other}"),
    }
}

fn pair(pair: &Value) -> KeyValue {
    attribute(
        pair[0].as_str().expect("a pair begins with its key"),
        any(&pair[1]),
    )
}

/// The OTLP value of the same type.
fn any(value: &Value) -> Option<Any> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(value) => Any::BoolValue(*value),
        Value::String(value) => Any::StringValue(value.clone()),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => Any::IntValue(whole),
            None => Any::DoubleValue(number.as_f64().expect("number is a double")),
        },
        Value::Array(values) => {
            let values = values
                .iter()
                .map(|value| AnyValue { value: any(value) })
                .collect();
            Any::ArrayValue(ArrayValue { values })
        }
        Value::Object(_) => Any::KvlistValue(KeyValueList {
            values: attributes(value),
        }),
    })
}

#[test]
fn values_keep_the_types_that_yaml_gives_them() {
    let text = "{i: -42, f: 3.0, big: 1.0e+21, b: true, s: \"404\", n: null, t: y, 0zone: z, l: [a, 2.5]}";
    let value: Value = serde_saphyr::from_str_with_options(text, super::case::yaml()).unwrap();
    assert_eq!(any(&value["i"]), Some(Any::IntValue(-42)));
    assert_eq!(any(&value["f"]), Some(Any::DoubleValue(3.0)));
    assert_eq!(any(&value["big"]), Some(Any::DoubleValue(1e21)));
    assert_eq!(any(&value["b"]), Some(Any::BoolValue(true)));
    assert_eq!(any(&value["s"]), Some(Any::StringValue("404".to_owned())));
    assert_eq!(any(&value["n"]), None);
    assert_eq!(any(&value["t"]), Some(Any::StringValue("y".to_owned())));
    assert_eq!(any(&value["0zone"]), Some(Any::StringValue("z".to_owned())));
    assert!(matches!(any(&value["l"]), Some(Any::ArrayValue(list)) if list.values.len() == 2));
}

#[test]
fn a_span_is_just_what_its_row_says() {
    let row = |text: &str| -> Row { serde_saphyr::from_str_with_options(text, super::case::yaml()).unwrap() };
    let sent = SystemTime::now();
    let status = |text: &str| row(text).span(sent).status;
    assert_eq!(status("{service: a}"), None);
    assert_eq!(status("{status: unset}"), Some(Status::default()));
    assert_eq!(status("{message: ''}"), Some(Status::default()));
    assert_eq!(
        status("{status: error, message: m}").map(|status| (status.code, status.message)),
        Some((2, "m".to_owned()))
    );
    let span = row("{start_ms: -900, ms: 0.002}").span(sent);
    assert_eq!(span.end_time_unix_nano - span.start_time_unix_nano, 2_000);
    let span = row("{ms: -20}").span(sent);
    assert_eq!(span.start_time_unix_nano - span.end_time_unix_nano, 20_000_000);
}
