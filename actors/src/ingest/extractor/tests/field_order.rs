//! Writes the fields of messages in another order; those of one number keep theirs.

use prost::encoding::{WireType, encode_key, encode_varint};
use spangraph_proto::wire::{Field, Fields, Value};

/// Which fields of a message are messages, and the shape of each.
#[derive(Debug)]
pub(super) struct Shape(&'static [(u32, Shape)]);

const KEY_VALUE: Shape = Shape(&[]);
const SPAN: Shape = Shape(&[(9, KEY_VALUE), (15, Shape(&[]))]);
const RESOURCE: Shape = Shape(&[(1, KEY_VALUE)]);
const RESOURCE_SPANS: Shape = Shape(&[(1, RESOURCE), (2, Shape(&[(2, SPAN)]))]);
/// `ExportTraceServiceRequest`.
pub(super) const REQUEST: Shape = Shape(&[(1, RESOURCE_SPANS)]);

/// `message` with its fields sorted by what `rank` makes of their numbers, at every level.
pub(super) fn reordered(message: &[u8], shape: &Shape, rank: &dyn Fn(u32) -> u32) -> Vec<u8> {
    let mut fields: Vec<Field<'_>> = Fields::new(message).collect::<Result<_, _>>().unwrap();
    fields.sort_by_key(|field| rank(field.number));
    let mut out = Vec::new();
    for field in fields {
        write(field, shape, rank, &mut out);
    }
    out
}

fn write(field: Field<'_>, shape: &Shape, rank: &dyn Fn(u32) -> u32, out: &mut Vec<u8>) {
    match field.value {
        Value::Varint(value) => {
            encode_key(field.number, WireType::Varint, out);
            encode_varint(value, out);
        }
        Value::Fixed64(value) => {
            encode_key(field.number, WireType::SixtyFourBit, out);
            out.extend(value.to_le_bytes());
        }
        Value::Fixed32(value) => {
            encode_key(field.number, WireType::ThirtyTwoBit, out);
            out.extend(value.to_le_bytes());
        }
        Value::Bytes(bytes) => {
            let inner = shape.0.iter().find(|(number, _)| *number == field.number);
            let bytes = inner.map_or(bytes.to_vec(), |(_, inner)| reordered(bytes, inner, rank));
            encode_key(field.number, WireType::LengthDelimited, out);
            encode_varint(bytes.len() as u64, out);
            out.extend(bytes);
        }
        Value::Group => unreachable!("no message of these tests has groups"),
    }
}
