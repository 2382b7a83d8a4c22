//! The worst values of each type of a field in protobuf.

use prost_types::field_descriptor_proto::Type;

use super::bombs::{minimal, shop, span_with};
use super::descriptor::Field;
use super::places::{Format, Make, Named};
use super::wire::value::text;
use super::wire::{field, fixed64, integer, varint};

/// Protobuf, written by hand.
pub struct Protobuf;

/// The attribute that the tenant's settings ask for.
const KEY: &str = "zone";

impl Format for Protobuf {
    fn field(descriptor: &Field, values: &[Vec<u8>]) -> Vec<u8> {
        values
            .iter()
            .flat_map(|value| field(descriptor.number, value))
            .collect()
    }

    fn message(fields: &[Vec<u8>]) -> Vec<u8> {
        fields.concat()
    }

    fn usual(message: &str, but: &Field, number: usize) -> Vec<Vec<u8>> {
        match (message, but.name.as_str()) {
            ("ResourceSpans", "resource") | ("Resource", "attributes") => Vec::new(),
            ("ResourceSpans", _) => vec![field(1, field(1, shop()))],
            ("Resource", _) => vec![field(1, shop())],
            ("Span", _) => vec![span_with(number, 3, "n")],
            ("KeyValue", "value") => vec![field(1, KEY)],
            ("KeyValue", _) => vec![field(1, KEY), field(2, text("v"))],
            _ => Vec::new(),
        }
    }

    fn service() -> Vec<u8> {
        shop()
    }

    fn minimal(bytes: usize) -> Vec<u8> {
        let spans: Vec<u8> = minimal(bytes / 55)
            .iter()
            .flat_map(|span| field(2, span))
            .collect();
        field(2, spans)
    }

    fn filling(descriptor: &Field) -> Vec<Named> {
        let number = descriptor.number;
        let again = again(value(descriptor, 1));
        let long: Make = match descriptor.kind {
            Type::String | Type::Bytes => Box::new(move |bytes| vec![field(number, vec![b'x'; bytes])]),
            Type::Message => Box::new(move |bytes| vec![field(number, integer(1000, 1).repeat(bytes / 3))]),
            _ => return vec![("again and again", again)],
        };
        vec![("again and again", again), ("long", long)]
    }

    fn distinct(descriptor: &Field) -> Vec<Named> {
        let descriptor = descriptor.clone();
        vec![(
            "another",
            Box::new(move |number| vec![value(&descriptor, number)]),
        )]
    }

    fn nested(cycle: &[Field], bytes: usize) -> Vec<u8> {
        // Written from the inside out, in reverse, which does not copy what is inside.
        let mut reversed = Vec::new();
        while reversed.len() < bytes {
            for field in cycle.iter().rev() {
                let tag = varint(field.number << 3 | 2);
                let length = varint(reversed.len() as u64);
                reversed.extend(length.iter().rev().chain(tag.iter().rev()));
            }
        }
        reversed.reverse();
        field(cycle.last().unwrap().number, reversed)
    }
}

/// Spans without attributes.
pub fn shortest_spans(bytes: usize) -> Vec<u8> {
    field(1, [field(1, field(1, shop())), Protobuf::minimal(bytes)].concat())
}

/// The field with a small value, as often as there is room for.
fn again(one: Vec<u8>) -> Make {
    Box::new(move |bytes| vec![one.repeat(bytes / one.len())])
}

/// The field with a value that is another for each number, and has as much text as it can.
fn value(descriptor: &Field, number: usize) -> Vec<u8> {
    let (tag, number) = (descriptor.number, number as u64);
    match descriptor.kind {
        Type::String => field(tag, number.to_string()),
        Type::Bytes => field(tag, number.to_be_bytes()),
        Type::Message => field(tag, ""),
        // The smallest doubles have the longest texts.
        Type::Double => fixed64(tag, number + 1),
        Type::Fixed64 => fixed64(tag, super::now() + number),
        Type::Fixed32 => [varint(tag << 3 | 5), (number as u32).to_le_bytes().to_vec()].concat(),
        Type::Bool => integer(tag, number % 2),
        Type::Enum => integer(tag, number % 8),
        Type::Int32 | Type::Int64 | Type::Uint32 => integer(tag, u64::MAX - number),
        other => panic!(
            "{} is a {other:?}: say what its worst values are",
            descriptor.name
        ),
    }
}
