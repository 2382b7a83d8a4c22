//! Tenant ids, checked once where they enter.

use std::fmt;
use std::sync::Arc;

/// The id of a tenant: 1 to 150 bytes of `[A-Za-z0-9!\-_.*'()]`, neither `.` nor `..` (SPEC §1).
///
/// Cheap to clone; compares and hashes as its text.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TenantId(Arc<str>);

/// Why a text is no tenant id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTenantId {
    /// The text is empty.
    #[error("tenant id is empty")]
    Empty,
    /// The text is longer than 150 bytes.
    #[error("tenant id is {0} bytes long, at most 150 are allowed")]
    TooLong(usize),
    /// The text holds a character outside the allowed set.
    #[error("tenant id contains the unsupported character {0:?}")]
    UnsupportedCharacter(char),
    /// The text is `.` or `..`.
    #[error("tenant id is '.' or '..'")]
    Unsafe,
}

impl TenantId {
    /// The most bytes an id may have.
    pub const MAX_BYTES: usize = 150;

    /// Checks `text` and takes it as an id.
    ///
    /// # Errors
    /// When `text` is empty, too long, `.`, `..`, or has a character outside the allowed set.
    pub fn parse(text: &str) -> Result<Self, InvalidTenantId> {
        if text.is_empty() {
            return Err(InvalidTenantId::Empty);
        }
        if let Some(character) = text.chars().find(|character| !is_allowed(*character)) {
            return Err(InvalidTenantId::UnsupportedCharacter(character));
        }
        if text.len() > Self::MAX_BYTES {
            return Err(InvalidTenantId::TooLong(text.len()));
        }
        if text == "." || text == ".." {
            return Err(InvalidTenantId::Unsafe);
        }
        Ok(Self(text.into()))
    }

    /// The tenant of every span when multi-tenancy is off: `single-tenant`.
    #[must_use]
    pub fn single() -> Self {
        Self("single-tenant".into())
    }

    /// The id's text, shared with it.
    #[must_use]
    pub fn shared(&self) -> Arc<str> {
        Arc::clone(&self.0)
    }

    /// The id's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

fn is_allowed(character: char) -> bool {
    character.is_ascii_alphanumeric() || "!-_.*'()".contains(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_within_the_rules_are_taken() {
        for text in ["a", "single-tenant", "A!-_.*'()9", "...", &"x".repeat(150)] {
            assert_eq!(TenantId::parse(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn ids_outside_the_rules_are_refused() {
        use InvalidTenantId::{Empty, TooLong, Unsafe, UnsupportedCharacter};
        let too_long = "x".repeat(151);
        let cases = [
            ("", Empty),
            (".", Unsafe),
            ("..", Unsafe),
            ("../x", UnsupportedCharacter('/')),
            ("a%20b", UnsupportedCharacter('%')),
            ("a\0", UnsupportedCharacter('\0')),
            ("café", UnsupportedCharacter('é')),
            (too_long.as_str(), TooLong(151)),
        ];
        for (text, reason) in cases {
            assert_eq!(TenantId::parse(text), Err(reason), "{text:?}");
        }
    }
}
