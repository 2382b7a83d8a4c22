//! The `Authorization` header, from secrets that are read anew for each request.

use std::io;
use std::path::{Path, PathBuf};

use awc::http::header::HeaderValue;
use base64::Engine as _;
use spangraph_config::{BasicAuthentication, Credential, RemoteWriteEndpoint};

/// How requests show who sends them.
#[derive(Clone, Debug, PartialEq)]
pub enum Authentication {
    /// Not by us; a configured `Authorization` header may do it.
    None,
    /// `Basic` (RFC 7617).
    Basic(BasicAuthentication),
    /// `Bearer` (RFC 6750).
    Bearer(Credential),
}

/// Why a request cannot be authenticated now; it can be once the file is there.
#[derive(Debug, thiserror::Error)]
pub enum AuthenticationError {
    /// The file cannot be read.
    #[error("cannot read the secret in {path}: {reason}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: io::Error,
    },
    /// The file is empty, as it is for a moment while it is written anew.
    #[error("the secret in {0} is empty")]
    Empty(PathBuf),
    /// The secret cannot stand in a header.
    #[error("the secret for remote write has characters that no header can carry")]
    Unfit,
    /// The file was not read because the process is stopping.
    #[error("reading a secret was given up because the process stops")]
    Cancelled,
}

impl Authentication {
    /// The endpoint's own: basic authentication before a bearer token.
    #[must_use]
    pub fn of(endpoint: &RemoteWriteEndpoint) -> Self {
        match (&endpoint.basic_auth, &endpoint.bearer_token) {
            (Some(basic), _) => Self::Basic(basic.clone()),
            (None, Some(token)) => Self::Bearer(token.clone()),
            (None, None) => Self::None,
        }
    }

    /// The header's value; never printed.
    ///
    /// # Errors
    /// When a file cannot be read, or a secret has control characters.
    pub async fn header(&self) -> Result<Option<HeaderValue>, AuthenticationError> {
        let text = match self {
            Self::None => return Ok(None),
            Self::Bearer(token) => format!("Bearer {}", secret(token).await?),
            Self::Basic(basic) => {
                let pair = format!("{}:{}", basic.username, secret(&basic.password).await?);
                format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair))
            }
        };
        let mut value = HeaderValue::from_str(&text).map_err(|_| AuthenticationError::Unfit)?;
        value.set_sensitive(true);
        Ok(Some(value))
    }
}

/// The secret in `credential`.
///
/// # Errors
/// When its file cannot be read or is empty.
pub(super) async fn secret(credential: &Credential) -> Result<String, AuthenticationError> {
    match credential {
        Credential::Inline(secret) => Ok(secret.expose().to_owned()),
        Credential::File(path) => read(path).await,
    }
}

/// Reads away from the Arbiter, which a slow disk would hold up.
async fn read(path: &Path) -> Result<String, AuthenticationError> {
    let owned = path.to_owned();
    let read = tokio::task::spawn_blocking(move || std::fs::read_to_string(owned)).await;
    let text = read.map_err(|_| AuthenticationError::Cancelled)?;
    let text = text.map_err(|reason| AuthenticationError::Unreadable {
        path: path.to_owned(),
        reason,
    })?;
    let text = text.trim();
    if text.is_empty() {
        return Err(AuthenticationError::Empty(path.to_owned()));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use spangraph_config::Secret;

    use super::*;

    fn inline(text: &str) -> Credential {
        Credential::Inline(Secret::new(text))
    }

    #[actix::test]
    async fn a_secret_in_a_file_is_read_anew_each_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        let bearer = Authentication::Bearer(Credential::File(path.clone()));
        let missing = bearer.header().await.unwrap_err().to_string();
        assert!(
            missing.contains("cannot read the secret in") && missing.contains("token"),
            "{missing}"
        );
        std::fs::write(&path, "\n").unwrap();
        assert!(
            bearer
                .header()
                .await
                .unwrap_err()
                .to_string()
                .ends_with("is empty")
        );
        for token in ["first", "second"] {
            std::fs::write(&path, format!("{token}\n")).unwrap();
            assert_eq!(bearer.header().await.unwrap().unwrap(), format!("Bearer {token}"));
        }
    }

    #[actix::test]
    async fn secrets_are_encoded_and_never_printed() {
        let basic = BasicAuthentication {
            username: "Aladdin".to_owned(),
            password: inline("open sesame"),
        };
        let value = Authentication::Basic(basic).header().await.unwrap().unwrap();
        assert_eq!(value, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        assert_eq!(format!("{value:?}"), "Sensitive");
        let unfit = Authentication::Bearer(inline("two\nlines"))
            .header()
            .await
            .unwrap_err()
            .to_string();
        assert!(!unfit.contains("lines"), "{unfit}");
        assert!(Authentication::None.header().await.unwrap().is_none());
    }
}
