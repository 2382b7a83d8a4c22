//! Where requests go, shown without what may be secret.

use std::fmt;

use serde::{Serialize, Serializer};

use super::Secret;

/// The URL of an endpoint. Shown, it has `<secret>` in the place of each query parameter's value, where stores
/// take tokens, and of a user and password.
#[derive(Clone, PartialEq, Eq)]
pub struct RemoteUrl(String);

impl RemoteUrl {
    /// Wraps `text`.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The whole URL, for the one place that sends to it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RemoteUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (place, query) = self.0.split_once('?').unwrap_or((&self.0, ""));
        write_without_user(place, formatter)?;
        for (index, parameter) in query.split('&').filter(|text| !text.is_empty()).enumerate() {
            formatter.write_str(if index == 0 { "?" } else { "&" })?;
            match parameter.split_once('=') {
                Some((name, _)) => write!(formatter, "{name}={}", Secret::SHOWN)?,
                None => formatter.write_str(Secret::SHOWN)?,
            }
        }
        Ok(())
    }
}

impl fmt::Debug for RemoteUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl Serialize for RemoteUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

fn write_without_user(place: &str, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    let (scheme, rest) = place.split_once("://").unwrap_or(("", place));
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    if !scheme.is_empty() {
        write!(formatter, "{scheme}://")?;
    }
    match authority.rsplit_once('@') {
        Some((_, host)) => write!(formatter, "{}@{host}{path}", Secret::SHOWN),
        None => write!(formatter, "{authority}{path}"),
    }
}

#[cfg(test)]
mod tests {
    use super::RemoteUrl;

    #[test]
    fn a_url_is_shown_without_what_may_be_secret() {
        for (url, shown) in [
            ("http://store:9090/api/v1/write", "http://store:9090/api/v1/write"),
            (
                "https://store/write?db=a&p=b=c",
                "https://store/write?db=<secret>&p=<secret>",
            ),
            ("https://store?token", "https://store?<secret>"),
            ("http://user:pass@store/write", "http://<secret>@store/write"),
            ("http://user:p@ss@store", "http://<secret>@store"),
        ] {
            assert_eq!(RemoteUrl::new(url).to_string(), shown);
            assert_eq!(format!("{:?}", RemoteUrl::new(url)), shown);
        }
    }
}
