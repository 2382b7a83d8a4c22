//! What is walked equals what prost decodes, in whatever order the fields come.

mod messages;
mod text;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1 as common;
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1 as trace;
use proptest::prelude::*;
use prost::Message as _;

use super::*;
use crate::wire::DecodeError;

/// One group of spans as the walk gives it, owned for comparison.
type Walked = (Vec<common::KeyValue>, Vec<trace::Span>);

fn walk(request: &[u8]) -> Result<Vec<Walked>, DecodeError> {
    resource_spans(request).map(|group| walk_group(group?)).collect()
}

fn walk_group(group: ResourceSpans<'_>) -> Result<Walked, DecodeError> {
    let attributes = group
        .attributes()
        .map(|attribute| owned_attribute(attribute?))
        .collect::<Result<_, _>>()?;
    let spans = group
        .spans()
        .map(|span| walk_span(span?))
        .collect::<Result<_, _>>()?;
    Ok((attributes, spans))
}

fn walk_span(message: &[u8]) -> Result<trace::Span, DecodeError> {
    let mut attributes = Vec::new();
    let span = Span::decode(
        message,
        |_| true,
        |attribute| {
            attributes.push(owned_attribute(attribute)?);
            Ok(())
        },
    )?;
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    Ok(trace::Span {
        trace_id: span.trace_id.to_vec(),
        span_id: span.span_id.to_vec(),
        trace_state: text(span.trace_state),
        parent_span_id: span.parent_span_id.to_vec(),
        name: text(span.name),
        kind: span.kind,
        start_time_unix_nano: span.start_time_unix_nano,
        end_time_unix_nano: span.end_time_unix_nano,
        attributes,
        status: span.has_status.then(|| trace::Status {
            message: text(span.status_message),
            code: span.status_code,
        }),
        ..Default::default()
    })
}

fn owned_attribute(message: &[u8]) -> Result<common::KeyValue, DecodeError> {
    let attribute = KeyValue::decode(message)?;
    let value = owned_value(AnyValue::decode(attribute.value)?)?;
    Ok(common::KeyValue {
        key: String::from_utf8(attribute.key.to_vec()).unwrap(),
        value: value.map(|value| common::AnyValue { value: Some(value) }),
        ..Default::default()
    })
}

fn owned_value(value: AnyValue<'_>) -> Result<Option<common::any_value::Value>, DecodeError> {
    use common::any_value::Value;
    Ok(Some(match value {
        AnyValue::Empty => return Ok(None),
        AnyValue::String(text) => Value::StringValue(String::from_utf8(text.to_vec()).unwrap()),
        AnyValue::Bool(truth) => Value::BoolValue(truth),
        AnyValue::Int(number) => Value::IntValue(number),
        AnyValue::Double(number) => Value::DoubleValue(number),
        AnyValue::Array(message) => Value::ArrayValue(common::ArrayValue::decode(message).unwrap()),
        AnyValue::KeyValueList(message) => Value::KvlistValue(common::KeyValueList::decode(message).unwrap()),
        AnyValue::Bytes(bytes) => Value::BytesValue(bytes.to_vec()),
    }))
}

/// What prost decoded, cut down to what the views show.
fn seen(request: &ExportTraceServiceRequest) -> Vec<Walked> {
    let group = |group: &trace::ResourceSpans| {
        let attributes = group.resource.iter().flat_map(|resource| &resource.attributes);
        let spans = group.scope_spans.iter().flat_map(|scope| &scope.spans);
        (
            attributes.map(seen_attribute).collect(),
            spans.map(seen_span).collect(),
        )
    };
    request.resource_spans.iter().map(group).collect()
}

fn seen_attribute(attribute: &common::KeyValue) -> common::KeyValue {
    let value = attribute.value.clone().filter(|value| value.value.is_some());
    common::KeyValue {
        value,
        ..attribute.clone()
    }
}

fn seen_span(span: &trace::Span) -> trace::Span {
    trace::Span {
        attributes: span.attributes.iter().map(seen_attribute).collect(),
        dropped_attributes_count: 0,
        events: Vec::new(),
        links: Vec::new(),
        flags: 0,
        ..span.clone()
    }
}

/// Copies a part of a span's fields each, and together all of them.
const COPIES: [fn(&trace::Span, &mut trace::Span); 7] = [
    |from, to| to.trace_id = from.trace_id.clone(),
    |from, to| (to.span_id, to.kind) = (from.span_id.clone(), from.kind),
    |from, to| (to.trace_state, to.status) = (from.trace_state.clone(), from.status.clone()),
    |from, to| (to.parent_span_id, to.name) = (from.parent_span_id.clone(), from.name.clone()),
    |from, to| (to.start_time_unix_nano, to.flags) = (from.start_time_unix_nano, from.flags),
    |from, to| (to.end_time_unix_nano, to.events) = (from.end_time_unix_nano, from.events.clone()),
    |from, to| (to.attributes, to.links) = (from.attributes.clone(), from.links.clone()),
];

/// Writes `span` one part at a time, in the order that `order` gives to its parts.
fn span_in_order(span: &trace::Span, order: &[usize]) -> Vec<u8> {
    let mut parts = COPIES.map(|copy| {
        let mut part = trace::Span::default();
        copy(span, &mut part);
        part
    });
    let turns = order.len().min(parts.len());
    for (index, other) in order.iter().take(turns).enumerate() {
        parts.swap(index, other % turns);
    }
    parts.iter().flat_map(trace::Span::encode_to_vec).collect()
}

#[test]
fn the_resource_counts_wherever_it_stands_and_however_often() {
    let attribute = |key: &str| common::KeyValue {
        key: key.to_owned(),
        ..Default::default()
    };
    let resource = |key: &str| trace::ResourceSpans {
        resource: Some(Resource {
            attributes: vec![attribute(key)],
            ..Default::default()
        }),
        ..Default::default()
    };
    let span = trace::Span {
        name: "late".to_owned(),
        ..Default::default()
    };
    let scope = trace::ScopeSpans {
        spans: vec![span.clone()],
        ..Default::default()
    };
    let spans = trace::ResourceSpans {
        scope_spans: vec![scope],
        ..Default::default()
    };
    let group = [resource("a"), spans.clone(), resource("b"), spans]
        .map(|part| part.encode_to_vec())
        .concat();
    let mut request = vec![0x0a];
    prost::encoding::encode_varint(group.len() as u64, &mut request);
    request.extend(group);
    assert_eq!(
        walk(&request),
        Ok(vec![(
            vec![attribute("a"), attribute("b")],
            vec![span.clone(), span]
        )])
    );
}

#[test]
fn what_comes_again_behind_the_usual_head_of_a_span_counts() {
    let head = trace::Span {
        trace_id: vec![1; 16],
        span_id: vec![2; 8],
        parent_span_id: vec![3; 8],
        trace_state: "ot=th:8".to_owned(),
        name: "first".to_owned(),
        kind: Span::KIND_CLIENT,
        start_time_unix_nano: 5,
        end_time_unix_nano: 6,
        status: Some(trace::Status::default()),
        ..Default::default()
    };
    let again = trace::Span {
        trace_id: vec![9; 16],
        name: "second".to_owned(),
        kind: Span::KIND_SERVER,
        end_time_unix_nano: 7,
        ..Default::default()
    };
    let both = [head.encode_to_vec(), again.encode_to_vec()].concat();
    let expected = trace::Span {
        trace_id: again.trace_id,
        name: again.name,
        kind: again.kind,
        end_time_unix_nano: again.end_time_unix_nano,
        ..head
    };
    assert_eq!(walk_span(&both), Ok(expected));
}

#[test]
fn a_known_field_of_another_wire_type_refuses_the_message() {
    let kind_as_bytes = [0x32, 1, b'x'];
    let end_as_varint = [0x40, 1];
    assert_eq!(walk_span(&kind_as_bytes), Err(DecodeError::WrongWireType(6)));
    assert_eq!(walk_span(&end_as_varint), Err(DecodeError::WrongWireType(8)));
    assert_eq!(
        walk_span(&[0x7a, 2, 0x1a, 0]),
        Err(DecodeError::WrongWireType(3)),
        "status code"
    );
    assert_eq!(KeyValue::decode(&[0x08, 1]), Err(DecodeError::WrongWireType(1)));
    assert_eq!(AnyValue::decode(&[0x20, 1]), Err(DecodeError::WrongWireType(4)));
    assert_eq!(walk(&[0x08, 1]), Err(DecodeError::WrongWireType(1)));
    assert_eq!(walk(&[0x0a, 2, 0x10, 1]), Err(DecodeError::WrongWireType(2)));
}

#[test]
fn enumerations_have_the_names_of_the_schema() {
    let span = Span {
        kind: Span::KIND_CONSUMER,
        status_code: Span::STATUS_ERROR,
        ..Span::default()
    };
    assert_eq!(span.kind_name(), Some("SPAN_KIND_CONSUMER"));
    assert_eq!(span.status_name(), Some("STATUS_CODE_ERROR"));
    let unknown = Span {
        kind: 6,
        status_code: -1,
        ..Span::default()
    };
    assert_eq!((unknown.kind_name(), unknown.status_name()), (None, None));
}

proptest! {
    #[test]
    fn the_walk_gives_what_prost_decodes(request in messages::request()) {
        prop_assert_eq!(walk(&request.encode_to_vec()), Ok(seen(&request)));
    }

    #[test]
    fn the_order_of_a_spans_fields_does_not_matter(
        span in messages::span(),
        order in proptest::collection::vec(0_usize..7, 7),
    ) {
        prop_assert_eq!(walk_span(&span_in_order(&span, &order)), Ok(seen_span(&span)));
    }

    #[test]
    fn a_cut_request_is_refused_or_ends_between_fields(request in messages::request(), cut in any::<prop::sample::Index>()) {
        let bytes = request.encode_to_vec();
        let cut = &bytes[..if bytes.is_empty() { 0 } else { cut.index(bytes.len()) }];
        if let Ok(walked) = walk(cut) {
            let whole = ExportTraceServiceRequest::decode(cut).unwrap();
            prop_assert_eq!(walked, seen(&whole));
        }
    }

    #[test]
    fn garbage_never_panics(garbage in proptest::collection::vec(any::<u8>(), 0..300)) {
        for group in resource_spans(&garbage).flatten() {
            let _ = group.attributes().count() + group.spans().count();
        }
        let _ = Span::decode(&garbage, |_| true, |attribute| KeyValue::decode(attribute).map(|_| ()));
        let mut out = Vec::new();
        let _ = AnyValue::decode(&garbage).and_then(|value| value.write_text(&mut out, 100));
        let _ = AnyValue::Array(&garbage).write_text(&mut out, 100);
        let _ = AnyValue::KeyValueList(&garbage).write_text(&mut out, 100);
    }
}
