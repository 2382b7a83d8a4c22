//! The two forms of OTLP over HTTP.

use actix_web::http::header::{CONTENT_TYPE, HeaderMap};

use crate::receivers::answers::Rejection;

/// How a request, and so its answer, is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MediaType {
    /// Binary protobuf.
    Protobuf,
    /// Protobuf's JSON mapping, with OTLP's exceptions.
    Json,
}

impl MediaType {
    /// The `Content-Type` among `headers`; parameters such as `charset` are ignored.
    ///
    /// # Errors
    /// When it is missing, or neither of the two.
    pub fn of(headers: &HeaderMap) -> Result<Self, Rejection> {
        let value = headers.get(CONTENT_TYPE);
        let value = value.map_or(&b""[..], |value| value.as_bytes());
        let text = String::from_utf8_lossy(value);
        match text
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase()
            .as_str()
        {
            "application/x-protobuf" => Ok(Self::Protobuf),
            "application/json" => Ok(Self::Json),
            _ => Err(Rejection::UnsupportedMediaType(text.into_owned())),
        }
    }

    /// As `Content-Type` names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Protobuf => "application/x-protobuf",
            Self::Json => "application/json",
        }
    }
}
