//! TLS of the listeners: the Collector's keys at the receivers, Tempo's own at the pages.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::values::{GoDuration, UnlessEmpty};

/// `….protocols.grpc.tls` and `….protocols.http.tls`, as in the Collector.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReceiverTls {
    /// PEM file of our certificate chain. Default none; with `key_file` it switches TLS on, for when senders come over
    /// other networks.
    #[schemars(extend("format" = "path"))]
    pub cert_file: Option<UnlessEmpty<PathBuf>>,
    /// PEM file of our key. Default none; set it with `cert_file`.
    #[schemars(extend("format" = "path"))]
    pub key_file: Option<UnlessEmpty<PathBuf>>,
    /// PEM file of the authorities whose clients may connect; every client must show a certificate then. Default none;
    /// set it when only who has a certificate may send.
    #[schemars(extend("format" = "path"))]
    pub client_ca_file: Option<UnlessEmpty<PathBuf>>,
    /// The oldest TLS that is spoken. Default `1.2`; set `1.3` when all senders speak it.
    pub min_version: Option<UnlessEmpty<TlsVersion>>,
    /// The newest TLS that is spoken. Default `1.3`; set `1.2` when something in between fails on 1.3.
    pub max_version: Option<UnlessEmpty<TlsVersion>>,
    /// How often the files are looked at again, `client_ca_file` too; at least `100ms`, and `0s` is never. Default
    /// `10s` (the Collector's is never); raise it when looking is expensive.
    pub reload_interval: Option<GoDuration<0>>,
}

/// `server.http_tls_config`, as in Tempo.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct PagesTls {
    /// PEM file of our certificate chain, looked at again every 10 seconds. Default none; with `key_file` it switches
    /// TLS on, for when people or Prometheus come over other networks.
    #[schemars(extend("format" = "path"))]
    pub cert_file: Option<UnlessEmpty<PathBuf>>,
    /// PEM file of our key. Default none; set it with `cert_file`.
    #[schemars(extend("format" = "path"))]
    pub key_file: Option<UnlessEmpty<PathBuf>>,
    /// What clients must show: nothing, a certificate that must be right if they show one, or a certificate. Go's two
    /// kinds that verify nothing are refused. Default `NoClientCert`; set it, with `client_ca_file`, when only who has
    /// a certificate may see pages.
    pub client_auth_type: Option<UnlessEmpty<ClientAuthType>>,
    /// PEM file of the authorities of clients' certificates. Default none; set it with `client_auth_type`.
    #[schemars(extend("format" = "path"))]
    pub client_ca_file: Option<UnlessEmpty<PathBuf>>,
}

/// A version of TLS that can be spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String")]
pub enum TlsVersion {
    /// TLS 1.2.
    #[serde(rename = "1.2")]
    Tls12,
    /// TLS 1.3.
    #[serde(rename = "1.3")]
    Tls13,
}

/// What clients of the pages must show, in Go's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String")]
pub enum ClientAuthType {
    /// Nothing.
    NoClientCert,
    /// Nothing, but what they show must be right.
    VerifyClientCertIfGiven,
    /// A certificate of one of the authorities.
    RequireAndVerifyClientCert,
}

/// Why a text is none of these.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTls {
    /// Versions that are not safe any more.
    #[error("TLS {0} is not safe and not supported, write 1.2 or 1.3")]
    Unsafe(String),
    /// No version.
    #[error("{0:?} is no version of TLS, write 1.2 or 1.3")]
    Version(String),
    /// Certificates that nobody verifies protect nothing.
    #[error(
        "{0} takes certificates without verifying them and is not supported, write RequireAndVerifyClientCert"
    )]
    Unverified(String),
    /// Any other text.
    #[error("{0:?} is not known, write NoClientCert, VerifyClientCertIfGiven or RequireAndVerifyClientCert")]
    ClientAuthType(String),
}

impl TryFrom<String> for TlsVersion {
    type Error = InvalidTls;

    fn try_from(text: String) -> Result<Self, InvalidTls> {
        match text.as_str() {
            "1.2" | "VersionTLS12" => Ok(Self::Tls12),
            "1.3" | "VersionTLS13" => Ok(Self::Tls13),
            "1.0" | "VersionTLS10" => Err(InvalidTls::Unsafe("1.0".to_owned())),
            "1.1" | "VersionTLS11" => Err(InvalidTls::Unsafe("1.1".to_owned())),
            _ => Err(InvalidTls::Version(text)),
        }
    }
}

impl TryFrom<String> for ClientAuthType {
    type Error = InvalidTls;

    fn try_from(text: String) -> Result<Self, InvalidTls> {
        match text.as_str() {
            "NoClientCert" => Ok(Self::NoClientCert),
            "VerifyClientCertIfGiven" => Ok(Self::VerifyClientCertIfGiven),
            "RequireAndVerifyClientCert" => Ok(Self::RequireAndVerifyClientCert),
            "RequestClientCert" | "RequireAnyClientCert" => Err(InvalidTls::Unverified(text)),
            _ => Err(InvalidTls::ClientAuthType(text)),
        }
    }
}
