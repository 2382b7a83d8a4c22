//! Links with query parameters, percent-encoded.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Unreserved characters stay as they are (RFC 3986 §2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A link that is being put together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    text: String,
    has_query: bool,
}

impl Link {
    /// A link to `path`, which is taken as it is.
    #[must_use]
    pub fn to(path: &str) -> Self {
        Self {
            text: path.to_owned(),
            has_query: false,
        }
    }

    /// The same with one more segment in its path; to be called before parameters are added.
    #[must_use]
    pub fn segment(mut self, segment: &str) -> Self {
        self.text.push('/');
        self.text.extend(utf8_percent_encode(segment, RESERVED));
        self
    }

    /// The same with the parameter `name`.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.text.push(if self.has_query { '&' } else { '?' });
        self.has_query = true;
        self.text.extend(utf8_percent_encode(name, RESERVED));
        self.text.push('=');
        self.text.extend(utf8_percent_encode(value, RESERVED));
        self
    }

    /// The same with the parameter `name` when it has a value.
    #[must_use]
    pub fn with_optional(self, name: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }
}

impl fmt::Display for Link {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl maud::Render for Link {
    fn render_to(&self, buffer: &mut String) {
        self.text.render_to(buffer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_and_parameters_are_encoded() {
        let link = Link::to("/tenants")
            .segment("a/b ?ü")
            .with("q", "x&y")
            .with_optional("none", None)
            .with("m", "1");
        assert_eq!(link.to_string(), "/tenants/a%2Fb%20%3F%C3%BC?q=x%26y&m=1");
    }
}
