//! Writes protobuf by hand: what no generated message could hold, and much of it quickly.

/// A varint.
pub fn varint(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number > 127 {
        bytes.push(u8::try_from(number & 127).unwrap() | 128);
        number >>= 7;
    }
    bytes.push(u8::try_from(number).unwrap());
    bytes
}

/// A field that is a text or a message.
pub fn field(number: u64, content: impl AsRef<[u8]>) -> Vec<u8> {
    let content = content.as_ref();
    let length = varint(content.len() as u64);
    [varint(number << 3 | 2), length, content.to_vec()].concat()
}

/// A field that is an integer.
pub fn integer(number: u64, value: u64) -> Vec<u8> {
    [varint(number << 3), varint(value)].concat()
}

/// A field that is a `fixed64`.
pub fn fixed64(number: u64, value: u64) -> Vec<u8> {
    [&varint(number << 3 | 1)[..], &value.to_le_bytes()].concat()
}

/// `AnyValue`s.
pub mod value {
    use super::{field, fixed64};

    /// A string.
    pub fn text(text: impl AsRef<[u8]>) -> Vec<u8> {
        field(1, text)
    }

    /// An array of one value, so many times.
    pub fn array(element: impl AsRef<[u8]>, times: usize) -> Vec<u8> {
        field(5, field(1, element).repeat(times))
    }

    /// An array of doubles of 11 bytes each, whose text has some 325.
    pub fn doubles(times: usize) -> Vec<u8> {
        array(fixed64(4, 5e-324_f64.to_bits()), times)
    }

    /// Arrays nested as deeply as about so many bytes allow.
    pub fn nested(bytes: usize) -> Vec<u8> {
        // Written from the inside out, in reverse, which does not copy what is inside.
        let (mut reversed, mut levels) = (Vec::new(), 0);
        while reversed.len() < bytes {
            for number in [1, 5] {
                let mut length = super::varint(reversed.len() as u64);
                length.reverse();
                reversed.extend(length);
                reversed.push(number << 3 | 2);
            }
            levels += 1;
        }
        assert!(levels > 10_000 || bytes < 100_000, "{levels} levels");
        reversed.reverse();
        reversed
    }
}

/// A `KeyValue`.
pub fn attribute(key: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Vec<u8> {
    [field(1, key), field(2, value)].concat()
}

/// A request of one resource with these attributes and spans.
pub fn request(attributes: &[Vec<u8>], spans: &[Vec<u8>]) -> Vec<u8> {
    let resource: Vec<u8> = attributes.iter().flat_map(|one| field(1, one)).collect();
    let scope: Vec<u8> = spans.iter().flat_map(|span| field(2, span)).collect();
    field(1, [field(1, resource), field(2, scope)].concat())
}
