//! Regular expressions that must match a whole text.

use regex::Regex;
use serde::{Deserialize, Serialize};

/// A regular expression that must match a whole text, in which `.` is any character; as Prometheus anchors them.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct Pattern {
    text: String,
    anchored: Regex,
}

/// Why a text is no regular expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a regular expression: {1}")]
pub struct InvalidPattern(String, String);

impl Pattern {
    /// The expression as it is written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The expression with its anchors.
    pub fn anchored(&self) -> &Regex {
        &self.anchored
    }
}

impl TryFrom<String> for Pattern {
    type Error = InvalidPattern;

    fn try_from(text: String) -> Result<Self, InvalidPattern> {
        // By itself first: two halves of a group could hide behind the anchors.
        let compiled = Regex::new(&text).and_then(|_| Regex::new(&format!("^(?s:{text})$")));
        match compiled {
            Ok(anchored) => Ok(Self { text, anchored }),
            Err(error) => {
                let message = error.to_string();
                let reason = message.lines().last().unwrap_or_default();
                let reason = reason.trim().trim_start_matches("error: ").to_owned();
                Err(InvalidPattern(text, reason))
            }
        }
    }
}

impl Serialize for Pattern {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}
