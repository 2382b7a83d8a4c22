//! Requests to extract from, written by hand or at random.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status, span::SpanKind};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::NOW;

/// Keys that the settings of the tests name, and one that they do not.
const KEYS: &[&str] = &[
    "service.name",
    "peer.service",
    "server.address",
    "network.peer.address",
    "network.peer.port",
    "db.name",
    "db.system",
    "zone",
    "job",
    "0digit",
    "service.namespace",
    "service.instance.id",
    "tier",
    "ratio",
    "drop",
    "other",
];

pub(super) fn attribute(key: &str, value: Value) -> KeyValue {
    let value = Some(AnyValue { value: Some(value) });
    KeyValue {
        key: key.to_owned(),
        value,
        ..Default::default()
    }
}

pub(super) fn texts(attributes: &[(&str, &str)]) -> Vec<KeyValue> {
    attributes
        .iter()
        .map(|(key, text)| attribute(key, Value::StringValue((*text).to_owned())))
        .collect()
}

/// A valid span of `kind`: trace 1, span 2, parent 3, ended now, 10 ms long.
pub(super) fn span(kind: SpanKind, attributes: Vec<KeyValue>) -> Span {
    Span {
        trace_id: vec![1; 16],
        span_id: vec![2; 8],
        parent_span_id: vec![3; 8],
        name: "GET /".to_owned(),
        kind: kind as i32,
        start_time_unix_nano: NOW - 10_000_000,
        end_time_unix_nano: NOW,
        attributes,
        ..Default::default()
    }
}

pub(super) fn group(resource: Vec<KeyValue>, spans: Vec<Span>) -> ResourceSpans {
    ResourceSpans {
        resource: Some(Resource {
            attributes: resource,
            ..Default::default()
        }),
        scope_spans: vec![ScopeSpans {
            spans,
            ..Default::default()
        }],
        ..Default::default()
    }
}

pub(super) fn request() -> impl Strategy<Value = ExportTraceServiceRequest> {
    let scopes = vec(vec(random_span(), 0..6), 0..3);
    let group = (option::weighted(0.9, attributes()), scopes).prop_map(|(resource, scopes)| {
        let scope = |spans| ScopeSpans {
            spans,
            ..Default::default()
        };
        ResourceSpans {
            resource: resource.map(|attributes| Resource {
                attributes,
                ..Default::default()
            }),
            scope_spans: scopes.into_iter().map(scope).collect(),
            ..Default::default()
        }
    });
    vec(group, 0..4).prop_map(|resource_spans| ExportTraceServiceRequest { resource_spans })
}

fn attributes() -> impl Strategy<Value = Vec<KeyValue>> {
    let value = prop_oneof![
        4 => "[ab]{0,2}".prop_map(Value::StringValue),
        1 => any::<bool>().prop_map(Value::BoolValue),
        1 => (-3_i64..3).prop_map(Value::IntValue),
        2 => prop_oneof![Just(0.25), Just(-1.0), Just(0.0), Just(3.0)].prop_map(Value::DoubleValue),
        1 => "[ab]?".prop_map(|text| {
            let value = Some(Value::StringValue(text));
            Value::ArrayValue(ArrayValue { values: vec![AnyValue { value }] })
        }),
        1 => Just(Value::BytesValue(vec![1])),
    ];
    let value = option::weighted(0.9, value.prop_map(|value| AnyValue { value: Some(value) }));
    let attribute = (proptest::sample::select(KEYS), value).prop_map(|(key, value)| KeyValue {
        key: key.to_owned(),
        value,
        ..Default::default()
    });
    vec(attribute, 0..8)
}

fn random_span() -> impl Strategy<Value = Span> {
    let id = |length: usize| {
        prop_oneof![
            8 => vec(1_u8..3, length),
            1 => Just(vec![0; length]),
            1 => vec(any::<u8>(), 0..20),
        ]
    };
    let parent = prop_oneof![4 => id(8), 1 => Just(Vec::new())];
    let end = prop_oneof![8 => NOW - 20..NOW + 20, 1 => any::<u64>(), 1 => Just(0)];
    let state = proptest::sample::select(&["", "ot=th:8", "a=b,ot=th:c;rv:ffffffffffffff", "ot=th:z"][..]);
    let status = option::of((0..4, "[ab]?").prop_map(|(code, message)| Status { message, code }));
    (
        (id(16), id(8), parent),
        "[ab]",
        0..7,
        (
            prop_oneof![1 => any::<u64>(), 2 => NOW - 20..NOW + 20, 1 => Just(0)],
            end,
        ),
        state,
        status,
        attributes(),
    )
        .prop_map(
            |((trace_id, span_id, parent_span_id), name, kind, (start, end), state, status, attributes)| {
                Span {
                    trace_id,
                    span_id,
                    parent_span_id,
                    name,
                    kind,
                    start_time_unix_nano: start,
                    end_time_unix_nano: end,
                    trace_state: state.to_owned(),
                    status,
                    attributes,
                    ..Default::default()
                }
            },
        )
}
