//! Builders of OTLP messages: spans, resources and requests.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};

/// Nanoseconds since 1970 of a moment `offset_milliseconds` from now.
pub fn nanoseconds_from_now(offset_milliseconds: i64) -> u64 {
    nanoseconds_from(SystemTime::now(), offset_milliseconds)
}

/// Nanoseconds since 1970 of a moment `offset_milliseconds` from `origin`.
pub fn nanoseconds_from(origin: SystemTime, offset_milliseconds: i64) -> u64 {
    let since = origin
        .duration_since(UNIX_EPOCH)
        .expect("the origin is after 1970");
    let shifted = i64::try_from(since.as_nanos()).expect("before 2262") + offset_milliseconds * 1_000_000;
    u64::try_from(shifted).expect("after 1970")
}

/// A span that started a second ago and took ten milliseconds.
pub fn span(trace: u64, id: u64, kind: SpanKind) -> Span {
    let start = nanoseconds_from_now(-1_000);
    Span {
        trace_id: u128::from(trace).to_be_bytes().to_vec(),
        span_id: span_id(id),
        kind: kind.into(),
        start_time_unix_nano: start,
        end_time_unix_nano: start + 10_000_000,
        ..Span::default()
    }
}

/// A span id's bytes; 0 is the empty id.
pub fn span_id(id: u64) -> Vec<u8> {
    if id == 0 {
        Vec::new()
    } else {
        id.to_be_bytes().to_vec()
    }
}

/// Changes to a span, one after the other.
pub trait SpanExt {
    fn parent(self, id: u64) -> Self;
    fn lasting(self, duration: Duration) -> Self;
    fn started(self, offset_milliseconds: i64) -> Self;
    fn attribute(self, key: &str, value: &str) -> Self;
}

impl SpanExt for Span {
    fn parent(mut self, id: u64) -> Self {
        self.parent_span_id = span_id(id);
        self
    }

    fn lasting(mut self, duration: Duration) -> Self {
        let duration = u64::try_from(duration.as_nanos()).expect("short");
        self.end_time_unix_nano = self.start_time_unix_nano + duration;
        self
    }

    fn started(mut self, offset_milliseconds: i64) -> Self {
        let duration = self.end_time_unix_nano - self.start_time_unix_nano;
        self.start_time_unix_nano = nanoseconds_from_now(offset_milliseconds);
        self.end_time_unix_nano = self.start_time_unix_nano + duration;
        self
    }

    fn attribute(mut self, key: &str, value: &str) -> Self {
        self.attributes.push(text_attribute(key, value));
        self
    }
}

/// An attribute with a string.
pub fn text_attribute(key: &str, value: &str) -> KeyValue {
    attribute(key, Some(Value::StringValue(value.to_owned())))
}

/// An attribute with any value, or with none.
pub fn attribute(key: &str, value: Option<Value>) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue { value }),
        ..KeyValue::default()
    }
}

/// `spans` of one service.
pub fn of_service(service: &str, spans: Vec<Span>) -> ResourceSpans {
    of_resource(vec![text_attribute("service.name", service)], spans)
}

/// `spans` of one resource.
pub fn of_resource(attributes: Vec<KeyValue>, spans: Vec<Span>) -> ResourceSpans {
    ResourceSpans {
        resource: Some(Resource {
            attributes,
            ..Resource::default()
        }),
        scope_spans: vec![ScopeSpans {
            spans,
            ..ScopeSpans::default()
        }],
        ..ResourceSpans::default()
    }
}

/// A request of these resources' spans.
pub fn request(resource_spans: Vec<ResourceSpans>) -> ExportTraceServiceRequest {
    ExportTraceServiceRequest { resource_spans }
}

/// A request with both halves of one edge from `shop` to `cart`.
pub fn pair(trace: u64) -> ExportTraceServiceRequest {
    let client = span(trace, 1, SpanKind::Client).lasting(Duration::from_millis(300));
    let server = span(trace, 2, SpanKind::Server)
        .parent(1)
        .lasting(Duration::from_millis(150));
    request(vec![
        of_service("shop", vec![client]),
        of_service("cart", vec![server]),
    ])
}
