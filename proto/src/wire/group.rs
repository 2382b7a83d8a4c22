//! Passes over groups, which went out of protobuf long ago and which no message of ours has.

use super::{DecodeError, Fields, Tag};

/// How deep groups may be nested: as deep as prost allows.
const DEEPEST: usize = 100;
const BEGIN: u32 = 3;
const END: u32 = 4;

/// What comes behind the group that `begin` begins, `rest` being all that follows that tag.
///
/// Takes the rest by value so that the loops can keep it in registers.
///
/// # Errors
/// When `begin` begins no group, or the group does not end, ends as another one, is nested too deep, or holds a malformed
/// field.
#[cold]
#[inline(never)]
pub(super) fn skip(begin: Tag, rest: &[u8]) -> Result<&[u8], DecodeError> {
    match begin.wire_type() {
        BEGIN => {}
        END => return Err(DecodeError::Group(begin.number().into())),
        _ => return Err(DecodeError::InvalidTag(begin.0.into())),
    }
    let mut fields = Fields::new(rest);
    let mut open = vec![begin.number()];
    while let Some(innermost) = open.last().copied() {
        if fields.is_at_end() {
            return Err(DecodeError::Truncated);
        }
        let tag = fields.read_tag()?;
        match tag.wire_type() {
            BEGIN if open.len() < DEEPEST => open.push(tag.number()),
            END if tag.number() == innermost => drop(open.pop()),
            BEGIN | END => return Err(DecodeError::Group(tag.number().into())),
            _ => fields.read_value(tag).map(drop)?,
        }
    }
    Ok(fields.rest)
}
