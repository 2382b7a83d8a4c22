//! Reads protobuf fields from borrowed bytes, without schema and without copying.

mod group;
#[cfg(test)]
mod tests;

/// Why bytes are no protobuf message.
///
/// Field numbers are as wide as a register on purpose: narrower ones are packed into one with the
/// variant, and every read of a field then pays for unpacking its result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The bytes end inside a field.
    #[error("message ends inside a field")]
    Truncated,
    /// A variable-length integer has more than 10 bytes, or more than 64 bits.
    #[error("variable-length integer is longer than 64 bits")]
    OverlongInteger,
    /// A tag has the field number 0, a number that is too large, or a wire type that does not exist.
    #[error("invalid field tag {0}")]
    InvalidTag(u64),
    /// A group ends that did not begin, ends as another one, or lies in more than 100 others.
    #[error("group {0} ends where it did not begin, or is nested too deep")]
    Group(u64),
    /// A known field has another wire type than its schema says.
    #[error("field {0} has the wrong wire type")]
    WrongWireType(u64),
}

/// One field's value as its wire type tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// Wire type 0.
    Varint(u64),
    /// Wire type 1.
    Fixed64(u64),
    /// Wire type 2: a string, bytes, or an encoded message.
    Bytes(&'a [u8]),
    /// Wire type 5.
    Fixed32(u32),
    /// Wire types 3 to 4: fields between two tags, which no current message has and which are passed over.
    Group,
}

/// One field of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field<'a> {
    /// The field's number, at least 1.
    pub number: u32,
    /// The field's value.
    pub value: Value<'a>,
}

/// A field's number and wire type, as one number to match on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tag(u32);

impl Tag {
    /// The tag of an integer, a boolean or an enumeration.
    #[must_use]
    pub const fn varint(number: u32) -> Self {
        Self(number << 3)
    }

    /// The tag of a `fixed64` or a `double`.
    #[must_use]
    pub const fn fixed64(number: u32) -> Self {
        Self(number << 3 | 1)
    }

    /// The tag of a string, a byte field or a message.
    #[must_use]
    pub const fn bytes(number: u32) -> Self {
        Self(number << 3 | 2)
    }

    /// The field's number.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0 >> 3
    }

    const fn wire_type(self) -> u32 {
        self.0 & 7
    }
}

/// The fields of one encoded message in the order in which they stand.
///
/// As an iterator it gives each field and ends after the first error. The hot loops match on
/// [`Self::read_tag`] instead and read the value that the tag announces: half the instructions a field.
#[derive(Clone, Copy, Debug, Default)]
pub struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    /// The fields of `message`.
    #[must_use]
    pub fn new(message: &'a [u8]) -> Self {
        Self { rest: message }
    }

    /// The bytes of every field `number`; other fields are skipped.
    #[must_use]
    pub fn repeated(self, number: u32) -> Repeated<'a> {
        Repeated { fields: self, number }
    }

    /// Whether there is no further field.
    #[inline(always)]
    #[must_use]
    pub fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    /// The tag of the next field, whose value is to be read or skipped before the next call.
    ///
    /// # Errors
    /// When there is no valid tag.
    #[inline(always)]
    pub fn read_tag(&mut self) -> Result<Tag, DecodeError> {
        if let [byte @ 8..0x80, rest @ ..] = self.rest {
            self.rest = rest;
            return Ok(Tag(u32::from(*byte)));
        }
        self.read_long_tag()
    }

    /// The value behind a tag of [`Tag::varint`].
    ///
    /// # Errors
    /// When the value is malformed; so for the other readers.
    #[inline(always)]
    pub fn read_varint(&mut self) -> Result<u64, DecodeError> {
        if let [byte @ ..0x80, rest @ ..] = self.rest {
            self.rest = rest;
            return Ok(u64::from(*byte));
        }
        self.read_long_varint()
    }

    /// The number of an enumeration behind a tag of [`Tag::varint`]: its low 32 bits, as others read it.
    ///
    /// # Errors
    /// When the value is malformed.
    #[inline(always)]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "protobuf cuts enumerations to 32 bits"
    )]
    pub fn read_enumeration(&mut self) -> Result<i32, DecodeError> {
        self.read_varint().map(|value| value as i32)
    }

    /// The value behind a tag of [`Tag::fixed64`].
    ///
    /// # Errors
    /// When the message ends before.
    #[inline(always)]
    pub fn read_fixed64(&mut self) -> Result<u64, DecodeError> {
        self.read_array().map(u64::from_le_bytes)
    }

    /// The value behind a tag of [`Tag::bytes`].
    ///
    /// # Errors
    /// When the message ends before.
    #[inline(always)]
    pub fn read_bytes(&mut self) -> Result<&'a [u8], DecodeError> {
        let Ok(length) = usize::try_from(self.read_varint()?) else {
            return Err(DecodeError::Truncated);
        };
        let Some((bytes, rest)) = self.rest.split_at_checked(length) else {
            return Err(DecodeError::Truncated);
        };
        self.rest = rest;
        Ok(bytes)
    }

    /// Hands `take` the value behind `tag`, which was read already, and those of the same tag that follow in a row:
    /// senders write repeated fields so, and one comparison then stands for reading and matching a tag.
    ///
    /// # Errors
    /// When the message ends inside a field, or with the error of `take`.
    #[inline(always)]
    pub fn read_run(
        &mut self,
        tag: Tag,
        mut take: impl FnMut(&'a [u8]) -> Result<(), DecodeError>,
    ) -> Result<(), DecodeError> {
        loop {
            take(self.read_bytes()?)?;
            match self.rest {
                [byte, rest @ ..] if u32::from(*byte) == tag.0 => self.rest = rest,
                _ => return Ok(()),
            }
        }
    }

    /// Passes over the value behind `tag`, which the caller does not read. The bits of `known` are the numbers
    /// of the fields that it does read: one of them has the wrong wire type, then.
    ///
    /// # Errors
    /// For a known field, and when the value is malformed.
    #[inline]
    pub fn skip_value(&mut self, tag: Tag, known: u64) -> Result<(), DecodeError> {
        let is_known = known.checked_shr(tag.number()).is_some_and(|bits| bits & 1 == 1);
        if is_known {
            return Err(DecodeError::WrongWireType(tag.number().into()));
        }
        self.read_value(tag).map(|_| ())
    }

    #[inline]
    fn read_value(&mut self, tag: Tag) -> Result<Value<'a>, DecodeError> {
        Ok(match tag.wire_type() {
            0 => Value::Varint(self.read_varint()?),
            1 => Value::Fixed64(self.read_fixed64()?),
            2 => Value::Bytes(self.read_bytes()?),
            5 => Value::Fixed32(u32::from_le_bytes(self.read_array()?)),
            _ => {
                self.rest = group::skip(tag, self.rest)?;
                Value::Group
            }
        })
    }

    #[inline]
    fn read_long_tag(&mut self) -> Result<Tag, DecodeError> {
        let tag = self.read_varint()?;
        let number_and_type = u32::try_from(tag).map_err(|_| DecodeError::InvalidTag(tag))?;
        if number_and_type >> 3 == 0 {
            return Err(DecodeError::InvalidTag(tag));
        }
        Ok(Tag(number_and_type))
    }

    #[inline(always)]
    fn read_long_varint(&mut self) -> Result<u64, DecodeError> {
        let (value, rest) = split_long_varint(self.rest)?;
        self.rest = rest;
        Ok(value)
    }

    #[inline(always)]
    fn read_array<const LENGTH: usize>(&mut self) -> Result<[u8; LENGTH], DecodeError> {
        let Some((array, rest)) = self.rest.split_first_chunk() else {
            return Err(DecodeError::Truncated);
        };
        self.rest = rest;
        Ok(*array)
    }

    #[inline]
    fn read_field(&mut self) -> Result<Field<'a>, DecodeError> {
        let tag = self.read_tag()?;
        let value = self.read_value(tag)?;
        Ok(Field {
            number: tag.number(),
            value,
        })
    }
}

/// Stays out of line, and takes the rest by value so that the loops can keep it in registers.
#[inline(never)]
fn split_long_varint(rest: &[u8]) -> Result<(u64, &[u8]), DecodeError> {
    // Spans have hundreds of bytes, so nearly all long integers are lengths of two bytes.
    if let [low, high @ ..0x80, rest @ ..] = rest
        && *low >= 0x80
    {
        return Ok((u64::from(*low & 0x7f) | u64::from(*high) << 7, rest));
    }
    let mut value = 0;
    let mut bytes = rest.iter();
    for shift in (0..64).step_by(7) {
        let byte = *bytes.next().ok_or(DecodeError::Truncated)?;
        if shift == 63 && byte > 1 {
            break;
        }
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Ok((value, bytes.as_slice()));
        }
    }
    Err(DecodeError::OverlongInteger)
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<Field<'a>, DecodeError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_at_end() {
            return None;
        }
        let field = self.read_field();
        if field.is_err() {
            self.rest = &[];
        }
        Some(field)
    }
}

/// The bytes of the fields that have one number, in their order; ends after the first error.
#[derive(Clone, Copy, Debug, Default)]
pub struct Repeated<'a> {
    fields: Fields<'a>,
    number: u32,
}

impl<'a> Repeated<'a> {
    #[inline(always)]
    fn read_next(&mut self) -> Result<Option<&'a [u8]>, DecodeError> {
        while !self.fields.is_at_end() {
            let tag = self.fields.read_tag()?;
            if tag == Tag::bytes(self.number) {
                return self.fields.read_bytes().map(Some);
            }
            if tag.number() == self.number {
                return Err(DecodeError::WrongWireType(self.number.into()));
            }
            self.fields.skip_value(tag, 0)?;
        }
        Ok(None)
    }
}

impl<'a> Iterator for Repeated<'a> {
    type Item = Result<&'a [u8], DecodeError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let message = self.read_next();
        if message.is_err() {
            self.fields = Fields::default();
        }
        message.transpose()
    }
}
