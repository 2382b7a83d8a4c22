//! The headers of several values each (`http_headers`), whose files are read for every request.

use awc::http::header::{HeaderMap, HeaderName, HeaderValue};
use spangraph_config::Credential;

use super::WriterParameters;
use super::authentication::{AuthenticationError, secret};
use super::headers::{InvalidHeader, name_of};

/// The headers with their values in order.
pub(super) struct HttpHeaders(Vec<(HeaderName, Vec<Credential>)>);

impl HttpHeaders {
    /// Those of the endpoint, but for names that the tenant has headers of.
    ///
    /// # Errors
    /// When a name is no header's, or is reserved.
    pub(super) fn of(parameters: &WriterParameters) -> Result<Self, InvalidHeader> {
        let is_tenants = |name: &str| {
            parameters
                .tenant_headers
                .keys()
                .any(|header| header.eq_ignore_ascii_case(name))
        };
        let headers = parameters.endpoint.http_headers.iter();
        let headers = headers.filter(|(name, _)| !is_tenants(name));
        let named = headers.map(|(name, values)| Ok((name_of(name)?, values.clone())));
        named.collect::<Result<_, _>>().map(Self)
    }

    /// Appends each value to `headers`.
    ///
    /// # Errors
    /// When a file cannot be read or is empty, or a value has control characters.
    pub(super) async fn append_to(&self, headers: &mut HeaderMap) -> Result<(), AuthenticationError> {
        for (name, values) in &self.0 {
            for value in values {
                let text = secret(value).await?;
                let mut value = HeaderValue::from_str(&text).map_err(|_| AuthenticationError::Unfit)?;
                value.set_sensitive(true);
                headers.append(name.clone(), value);
            }
        }
        Ok(())
    }
}
