//! The messages of OTLP traces as tables: the JSON name, number and type of every field.

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;

/// A protobuf message.
pub(super) struct Message {
    /// Its name, for errors.
    pub(super) name: &'static str,
    /// Its fields, at most 32.
    pub(super) fields: &'static [Field],
    /// All fields are members of one `oneof`: at most one is set, and then kept though it is zero or empty.
    pub(super) one_of: bool,
    /// What an element costs that is no object.
    pub(super) cost: Cost,
}

/// What a value costs that does not have the form that its type asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cost {
    /// Itself: it is as if it were not there.
    Value,
    /// The span that it is part of; the request when it is part of none.
    Span,
    /// The request.
    Request,
}

/// A field of a message.
pub(super) struct Field {
    /// The lowerCamelCase name.
    pub(super) name: &'static str,
    /// The field number.
    pub(super) number: u32,
    /// The type.
    pub(super) kind: Kind,
    /// What a mistaken value costs.
    pub(super) cost: Cost,
}

/// The type of a field, and how OTLP writes it in JSON.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// `string`.
    Text,
    /// `repeated string`.
    Texts,
    /// `bytes` that are a trace's or span's id: hex.
    Id,
    /// `bytes`: base64.
    Bytes,
    /// `bool`.
    Bool,
    /// `int32`.
    Int32,
    /// `int64`.
    Int64,
    /// `uint32`.
    Uint32,
    /// `fixed32`.
    Fixed32,
    /// `fixed64`.
    Fixed64,
    /// `double`.
    Double,
    /// An enum: its number, or a name that this function knows.
    Enum(fn(&str) -> Option<i32>),
    /// A message.
    Message(&'static Message),
    /// A repeated message.
    Messages(&'static Message),
    /// A repeated message of an older OTLP, whose spans are refused with this advice.
    Retired(&'static Message, &'static str),
    /// No field of OTLP but what some encoders make of one; refused with this advice.
    Foreign(&'static str),
}

impl Kind {
    /// Whether its values are messages, which may be nested.
    pub(super) fn is_nested(self) -> bool {
        matches!(self, Self::Message(_) | Self::Messages(_))
    }
}

impl Message {
    /// The field that JSON calls `key`, by its JSON name or by its original one, and its position.
    pub(super) fn find(&self, key: &str) -> Option<(usize, &'static Field)> {
        let fields: &'static [Field] = self.fields;
        let named = |(_, field): &(usize, &Field)| field.name == key || is_original_name(field.name, key);
        fields.iter().enumerate().find(named)
    }
}

/// Whether `key` is the snake_case name from which `name` was made. Most keys are told apart by their first bytes: a body
/// may have very many that are not known, and very long ones.
fn is_original_name(name: &str, key: &str) -> bool {
    if key.len() <= name.len()
        || key.len() > 2 * name.len()
        || name.as_bytes().first() != key.as_bytes().first()
    {
        return false;
    }
    let original = name.bytes().flat_map(|byte| {
        let separator = byte.is_ascii_uppercase().then_some(b'_');
        separator.into_iter().chain([byte.to_ascii_lowercase()])
    });
    original.eq(key.bytes())
}

const fn message(name: &'static str, fields: &'static [Field]) -> Message {
    assert!(fields.len() <= 32, "the transcoder marks seen fields in 32 bits");
    Message {
        name,
        fields,
        one_of: false,
        cost: Cost::Value,
    }
}

/// A message whose elements cost more than themselves when they are none.
const fn costly(cost: Cost, message: Message) -> Message {
    Message { cost, ..message }
}

/// A field whose mistaken value costs nothing but itself.
const fn field(name: &'static str, number: u32, kind: Kind) -> Field {
    Field {
        name,
        number,
        kind,
        cost: Cost::Value,
    }
}

/// A field without which a span would count as something that it is not.
const fn of_span(name: &'static str, number: u32, kind: Kind) -> Field {
    Field {
        cost: Cost::Span,
        ..field(name, number, kind)
    }
}

/// A field without which spans would be lost or have another resource.
const fn of_request(name: &'static str, number: u32, kind: Kind) -> Field {
    Field {
        cost: Cost::Request,
        ..field(name, number, kind)
    }
}

const LIBRARY_SPANS: &str =
    "this is OTLP before 0.19; write scopeSpans, with scope instead of instrumentationLibrary";

const GO_VALUE: &str = "this is how Go writes its own structs; write the value itself, as {\"stringValue\": \"a\"}, \
                        which protojson does";

/// `opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest`.
pub(super) static REQUEST: Message = costly(
    Cost::Request,
    message(
        "ExportTraceServiceRequest",
        &[of_request("resourceSpans", 1, Kind::Messages(&RESOURCE_SPANS))],
    ),
);

static RESOURCE_SPANS: Message = costly(
    Cost::Request,
    message(
        "ResourceSpans",
        &[
            of_request("resource", 1, Kind::Message(&RESOURCE)),
            of_request("scopeSpans", 2, Kind::Messages(&SCOPE_SPANS)),
            field("schemaUrl", 3, Kind::Text),
            of_request(
                "instrumentationLibrarySpans",
                1000,
                Kind::Retired(&SCOPE_SPANS, LIBRARY_SPANS),
            ),
        ],
    ),
);

static RESOURCE: Message = message(
    "Resource",
    &[
        of_request("attributes", 1, Kind::Messages(&KEY_VALUE)),
        field("droppedAttributesCount", 2, Kind::Uint32),
        field("entityRefs", 3, Kind::Messages(&ENTITY_REF)),
    ],
);

static ENTITY_REF: Message = message(
    "EntityRef",
    &[
        field("schemaUrl", 1, Kind::Text),
        field("type", 2, Kind::Text),
        field("idKeys", 3, Kind::Texts),
        field("descriptionKeys", 4, Kind::Texts),
    ],
);

static SCOPE_SPANS: Message = costly(
    Cost::Request,
    message(
        "ScopeSpans",
        &[
            field("scope", 1, Kind::Message(&SCOPE)),
            of_request("spans", 2, Kind::Messages(&SPAN)),
            field("schemaUrl", 3, Kind::Text),
        ],
    ),
);

static SCOPE: Message = message(
    "InstrumentationScope",
    &[
        field("name", 1, Kind::Text),
        field("version", 2, Kind::Text),
        field("attributes", 3, Kind::Messages(&KEY_VALUE)),
        field("droppedAttributesCount", 4, Kind::Uint32),
    ],
);

pub(super) static SPAN: Message = costly(
    Cost::Span,
    message(
        "Span",
        &[
            of_span("traceId", 1, Kind::Id),
            of_span("spanId", 2, Kind::Id),
            field("traceState", 3, Kind::Text),
            of_span("parentSpanId", 4, Kind::Id),
            of_span("name", 5, Kind::Text),
            of_span(
                "kind",
                6,
                Kind::Enum(|name| SpanKind::from_str_name(name).map(i32::from)),
            ),
            of_span("startTimeUnixNano", 7, Kind::Fixed64),
            of_span("endTimeUnixNano", 8, Kind::Fixed64),
            of_span("attributes", 9, Kind::Messages(&KEY_VALUE)),
            field("droppedAttributesCount", 10, Kind::Uint32),
            field("events", 11, Kind::Messages(&EVENT)),
            field("droppedEventsCount", 12, Kind::Uint32),
            field("links", 13, Kind::Messages(&LINK)),
            field("droppedLinksCount", 14, Kind::Uint32),
            of_span("status", 15, Kind::Message(&STATUS)),
            field("flags", 16, Kind::Fixed32),
        ],
    ),
);

static EVENT: Message = message(
    "Span.Event",
    &[
        field("timeUnixNano", 1, Kind::Fixed64),
        field("name", 2, Kind::Text),
        field("attributes", 3, Kind::Messages(&KEY_VALUE)),
        field("droppedAttributesCount", 4, Kind::Uint32),
    ],
);

static LINK: Message = message(
    "Span.Link",
    &[
        field("traceId", 1, Kind::Id),
        field("spanId", 2, Kind::Id),
        field("traceState", 3, Kind::Text),
        field("attributes", 4, Kind::Messages(&KEY_VALUE)),
        field("droppedAttributesCount", 5, Kind::Uint32),
        field("flags", 6, Kind::Fixed32),
    ],
);

static STATUS: Message = message(
    "Status",
    &[
        field("message", 2, Kind::Text),
        of_span(
            "code",
            3,
            Kind::Enum(|name| StatusCode::from_str_name(name).map(i32::from)),
        ),
    ],
);

static KEY_VALUE: Message = message(
    "KeyValue",
    &[
        field("key", 1, Kind::Text),
        field("value", 2, Kind::Message(&ANY_VALUE)),
        field("keyStrindex", 3, Kind::Int32),
    ],
);

static ANY_VALUE: Message = Message {
    name: "AnyValue",
    fields: &[
        field("stringValue", 1, Kind::Text),
        field("boolValue", 2, Kind::Bool),
        field("intValue", 3, Kind::Int64),
        field("doubleValue", DOUBLE_VALUE, Kind::Double),
        field("arrayValue", 5, Kind::Message(&ARRAY_VALUE)),
        field("kvlistValue", 6, Kind::Message(&KEY_VALUE_LIST)),
        field("bytesValue", 7, Kind::Bytes),
        field("stringValueStrindex", 8, Kind::Int32),
        of_span("Value", 0, Kind::Foreign(GO_VALUE)),
    ],
    one_of: true,
    cost: Cost::Value,
};

/// The number of `AnyValue.double_value`, which also takes integers that no `int_value` holds.
pub(super) const DOUBLE_VALUE: u32 = 4;

static ARRAY_VALUE: Message = message("ArrayValue", &[field("values", 1, Kind::Messages(&ANY_VALUE))]);

static KEY_VALUE_LIST: Message = message("KeyValueList", &[field("values", 1, Kind::Messages(&KEY_VALUE))]);
