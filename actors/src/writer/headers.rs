//! The headers that every request of a tenant to an endpoint carries.

use std::collections::BTreeMap;

use awc::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use spangraph_config::{Secret, TenantId};

use super::WriterParameters;

/// The header that names the tenant to Mimir and its kin.
const ORG_ID: HeaderName = HeaderName::from_static("x-scope-orgid");
/// The header that names the protocol's version.
const VERSION: HeaderName = HeaderName::from_static("x-prometheus-remote-write-version");

/// Headers that the protocol or the connection needs as they are; Prometheus refuses them too.
const RESERVED: [&str; 11] = [
    "accept-encoding",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "host",
    "keep-alive",
    "te",
    "transfer-encoding",
    "user-agent",
    "x-prometheus-remote-write-version",
];

/// Why a configured header cannot be sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidHeader {
    /// The name is no header name.
    #[error("{0:?} is not a valid header name")]
    Name(String),
    /// The value has control characters.
    #[error("the value of the header {0:?} has characters that no header can carry")]
    Value(String),
    /// The name is one that remote write sets itself.
    #[error("the header {0:?} cannot be configured for remote write")]
    Reserved(String),
}

/// The headers of every request: the tenant's over the endpoint's, `X-Scope-OrgID` unless one of them has it
/// (SPEC §8), and the protocol's.
///
/// # Errors
/// When a configured name or value is no header's, or a name is reserved.
pub fn headers_of(parameters: &WriterParameters) -> Result<HeaderMap, InvalidHeader> {
    let mut headers = HeaderMap::new();
    let mut with_values = parameters.endpoint.http_headers.keys();
    let is_configured = with_values.any(|name| name.eq_ignore_ascii_case(ORG_ID.as_str()));
    if parameters.add_org_id && !is_configured && parameters.tenant != TenantId::single() {
        headers.insert(ORG_ID, value(ORG_ID.as_str(), parameters.tenant.as_str())?);
    }
    put(&mut headers, &parameters.endpoint.headers)?;
    put(&mut headers, &parameters.tenant_headers)?;
    for (name, value) in protocol_headers() {
        headers.insert(name, value);
    }
    Ok(headers)
}

/// The headers that the protocol asks for, which say nothing of whose the samples are.
pub(super) fn protocol_headers() -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("snappy"));
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/x-protobuf"),
    );
    headers.insert(VERSION, HeaderValue::from_static("0.1.0"));
    let agent = HeaderValue::from_static(concat!("spangraph/", env!("CARGO_PKG_VERSION")));
    headers.insert(header::USER_AGENT, agent);
    headers
}

fn put(headers: &mut HeaderMap, configured: &BTreeMap<String, Secret>) -> Result<(), InvalidHeader> {
    for (name, secret) in configured {
        let parsed = name_of(name)?;
        let mut value = value(name, secret.expose())?;
        value.set_sensitive(true);
        headers.insert(parsed, value);
    }
    Ok(())
}

/// The name of a header that may be configured.
///
/// # Errors
/// When `name` is no header's, or is reserved.
pub(super) fn name_of(name: &str) -> Result<HeaderName, InvalidHeader> {
    let parsed = HeaderName::try_from(name).map_err(|_| InvalidHeader::Name(name.to_owned()))?;
    if RESERVED.contains(&parsed.as_str()) {
        return Err(InvalidHeader::Reserved(name.to_owned()));
    }
    Ok(parsed)
}

fn value(name: &str, text: &str) -> Result<HeaderValue, InvalidHeader> {
    HeaderValue::from_str(text).map_err(|_| InvalidHeader::Value(name.to_owned()))
}
