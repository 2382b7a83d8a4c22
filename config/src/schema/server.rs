//! `server`: the HTTP server of pages, own metrics and scrape; and the log.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::tls::{PagesTls, TlsVersion};
use super::values::UnlessEmpty;
use crate::ListenHost;

/// `server`.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Server {
    /// The address of pages, `/metrics`, `/ready` and the scrape: an IP address, a name, or `""` for all.
    /// Default `127.0.0.1` (Tempo's is all addresses). Set `0.0.0.0` when Prometheus or people reach it from
    /// other hosts.
    pub http_listen_address: Option<ListenHost>,
    /// The port of pages; `0` takes any free one. Default `3200`; change it when the port is taken.
    pub http_listen_port: Option<u16>,
    /// TLS of pages. Default off; on as soon as `cert_file` and `key_file` are written.
    pub http_tls_config: PagesTls,
    /// The oldest TLS that pages speak. Default `VersionTLS12`; raise it when everybody speaks 1.3.
    pub tls_min_version: Option<UnlessEmpty<TlsVersion>>,
    /// The least severe lines that are logged. Default `info`; `debug` to see why something is dropped.
    pub log_level: Option<LogLevel>,
    /// How log lines look: `logfmt` and `text` are text for people, `json` is one object a line. Default `logfmt`;
    /// `json` when a log store parses them.
    pub log_format: Option<LogFormat>,
}

/// Severities of log lines.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// Everything, also what libraries trace.
    Trace,
    /// Why single requests and series were treated as they were.
    Debug,
    /// What the process does.
    Info,
    /// What needs attention.
    Warn,
    /// What failed.
    Error,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Text for people; Tempo's name.
    Logfmt,
    /// The same.
    #[serde(rename(serialize = "logfmt"))]
    Text,
    /// One JSON object a line.
    Json,
}
