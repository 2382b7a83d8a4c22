//! HTTP headers and URLs of remote-write endpoints.

use serde::de::{Deserializer, Error};
use serde::{Deserialize, Serialize};

use crate::{RemoteUrl, Secret};

/// A header's name, as RFC 9110 allows it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(try_from = "String")]
pub struct HeaderName(pub String);

/// A header's value, as RFC 9110 allows it; never printed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HeaderValue(pub Secret);

/// A header's value, as RFC 9110 allows it, that is no secret.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String")]
pub struct HeaderText(pub String);

/// Headers that belong to the protocol, so no configuration may set them.
const OWN: &[&str] = &[
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "host",
    "transfer-encoding",
    "x-prometheus-remote-write-version",
];

/// Why a text is not such a value. None shows the text, which may hold a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidHttp {
    /// Not a token.
    #[error("not a header name")]
    HeaderName,
    /// The protocol sets it.
    #[error("this header is set by the remote-write protocol and cannot be configured")]
    OwnHeader,
    /// Control characters.
    #[error("not a header value, it has control characters or others outside ASCII")]
    HeaderValue,
    /// Neither `http` nor `https`.
    #[error("not a URL to write to, write http://host:port/path or https://host:port/path")]
    Url,
    /// What a printed configuration has in its place.
    #[error("write the secret itself, <secret> is what is printed in its place")]
    Shown,
    /// User and password in the URL, where they would be logged.
    #[error("must not hold a user or password, write them in basic_auth")]
    Credentials,
}

impl TryFrom<String> for HeaderName {
    type Error = InvalidHttp;

    fn try_from(text: String) -> Result<Self, InvalidHttp> {
        let name = http::HeaderName::try_from(text.as_str()).map_err(|_| InvalidHttp::HeaderName)?;
        if OWN.contains(&name.as_str()) {
            Err(InvalidHttp::OwnHeader)
        } else {
            Ok(Self(text))
        }
    }
}

impl<'de> Deserialize<'de> for HeaderValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let secret = Secret::deserialize(deserializer)?;
        if is_header_value(secret.expose()) {
            Ok(Self(secret))
        } else {
            Err(D::Error::custom(InvalidHttp::HeaderValue))
        }
    }
}

impl TryFrom<String> for HeaderText {
    type Error = InvalidHttp;

    fn try_from(text: String) -> Result<Self, InvalidHttp> {
        if is_header_value(&text) {
            Ok(Self(text))
        } else {
            Err(InvalidHttp::HeaderValue)
        }
    }
}

fn is_header_value(text: &str) -> bool {
    http::HeaderValue::from_str(text).is_ok_and(|value| value.to_str().is_ok())
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match String::deserialize(deserializer)? {
            shown if shown == Self::SHOWN => Err(D::Error::custom(InvalidHttp::Shown)),
            text => Ok(Self::new(text)),
        }
    }
}

/// `http://host…` or `https://host…`, with no user and password in it.
impl<'de> Deserialize<'de> for RemoteUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).and_then(|text| Self::try_from(text).map_err(D::Error::custom))
    }
}

impl TryFrom<String> for RemoteUrl {
    type Error = InvalidHttp;

    fn try_from(text: String) -> Result<Self, InvalidHttp> {
        let url: http::Uri = text.parse().map_err(|_| InvalidHttp::Url)?;
        let authority = url.authority().ok_or(InvalidHttp::Url)?;
        if authority.as_str().contains('@') {
            return Err(InvalidHttp::Credentials);
        }
        let known_scheme = matches!(url.scheme_str(), Some("http" | "https"));
        if known_scheme && !authority.host().is_empty() {
            Ok(Self::new(text))
        } else {
            Err(InvalidHttp::Url)
        }
    }
}

impl RemoteUrl {
    /// Host and port, which name an endpoint that has no name.
    pub fn authority(&self) -> String {
        let url = self.expose().parse::<http::Uri>().ok();
        url.and_then(|url| url.authority().map(ToString::to_string))
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_without_scheme_or_host_or_with_credentials_are_refused() {
        let cases = [
            ("http://user:pass@host/x", InvalidHttp::Credentials),
            ("ftp://host/x", InvalidHttp::Url),
            ("host:9090", InvalidHttp::Url),
            ("/api/v1/write", InvalidHttp::Url),
            ("", InvalidHttp::Url),
            ("http://", InvalidHttp::Url),
        ];
        for (text, reason) in cases {
            assert_eq!(RemoteUrl::try_from(text.to_owned()), Err(reason), "{text}");
        }
        let url = RemoteUrl::try_from("https://mimir.example:8443/api/v1/push".to_owned()).unwrap();
        assert_eq!(url.authority(), "mimir.example:8443");
    }

    #[test]
    fn headers_of_the_protocol_are_refused_in_any_case() {
        assert_eq!(
            HeaderName::try_from("Content-Type".to_owned()),
            Err(InvalidHttp::OwnHeader)
        );
        assert_eq!(
            HeaderName::try_from("a b".to_owned()),
            Err(InvalidHttp::HeaderName)
        );
        assert!(HeaderName::try_from("X-Scope-OrgID".to_owned()).is_ok());
    }
}
