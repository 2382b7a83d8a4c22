//! How much a finding matters, in a word and in a colour.

use serde::Serialize;
use utoipa::ToSchema;

/// How much a finding matters; the worst comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Something is lost, refused or wrong now.
    Bad,
    /// Something may soon be lost, or the picture is not whole.
    Warning,
    /// All is well.
    Good,
}

impl Severity {
    /// The class of the stylesheet.
    #[must_use]
    pub fn class(self) -> &'static str {
        match self {
            Self::Bad => "bad",
            Self::Warning => "warning",
            Self::Good => "good",
        }
    }

    /// A word, for those who see no colours.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Bad => "Bad:",
            Self::Warning => "Warning:",
            Self::Good => "Good:",
        }
    }
}
