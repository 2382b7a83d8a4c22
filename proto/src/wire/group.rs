//! Passes over groups, which went out of protobuf long ago and which no message of ours has.

use super::{DecodeError, Fields};

/// How deep groups may be nested: as deep as prost allows.
const DEEPEST: usize = 100;
const BEGIN: u32 = 3;
const END: u32 = 4;

/// Passes over what follows the tag that begins the group `number`, up to the tag that ends it.
///
/// # Errors
/// When the group does not end, ends as another one, is nested too deep, or holds a malformed field.
#[cold]
#[inline(never)]
pub(super) fn skip(fields: &mut Fields<'_>, number: u32) -> Result<(), DecodeError> {
    let mut open = vec![number];
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
    Ok(())
}
