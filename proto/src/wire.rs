//! Reads protobuf fields from borrowed bytes, without schema and without copying.

#[cfg(test)]
mod tests;

/// Why bytes are no protobuf message.
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
    /// A field is a group, which no current message has.
    #[error("field {0} is a group, which is not supported")]
    Group(u32),
    /// A known field has another wire type than its schema says.
    #[error("field {0} has the wrong wire type")]
    WrongWireType(u32),
    /// Messages are nested more deeply than any sender has reason to.
    #[error("message is nested too deeply")]
    TooDeep,
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
}

/// One field of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field<'a> {
    /// The field's number, at least 1.
    pub number: u32,
    /// The field's value.
    pub value: Value<'a>,
}

impl<'a> Field<'a> {
    /// The value of an integer or a boolean.
    ///
    /// # Errors
    /// [`DecodeError::WrongWireType`] when the field is something else; so for the other readers.
    #[inline]
    pub fn varint(self) -> Result<u64, DecodeError> {
        match self.value {
            Value::Varint(value) => Ok(value),
            _ => Err(DecodeError::WrongWireType(self.number)),
        }
    }

    /// The number of an enumeration: the low 32 bits, as other implementations read it.
    ///
    /// # Errors
    /// When the field is no variable-length integer.
    #[inline]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "protobuf cuts enumerations to 32 bits"
    )]
    pub fn enumeration(self) -> Result<i32, DecodeError> {
        self.varint().map(|value| value as i32)
    }

    /// The value of a `fixed64` or, as bits, of a `double`.
    ///
    /// # Errors
    /// When the field has another wire type.
    #[inline]
    pub fn fixed64(self) -> Result<u64, DecodeError> {
        match self.value {
            Value::Fixed64(value) => Ok(value),
            _ => Err(DecodeError::WrongWireType(self.number)),
        }
    }

    /// The bytes of a string, a byte field or a message.
    ///
    /// # Errors
    /// When the field has another wire type.
    #[inline]
    pub fn bytes(self) -> Result<&'a [u8], DecodeError> {
        match self.value {
            Value::Bytes(bytes) => Ok(bytes),
            _ => Err(DecodeError::WrongWireType(self.number)),
        }
    }
}

/// The fields of one encoded message in the order in which they stand; ends after the first error.
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

    #[inline]
    fn read_field(&mut self) -> Result<Field<'a>, DecodeError> {
        let tag = self.read_varint()?;
        let number = u32::try_from(tag).map_err(|_| DecodeError::InvalidTag(tag))? >> 3;
        if number == 0 {
            return Err(DecodeError::InvalidTag(tag));
        }
        let value = match tag & 7 {
            0 => Value::Varint(self.read_varint()?),
            1 => Value::Fixed64(u64::from_le_bytes(self.read_array()?)),
            2 => Value::Bytes(self.read_bytes()?),
            3 | 4 => return Err(DecodeError::Group(number)),
            5 => Value::Fixed32(u32::from_le_bytes(self.read_array()?)),
            _ => return Err(DecodeError::InvalidTag(tag)),
        };
        Ok(Field { number, value })
    }

    /// Nearly all tags and lengths are one byte, so that case is the one to inline.
    #[inline]
    fn read_varint(&mut self) -> Result<u64, DecodeError> {
        match self.rest.split_first() {
            Some((&byte, rest)) if byte < 0x80 => {
                self.rest = rest;
                Ok(u64::from(byte))
            }
            _ => self.read_long_varint(),
        }
    }

    #[inline(never)]
    fn read_long_varint(&mut self) -> Result<u64, DecodeError> {
        let mut value = 0;
        let mut bytes = self.rest.iter();
        for shift in (0..64).step_by(7) {
            let byte = *bytes.next().ok_or(DecodeError::Truncated)?;
            if shift == 63 && byte > 1 {
                break;
            }
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                self.rest = bytes.as_slice();
                return Ok(value);
            }
        }
        Err(DecodeError::OverlongInteger)
    }

    #[inline]
    fn read_array<const LENGTH: usize>(&mut self) -> Result<[u8; LENGTH], DecodeError> {
        let (array, rest) = self.rest.split_first_chunk().ok_or(DecodeError::Truncated)?;
        self.rest = rest;
        Ok(*array)
    }

    #[inline]
    fn read_bytes(&mut self) -> Result<&'a [u8], DecodeError> {
        let length = usize::try_from(self.read_varint()?).map_err(|_| DecodeError::Truncated)?;
        let (bytes, rest) = self.rest.split_at_checked(length).ok_or(DecodeError::Truncated)?;
        self.rest = rest;
        Ok(bytes)
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<Field<'a>, DecodeError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
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

impl<'a> Iterator for Repeated<'a> {
    type Item = Result<&'a [u8], DecodeError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.fields.next()? {
                Ok(field) if field.number == self.number => return Some(self.checked(field)),
                Ok(_) => {}
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

impl<'a> Repeated<'a> {
    #[inline]
    fn checked(&mut self, field: Field<'a>) -> Result<&'a [u8], DecodeError> {
        field.bytes().inspect_err(|_| self.fields = Fields::default())
    }
}
