//! How listeners show who they are, and whom they let in.

use std::path::PathBuf;
use std::time::Duration;

use super::Credential;
use crate::TenantId;

/// TLS of one listener.
#[derive(Clone, Debug, PartialEq)]
pub struct TlsServerSettings {
    /// PEM file of our certificate chain.
    pub cert_file: PathBuf,
    /// PEM file of our key.
    pub key_file: PathBuf,
    /// What clients must show.
    pub clients: TlsClients,
    /// Whether TLS 1.2 is spoken.
    pub tls12: bool,
    /// Whether TLS 1.3 is spoken.
    pub tls13: bool,
    /// How often the files are looked at again; `None` means never.
    pub reload_interval: Option<Duration>,
}

/// What clients of a TLS listener must show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TlsClients {
    /// Nothing.
    Anyone,
    /// Nothing, but a certificate that is shown must be of an authority in this PEM file.
    VerifiedIfGiven(PathBuf),
    /// A certificate of an authority in this PEM file.
    Verified(PathBuf),
}

/// Who may send, and who may see the pages; an empty list means that nobody is asked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AuthenticationSettings {
    /// What senders may show.
    pub receivers: Vec<AcceptedCredential>,
    /// What those who look at pages may show.
    pub pages: Vec<AcceptedCredential>,
}

/// One credential that is let in.
#[derive(Clone, Debug, PartialEq)]
pub struct AcceptedCredential {
    /// The user's name of HTTP basic authentication; `None` means a bearer token.
    pub username: Option<String>,
    /// The password or the token.
    pub secret: Credential,
    /// Whose spans it may send; `None` leaves `X-Scope-OrgID` trusted.
    pub tenant: Option<TenantId>,
}

impl TlsServerSettings {
    /// Whether nobody gets in without a certificate that is verified.
    #[must_use]
    pub fn asks_for_certificates(&self) -> bool {
        matches!(self.clients, TlsClients::Verified(_))
    }
}
