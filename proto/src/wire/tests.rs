//! Known encodings, malformed ones, and the reading of everything a naive writer writes.

use proptest::prelude::*;

use super::*;

fn read(message: &[u8]) -> Result<Vec<Field<'_>>, DecodeError> {
    Fields::new(message).collect()
}

fn field(number: u32, value: Value<'_>) -> Field<'_> {
    Field { number, value }
}

#[test]
fn every_wire_type_is_read() {
    let message = [
        &[0x08, 0x96, 0x01][..],
        &[0x11, 1, 0, 0, 0, 0, 0, 0, 0x80],
        &[0x1a, 2, b'o', b'k'],
        &[0x85, 0x01, 7, 0, 0, 0],
    ];
    let expected = vec![
        field(1, Value::Varint(150)),
        field(2, Value::Fixed64(0x8000_0000_0000_0001)),
        field(3, Value::Bytes(b"ok")),
        field(16, Value::Fixed32(7)),
    ];
    assert_eq!(read(&message.concat()), Ok(expected));
    assert_eq!(read(&[]), Ok(Vec::new()));
}

#[test]
fn malformed_messages_are_told_apart() {
    let ten = |last| [&[0x08][..], &[0xff; 9], &[last]].concat();
    assert_eq!(read(&ten(1)), Ok(vec![field(1, Value::Varint(u64::MAX))]));
    assert_eq!(read(&ten(2)), Err(DecodeError::OverlongInteger));
    assert_eq!(read(&ten(0x81)), Err(DecodeError::OverlongInteger));
    for (message, error) in [
        (&[0x08][..], DecodeError::Truncated),
        (&[0x08, 0x80], DecodeError::Truncated),
        (&[0x0a, 3, 1, 2], DecodeError::Truncated),
        (&[0x09, 1, 2, 3, 4, 5, 6, 7], DecodeError::Truncated),
        (&[0x0d, 1, 2, 3], DecodeError::Truncated),
        (&[0x00, 0x00], DecodeError::InvalidTag(0)),
        (&[0x0e, 0x00], DecodeError::InvalidTag(14)),
        (&[0x80, 0x80, 0x80, 0x80, 0x10], DecodeError::InvalidTag(1 << 32)),
        (&[0x0b, 0x08], DecodeError::Truncated),
        (&[0x0b, 0x14], DecodeError::Group(2)),
        (&[0x0b, 0x13, 0x0c, 0x14], DecodeError::Group(1)),
        (&[0x0b; 101], DecodeError::Group(1)),
        (&[0x14], DecodeError::Group(2)),
    ] {
        assert_eq!(read(message), Err(error), "{message:?}");
    }
}

#[test]
fn groups_are_passed_over() {
    let nested = [0x0b, 0x08, 0x07, 0x13, 0x0a, 1, 0x0c, 0x14, 0x0c];
    let message = [&nested[..], &[0x10, 5]].concat();
    assert_eq!(
        read(&message),
        Ok(vec![field(1, Value::Group), field(2, Value::Varint(5))])
    );
    let deepest = [[0x0b; 100], [0x0c; 100]].concat();
    assert_eq!(read(&deepest), Ok(vec![field(1, Value::Group)]));
}

#[test]
fn a_group_where_a_known_field_should_be_is_an_error() {
    let mut fields = Fields::new(&[0x0b, 0x0c]);
    let tag = fields.read_tag().unwrap();
    assert_eq!(fields.skip_value(tag, 1 << 1), Err(DecodeError::WrongWireType(1)));
}

#[test]
fn nothing_follows_an_error() {
    let mut fields = Fields::new(&[0x14, 0x08, 0x01]);
    assert_eq!(fields.next(), Some(Err(DecodeError::Group(2))));
    assert_eq!(fields.next(), None);
}

#[test]
fn an_enumeration_is_cut_to_32_bits() {
    let read = |value| {
        let mut message = Vec::new();
        prost::encoding::encode_varint(value, &mut message);
        Fields::new(&message).read_enumeration()
    };
    assert_eq!(read(1 << 40 | 3), Ok(3));
    assert_eq!(read(u64::MAX), Ok(-1));
}

#[test]
fn a_tag_announces_number_and_type_and_known_fields_are_not_skipped() {
    let mut fields = Fields::new(&[
        0x20, 7, 0x29, 1, 0, 0, 0, 0, 0, 0, 0, 0x32, 1, b'x', 0xfa, 0x03, 0,
    ]);
    assert_eq!(fields.read_tag(), Ok(Tag::varint(4)));
    assert_eq!(fields.skip_value(Tag::varint(4), 1 << 5), Ok(()));
    assert_eq!(fields.read_tag(), Ok(Tag::fixed64(5)));
    assert_eq!(fields.read_fixed64(), Ok(1));
    assert_eq!(fields.read_tag(), Ok(Tag::bytes(6)));
    assert_eq!(
        { fields }.skip_value(Tag::bytes(6), 1 << 6),
        Err(DecodeError::WrongWireType(6))
    );
    assert_eq!(fields.read_bytes(), Ok(&b"x"[..]));
    let large = fields.read_tag().unwrap();
    assert_eq!(large, Tag::bytes(63));
    assert_eq!(fields.skip_value(large, 1), Ok(()));
    assert!(fields.is_at_end());
}

#[test]
fn repeated_fields_are_picked_out_and_checked() {
    let message = [0x0a, 1, b'a', 0x10, 5, 0x0a, 1, b'b', 0x08, 1];
    let picked: Vec<_> = Fields::new(&message).repeated(1).collect();
    assert_eq!(
        picked,
        [Ok(&b"a"[..]), Ok(b"b"), Err(DecodeError::WrongWireType(1))]
    );
}

#[derive(Clone, Debug)]
enum Written {
    Varint(u64),
    Fixed64(u64),
    Bytes(Vec<u8>),
    Fixed32(u32),
}

impl Written {
    fn write(&self, number: u32, message: &mut Vec<u8>) {
        use prost::encoding::{WireType, encode_key, encode_varint};
        match self {
            Self::Varint(value) => {
                encode_key(number, WireType::Varint, message);
                encode_varint(*value, message);
            }
            Self::Fixed64(value) => {
                encode_key(number, WireType::SixtyFourBit, message);
                message.extend(value.to_le_bytes());
            }
            Self::Bytes(bytes) => {
                encode_key(number, WireType::LengthDelimited, message);
                encode_varint(bytes.len() as u64, message);
                message.extend(bytes);
            }
            Self::Fixed32(value) => {
                encode_key(number, WireType::ThirtyTwoBit, message);
                message.extend(value.to_le_bytes());
            }
        }
    }

    fn value(&self) -> Value<'_> {
        match self {
            Self::Varint(value) => Value::Varint(*value),
            Self::Fixed64(value) => Value::Fixed64(*value),
            Self::Bytes(bytes) => Value::Bytes(bytes),
            Self::Fixed32(value) => Value::Fixed32(*value),
        }
    }
}

fn written() -> impl Strategy<Value = Written> {
    prop_oneof![
        (any::<u64>(), 0_u32..64).prop_map(|(value, shift)| Written::Varint(value >> shift)),
        any::<u64>().prop_map(Written::Fixed64),
        proptest::collection::vec(any::<u8>(), 0..300).prop_map(Written::Bytes),
        any::<u32>().prop_map(Written::Fixed32),
    ]
}

proptest! {
    #[test]
    fn what_was_written_is_read(fields in proptest::collection::vec((1_u32..1 << 29, written()), 0..20)) {
        let mut message = Vec::new();
        fields.iter().for_each(|(number, value)| value.write(*number, &mut message));
        let expected: Vec<_> = fields.iter().map(|(number, value)| field(*number, value.value())).collect();
        prop_assert_eq!(read(&message), Ok(expected));
    }

    #[test]
    fn garbage_ends_without_panic(message in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(Fields::new(&message).count() <= message.len());
    }
}
