//! Writes a number in the form of its field, however JSON spells it.

use super::encoding::Output;
use super::schema::{DOUBLE_VALUE, Field, Kind};
use super::spelling;

/// A number as JSON spells it.
#[derive(Clone, Copy)]
pub(super) enum Number<'a> {
    /// An integer.
    Integer(i128),
    /// A number with a fraction or an exponent, or one that is too large for an integer.
    Float(f64),
    /// A text, which may be an enum's name, too.
    Text(&'a str),
}

impl Number<'_> {
    /// Appends it as `field`; `None` when the field's type does not hold it.
    pub(super) fn write(self, field: &Field, output: &mut Output<'_>) -> Option<()> {
        match (field.kind, self) {
            (Kind::Double, number) => output.fixed64(field.number, number.double()?.to_bits()),
            (Kind::Int64, number) => number.write_wide(field.number, output)?,
            (kind, number) => {
                let integer = number.integer().or_else(|| number.named(kind))?;
                write_integer(kind, field.number, integer, output)?;
            }
        }
        Some(())
    }

    /// Appends the value of an attribute: as a double when no integer of 64 bits is that number, since JavaScript has
    /// one type for both and writes `1e+21` as an integer.
    fn write_wide(self, field_number: u32, output: &mut Output<'_>) -> Option<()> {
        let integer = self.integer().and_then(|integer| i64::try_from(integer).ok());
        match integer {
            Some(integer) => output.varint(field_number, integer.cast_unsigned()),
            None => output.fixed64(DOUBLE_VALUE, self.double()?.to_bits()),
        }
        Some(())
    }

    fn integer(self) -> Option<i128> {
        match self {
            Self::Integer(integer) => Some(integer),
            Self::Float(float) => spelling::whole(float),
            Self::Text(text) => text.parse().ok(),
        }
    }

    fn double(self) -> Option<f64> {
        match self {
            Self::Integer(integer) => Some(integer as f64),
            Self::Float(float) => Some(float),
            Self::Text(text) => spelling::double(text),
        }
    }

    fn named(self, kind: Kind) -> Option<i128> {
        match (kind, self) {
            (Kind::Enum(value_of), Self::Text(name)) => value_of(name).map(i128::from),
            _ => None,
        }
    }
}

fn write_integer(kind: Kind, number: u32, value: i128, output: &mut Output<'_>) -> Option<()> {
    match kind {
        Kind::Int32 | Kind::Enum(_) => {
            let value = i32::try_from(value).ok()?;
            output.varint(number, i64::from(value).cast_unsigned());
        }
        Kind::Uint32 => output.varint(number, u64::from(u32::try_from(value).ok()?)),
        Kind::Fixed32 => output.fixed32(number, u32::try_from(value).ok()?),
        Kind::Fixed64 => output.fixed64(number, u64::try_from(value).ok()?),
        _ => return None,
    }
    Some(())
}
