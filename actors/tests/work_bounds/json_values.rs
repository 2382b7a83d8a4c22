//! The worst values of each type of a field in OTLP's JSON, right and wrong ones.

use prost_types::field_descriptor_proto::Type;

use super::descriptor::Field;
use super::places::{Format, Named};

/// JSON as text.
pub struct Json;

const SERVICE: &str = r#"{"key":"service.name","value":{"stringValue":"shop"}}"#;

/// The attribute that the tenant's settings ask for.
const KEY: &str = r#""key":"zone""#;

/// So many levels, each of up to four brackets, are read wherever a value stands.
const READ_LEVELS: usize = 24;

impl Format for Json {
    fn field(field: &Field, values: &[Vec<u8>]) -> Vec<u8> {
        let values = values.join(&b","[..]);
        let (open, close) = if field.is_repeated { ("[", "]") } else { ("", "") };
        [
            format!(r#""{}":{open}"#, field.json_name).as_bytes(),
            &values,
            close.as_bytes(),
        ]
        .concat()
    }

    fn message(fields: &[Vec<u8>]) -> Vec<u8> {
        [b"{", &fields.join(&b","[..])[..], b"}"].concat()
    }

    fn usual(message: &str, but: &Field, number: usize) -> Vec<Vec<u8>> {
        let fields = match (message, but.name.as_str()) {
            ("ResourceSpans", "resource") | ("Resource", "attributes") => Vec::new(),
            ("ResourceSpans", _) => vec![format!(r#""resource":{{"attributes":[{SERVICE}]}}"#)],
            ("Resource", _) => vec![format!(r#""attributes":[{SERVICE}]"#)],
            ("Span", _) => span(number, &but.json_name),
            ("KeyValue", "value") => vec![KEY.to_owned()],
            ("KeyValue", "key") => vec![r#""value":{"stringValue":"v"}"#.to_owned()],
            ("KeyValue", _) => vec![KEY.to_owned(), r#""value":{"stringValue":"v"}"#.to_owned()],
            _ => Vec::new(),
        };
        fields.into_iter().map(String::into_bytes).collect()
    }

    fn service() -> Vec<u8> {
        SERVICE.into()
    }

    fn minimal(bytes: usize) -> Vec<u8> {
        let spans: Vec<String> = (0..(bytes / 200).max(1))
            .map(|number| format!("{{{}}}", span(number, "").join(",")))
            .collect();
        format!(r#""scopeSpans":[{{"spans":[{}]}}]"#, spans.join(",")).into_bytes()
    }

    fn filling(field: &Field) -> Vec<Named> {
        let mut all: Vec<Named> = vec![
            filled(field, "null again and again", |name, bytes| {
                many(&format!(r#""{name}":null"#), bytes)
            }),
            filled(field, "digits", |name, bytes| {
                format!(r#""{name}":{}"#, "9".repeat(bytes))
            }),
            filled(field, "lists of lists", |name, bytes| {
                format!(r#""{name}":{}{}"#, "[".repeat(bytes / 2), "]".repeat(bytes / 2))
            }),
            filled(field, "a list of numbers", |name, bytes| {
                format!(r#""{name}":[{}]"#, many("1", bytes))
            }),
            filled(field, "a list of objects", |name, bytes| {
                format!(r#""{name}":[{}]"#, many("{}", bytes))
            }),
            filled(field, "unknown keys", |name, bytes| {
                format!(r#""{name}":{{{}}}"#, many(r#""a_b":1"#, bytes))
            }),
            filled(field, "a long key", |name, bytes| {
                format!(r#""{name}":{{"{}":1}}"#, "k".repeat(bytes))
            }),
            filled(field, "a long text", |name, bytes| {
                format!(r#""{name}":"{}""#, "a0".repeat(bytes / 2))
            }),
            filled(field, "escapes", |name, bytes| {
                format!(r#""{name}":"{}""#, r"\u00e9".repeat(bytes / 6))
            }),
        ];
        let value = value(field, 1);
        all.push(filled(field, "again and again", move |name, bytes| {
            many(&format!(r#""{name}":{value}"#), bytes)
        }));
        all
    }

    fn distinct(field: &Field) -> Vec<Named> {
        let (right, wrong) = (field.clone(), field.json_name.clone());
        vec![
            (
                "another",
                Box::new(move |number| one(format!(r#""{}":{}"#, right.json_name, value(&right, number)))),
            ),
            ("a mistake", Box::new(move |_| one(format!(r#""{wrong}":[[7]]"#)))),
        ]
    }

    /// Only so deep that it is read; the innermost message has a long text.
    fn nested(cycle: &[Field], bytes: usize) -> Vec<u8> {
        let levels = READ_LEVELS.min(bytes);
        let (mut open, mut close) = (String::new(), String::new());
        for field in cycle {
            open.push_str(&format!(
                r#"{{"{}":{}"#,
                field.json_name,
                if field.is_repeated { "[" } else { "" }
            ));
            close.insert_str(0, if field.is_repeated { "]}" } else { "}" });
        }
        let last = cycle.last().unwrap();
        let text = format!(r#"{{"stringValue":"{}"}}"#, "x".repeat(bytes));
        let text = if last.message == "KeyValue" {
            format!(r#"{{"value":{text}}}"#)
        } else {
            text
        };
        let name = &last.json_name;
        let inner = format!("{}{text}{}", open.repeat(levels), close.repeat(levels));
        format!(r#""{name}":[{inner}]"#).into_bytes()
    }
}

/// Calls as SDKs send them, some 900 bytes a span.
pub fn ordinary(bytes: usize) -> Vec<u8> {
    let spans = (0..bytes / 900).map(|number| {
        let attributes = [
            ("peer.service", format!("service-{}", number % 20)),
            ("http.request.method", "GET".to_owned()),
            ("http.route", format!("/route-{}", number % 40)),
            ("url.path", format!("/route-{}/{number}", number % 40)),
            ("server.address", "shop.example".to_owned()),
            (
                "user_agent.original",
                "Mozilla/5.0 (X11; Linux x86_64)".to_owned(),
            ),
            ("network.protocol.version", "1.1".to_owned()),
            ("thread.name", "http-worker-7".to_owned()),
        ];
        let attributes =
            attributes.map(|(key, text)| format!(r#"{{"key":"{key}","value":{{"stringValue":"{text}"}}}}"#));
        format!(
            r#"{{{},"attributes":[{}]}}"#,
            span(number, "").join(","),
            attributes.join(",")
        )
    });
    let spans = spans.collect::<Vec<_>>().join(",");
    let resource = format!(r#""resource":{{"attributes":[{SERVICE}]}}"#);
    format!(r#"{{"resourceSpans":[{{{resource},"scopeSpans":[{{"spans":[{spans}]}}]}}]}}"#).into_bytes()
}

/// Spans without attributes.
pub fn shortest_spans(bytes: usize) -> Vec<u8> {
    let resource = format!(r#""resource":{{"attributes":[{SERVICE}]}},"#);
    let resource = [resource.into_bytes(), Json::minimal(bytes)].concat();
    [br#"{"resourceSpans":[{"#, &resource[..], b"}]}"].concat()
}

fn one(text: String) -> Vec<Vec<u8>> {
    vec![text.into_bytes()]
}

fn filled(field: &Field, name: &'static str, fill: impl Fn(&str, usize) -> String + 'static) -> Named {
    let json_name = field.json_name.clone();
    (name, Box::new(move |bytes| one(fill(&json_name, bytes))))
}

fn many(part: &str, bytes: usize) -> String {
    let mut all = format!("{part},").repeat(bytes / (part.len() + 1));
    all.truncate(all.len().saturating_sub(1));
    all
}

/// The fields that a span has to have, without the one that is called `but`.
fn span(number: usize, but: &str) -> Vec<String> {
    let id = number + 1;
    let fields = [
        ("traceId", format!(r#""{id:032x}""#)),
        ("spanId", format!(r#""{id:016x}""#)),
        ("name", r#""n""#.to_owned()),
        ("kind", "3".to_owned()),
        ("startTimeUnixNano", format!(r#""{}""#, super::now() - 1_000_000)),
        ("endTimeUnixNano", format!(r#""{}""#, super::now())),
    ];
    let needed = fields.into_iter().filter(|(name, _)| *name != but);
    needed
        .map(|(name, value)| format!(r#""{name}":{value}"#))
        .collect()
}

/// A value that is another for each number.
fn value(field: &Field, number: usize) -> String {
    let value = match field.kind {
        Type::String => format!(r#""{number}""#),
        Type::Bytes if field.name == "bytes_value" => format!(r#""{number:016}""#),
        Type::Bytes => format!(r#""{number:032x}""#),
        Type::Message => "{}".to_owned(),
        Type::Double => "5e-324".to_owned(),
        Type::Fixed64 => format!(r#""{}""#, super::now() + number as u64),
        Type::Bool => number.is_multiple_of(2).to_string(),
        Type::Enum => (number % 8).to_string(),
        Type::Fixed32 | Type::Int32 | Type::Int64 | Type::Uint32 => number.to_string(),
        other => panic!("{} is a {other:?}: say what its worst values are", field.name),
    };
    if field.is_repeated {
        format!("[{value}]")
    } else {
        value
    }
}
