//! Writes messages as JSON, choosing anew at every value among the spellings that the mapping allows.

use std::cell::Cell;

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as AnyValueKind;
use opentelemetry_proto::tonic::common::v1::{AnyValue, EntityRef, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link, SpanKind};
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use serde_json::{Map, Value, json};

/// Takes its choices from a list, over and over.
pub struct Writer {
    choices: Vec<bool>,
    next: Cell<usize>,
}

impl Writer {
    pub fn new(choices: Vec<bool>) -> Self {
        Self {
            choices,
            next: Cell::new(0),
        }
    }

    pub fn request(&self, request: &ExportTraceServiceRequest) -> Value {
        self.object([(
            "resourceSpans",
            self.list(&request.resource_spans, Self::resource_spans),
        )])
    }

    fn resource_spans(&self, spans: &ResourceSpans) -> Value {
        self.object([
            ("scopeSpans", self.list(&spans.scope_spans, Self::scope_spans)),
            ("resource", self.optional(spans.resource.as_ref(), Self::resource)),
            ("schemaUrl", json!(spans.schema_url)),
        ])
    }

    fn resource(&self, resource: &Resource) -> Value {
        self.object([
            ("attributes", self.attributes(&resource.attributes)),
            (
                "droppedAttributesCount",
                self.integer(resource.dropped_attributes_count),
            ),
            ("entityRefs", self.list(&resource.entity_refs, Self::entity_ref)),
        ])
    }

    fn entity_ref(&self, entity: &EntityRef) -> Value {
        self.object([
            ("schemaUrl", json!(entity.schema_url)),
            ("type", json!(entity.r#type)),
            ("idKeys", json!(entity.id_keys)),
            ("descriptionKeys", json!(entity.description_keys)),
        ])
    }

    fn scope_spans(&self, spans: &ScopeSpans) -> Value {
        self.object([
            ("scope", self.optional(spans.scope.as_ref(), Self::scope)),
            ("spans", self.list(&spans.spans, Self::span)),
            ("schemaUrl", json!(spans.schema_url)),
        ])
    }

    fn scope(&self, scope: &InstrumentationScope) -> Value {
        self.object([
            ("name", json!(scope.name)),
            ("version", json!(scope.version)),
            ("attributes", self.attributes(&scope.attributes)),
            (
                "droppedAttributesCount",
                self.integer(scope.dropped_attributes_count),
            ),
        ])
    }

    fn span(&self, span: &Span) -> Value {
        let kind = SpanKind::try_from(span.kind).ok().map(|kind| kind.as_str_name());
        self.object([
            ("traceId", self.id(&span.trace_id)),
            ("spanId", self.id(&span.span_id)),
            ("traceState", json!(span.trace_state)),
            ("parentSpanId", self.id(&span.parent_span_id)),
            ("flags", self.integer(span.flags)),
            ("name", json!(span.name)),
            ("kind", self.enumeration(span.kind, kind)),
            ("startTimeUnixNano", self.integer(span.start_time_unix_nano)),
            ("endTimeUnixNano", self.integer(span.end_time_unix_nano)),
            ("attributes", self.attributes(&span.attributes)),
            (
                "droppedAttributesCount",
                self.integer(span.dropped_attributes_count),
            ),
            ("events", self.list(&span.events, Self::event)),
            ("droppedEventsCount", self.integer(span.dropped_events_count)),
            ("links", self.list(&span.links, Self::link)),
            ("droppedLinksCount", self.integer(span.dropped_links_count)),
            ("status", self.optional(span.status.as_ref(), Self::status)),
        ])
    }

    fn event(&self, event: &Event) -> Value {
        self.object([
            ("timeUnixNano", self.integer(event.time_unix_nano)),
            ("name", json!(event.name)),
            ("attributes", self.attributes(&event.attributes)),
            (
                "droppedAttributesCount",
                self.integer(event.dropped_attributes_count),
            ),
        ])
    }

    fn link(&self, link: &Link) -> Value {
        self.object([
            ("traceId", self.id(&link.trace_id)),
            ("spanId", self.id(&link.span_id)),
            ("traceState", json!(link.trace_state)),
            ("attributes", self.attributes(&link.attributes)),
            (
                "droppedAttributesCount",
                self.integer(link.dropped_attributes_count),
            ),
            ("flags", self.integer(link.flags)),
        ])
    }

    fn status(&self, status: &Status) -> Value {
        let name = StatusCode::try_from(status.code)
            .ok()
            .map(|code| code.as_str_name());
        self.object([
            ("message", json!(status.message)),
            ("code", self.enumeration(status.code, name)),
        ])
    }

    fn attributes(&self, attributes: &[KeyValue]) -> Value {
        self.list(attributes, Self::key_value)
    }

    fn key_value(&self, attribute: &KeyValue) -> Value {
        self.object([
            ("key", json!(attribute.key)),
            ("value", self.optional(attribute.value.as_ref(), Self::any_value)),
            ("keyStrindex", self.integer(attribute.key_strindex)),
        ])
    }

    fn any_value(&self, any: &AnyValue) -> Value {
        let Some(value) = &any.value else { return json!({}) };
        self.object([match value {
            AnyValueKind::StringValue(text) => ("stringValue", json!(text)),
            AnyValueKind::BoolValue(value) => ("boolValue", json!(value)),
            AnyValueKind::IntValue(value) => ("intValue", self.integer(*value)),
            AnyValueKind::DoubleValue(value) => ("doubleValue", self.double(*value)),
            AnyValueKind::BytesValue(bytes) => ("bytesValue", self.bytes(bytes)),
            AnyValueKind::StringValueStrindex(index) => ("stringValueStrindex", self.integer(*index)),
            AnyValueKind::ArrayValue(array) => (
                "arrayValue",
                self.object([("values", self.list(&array.values, Self::any_value))]),
            ),
            AnyValueKind::KvlistValue(list) => (
                "kvlistValue",
                self.object([("values", self.attributes(&list.values))]),
            ),
        }])
    }

    fn choice(&self) -> bool {
        self.next.set(self.next.get() + 1);
        self.choices[self.next.get() % self.choices.len()]
    }

    fn object<const N: usize>(&self, fields: [(&str, Value); N]) -> Value {
        let mut object = Map::new();
        if self.choice() {
            object.insert("addedLater".to_owned(), json!([{ "traceId": 1 }]));
        }
        for (name, value) in fields {
            let name = if self.choice() {
                name.to_owned()
            } else {
                snake_case(name)
            };
            object.insert(name, value);
        }
        Value::Object(object)
    }

    fn list<T>(&self, items: &[T], write: fn(&Self, &T) -> Value) -> Value {
        if items.is_empty() && self.choice() {
            return Value::Null;
        }
        items.iter().map(|item| write(self, item)).collect()
    }

    fn optional<T>(&self, item: Option<&T>, write: fn(&Self, &T) -> Value) -> Value {
        item.map_or(Value::Null, |item| write(self, item))
    }

    fn integer<T: ToString + serde::Serialize>(&self, value: T) -> Value {
        if self.choice() {
            json!(value.to_string())
        } else {
            json!(value)
        }
    }

    fn double(&self, value: f64) -> Value {
        match value {
            _ if value.is_nan() => json!("NaN"),
            f64::INFINITY => json!("Infinity"),
            f64::NEG_INFINITY => json!("-Infinity"),
            _ if self.choice() => json!(value.to_string()),
            _ => json!(value),
        }
    }

    fn enumeration(&self, number: i32, name: Option<&str>) -> Value {
        match name {
            Some(name) if self.choice() => json!(name),
            _ => json!(number),
        }
    }

    fn id(&self, id: &[u8]) -> Value {
        if self.choice() {
            json!(hex::encode(id))
        } else {
            json!(hex::encode_upper(id))
        }
    }

    fn bytes(&self, bytes: &[u8]) -> Value {
        if self.choice() {
            json!(BASE64_STANDARD.encode(bytes))
        } else {
            json!(BASE64_URL_SAFE_NO_PAD.encode(bytes))
        }
    }
}

fn snake_case(name: &str) -> String {
    name.chars().fold(String::new(), |mut snake, character| {
        if character.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(character.to_ascii_lowercase());
        snake
    })
}
