//! Names by which pages are asked for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ListenHost;

/// A host's name without a port; `*` stands for all names, and `*.` for any first part.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema, Serialize)]
#[serde(try_from = "String")]
pub struct HostPattern(pub String);

/// Why a text is no such name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not a host's name, write it without scheme and port, such as spangraph.example or *.example"
)]
pub struct InvalidHostPattern(String);

impl TryFrom<String> for HostPattern {
    type Error = InvalidHostPattern;

    fn try_from(text: String) -> Result<Self, InvalidHostPattern> {
        let name = text.strip_prefix("*.").unwrap_or(&text);
        let is_name = text == "*" || (!name.is_empty() && name.parse::<ListenHost>().is_ok());
        if is_name {
            Ok(Self(text))
        } else {
            Err(InvalidHostPattern(text))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_and_what_has_a_scheme_or_a_port_is_refused() {
        for text in ["*", "*.example", "spangraph", "spangraph.example", "127.0.0.1"] {
            assert_eq!(
                HostPattern::try_from(text.to_owned()),
                Ok(HostPattern(text.to_owned()))
            );
        }
        for text in ["", "*.", "a.*", "http://a", "a:3200", "a/b"] {
            assert!(HostPattern::try_from(text.to_owned()).is_err(), "{text}");
        }
    }
}
