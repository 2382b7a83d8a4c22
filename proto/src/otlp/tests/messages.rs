//! Random OTLP messages.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, ArrayValue, InstrumentationScope, KeyValue, KeyValueList,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{
    ResourceSpans, ScopeSpans, Span, Status, span::Event, span::Link,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

pub(super) fn value() -> impl Strategy<Value = AnyValue> {
    let double = any::<f64>().prop_filter("NaN is not equal to itself", |number| !number.is_nan());
    let leaf = prop_oneof![
        ".{0,12}".prop_map(Value::StringValue),
        any::<bool>().prop_map(Value::BoolValue),
        any::<i64>().prop_map(Value::IntValue),
        double.prop_map(Value::DoubleValue),
        vec(any::<u8>(), 0..10).prop_map(Value::BytesValue),
    ];
    let leaf = option::of(leaf).prop_map(|value| AnyValue { value });
    leaf.prop_recursive(3, 12, 4, |inner| {
        let array = vec(inner.clone(), 0..4).prop_map(|values| Value::ArrayValue(ArrayValue { values }));
        let entry = (".{0,4}", inner).prop_map(|(key, value)| key_value(key, Some(value)));
        let list = vec(entry, 0..4).prop_map(|values| Value::KvlistValue(KeyValueList { values }));
        prop_oneof![array, list].prop_map(|value| AnyValue { value: Some(value) })
    })
}

pub(super) fn request() -> impl Strategy<Value = ExportTraceServiceRequest> {
    vec(resource_spans(), 0..4).prop_map(|resource_spans| ExportTraceServiceRequest { resource_spans })
}

pub(super) fn span() -> impl Strategy<Value = Span> {
    let counts = (0_usize..3, 0_usize..3);
    (head(), attributes(), option::of(status()), counts).prop_map(
        |(head, attributes, status, (events, links))| Span {
            status,
            events: vec![event(head.end_time_unix_nano, &attributes); events],
            links: vec![link(&attributes); links],
            attributes,
            ..head
        },
    )
}

/// A span with its ids, its texts and its numbers.
fn head() -> impl Strategy<Value = Span> {
    let ids = (bytes(20), bytes(10), bytes(10));
    let texts = (".{0,12}", "[a-z=;:,0-9]{0,20}");
    let numbers = (any::<i32>(), any::<u64>(), any::<u64>(), any::<u32>());
    (ids, texts, numbers).prop_map(|(ids, (name, trace_state), (kind, start, end, flags))| Span {
        trace_id: ids.0,
        span_id: ids.1,
        parent_span_id: ids.2,
        name,
        trace_state,
        kind,
        start_time_unix_nano: start,
        end_time_unix_nano: end,
        flags,
        ..Default::default()
    })
}

fn bytes(fewer_than: usize) -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..fewer_than)
}

fn status() -> impl Strategy<Value = Status> {
    (".{0,8}", any::<i32>()).prop_map(|(message, code)| Status { message, code })
}

fn event(time_unix_nano: u64, attributes: &[KeyValue]) -> Event {
    Event {
        time_unix_nano,
        attributes: attributes.to_vec(),
        ..Default::default()
    }
}

fn link(attributes: &[KeyValue]) -> Link {
    Link {
        attributes: attributes.to_vec(),
        ..Default::default()
    }
}

fn resource_spans() -> impl Strategy<Value = ResourceSpans> {
    let resource = attributes().prop_map(|attributes| Resource {
        attributes,
        ..Default::default()
    });
    (option::of(resource), vec(scope_spans(), 0..3), ".{0,8}").prop_map(
        |(resource, scope_spans, schema_url)| ResourceSpans {
            resource,
            scope_spans,
            schema_url,
        },
    )
}

fn scope_spans() -> impl Strategy<Value = ScopeSpans> {
    (".{0,8}", vec(span(), 0..4)).prop_map(|(name, spans)| ScopeSpans {
        scope: Some(InstrumentationScope {
            name,
            ..Default::default()
        }),
        spans,
        ..Default::default()
    })
}

fn attributes() -> impl Strategy<Value = Vec<KeyValue>> {
    let attribute = ("[a-z.]{0,20}", option::of(value())).prop_map(|(key, value)| key_value(key, value));
    vec(attribute, 0..6)
}

pub(super) fn key_value(key: String, value: Option<AnyValue>) -> KeyValue {
    KeyValue {
        key,
        value,
        ..Default::default()
    }
}
