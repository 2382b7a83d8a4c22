//! `metrics_generator.storage.remote_write`: one endpoint, in Prometheus' names.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::relabel::RelabelConfig;
use super::values::{GoDuration, HeaderName, HeaderText, HeaderValue};
use crate::{RemoteUrl, Secret};

/// One of `metrics_generator.storage.remote_write`.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct RemoteWrite {
    /// Where requests go, `http://…` or `https://…`, with no user and password in it; needed.
    pub url: Option<RemoteUrl>,
    /// The endpoint's name in metrics, logs and pages, unique. Default the URL's host and port; set it to keep it
    /// short.
    pub name: Option<String>,
    /// How long one request may take. Default `30s`; raise it when the store is slow.
    pub remote_timeout: Option<GoDuration<1>>,
    /// Headers added to every request. Default `{}`; set what a gateway asks for.
    pub headers: BTreeMap<HeaderName, HeaderValue>,
    /// Headers that may have several values: `{X-Key: {values: [a], secrets: [b], files: [path]}}`. Each value is sent
    /// as a header of its own, in this order, beside those of `headers`. Default `{}`; set it when a value is in a
    /// file, or there are several.
    pub http_headers: BTreeMap<HeaderName, HttpHeader>,
    /// HTTP basic authentication. Default none; at most one way of authentication may be set.
    pub basic_auth: Option<BasicAuth>,
    /// The header `Authorization`. Default none.
    pub authorization: Option<Authorization>,
    /// A bearer token, an older way to write `authorization.credentials`. Default none.
    pub bearer_token: Option<Secret>,
    /// The file with the bearer token, an older way to write `authorization.credentials_file`. Default none.
    #[schemars(extend("format" = "path"))]
    pub bearer_token_file: Option<PathBuf>,
    /// How `https` endpoints are trusted, and how we show who we are.
    pub tls_config: TlsConfig,
    /// Whether redirects with 307 and 308 are followed. Default `true`; switch it off when the address must not be
    /// changed from there.
    pub follow_redirects: Option<bool>,
    /// Whether exemplars are sent. Default `false`; switch it on when the store keeps them.
    pub send_exemplars: Option<bool>,
    /// Whether native histograms are sent when the tenant makes them. Default `true`, as Tempo sends them by
    /// `generate_native_histograms` alone; switch it off for one endpoint of several that does not take them.
    pub send_native_histograms: Option<bool>,
    /// The message to send, remote-write 1.0; there is only this one. Default `prometheus.WriteRequest`.
    pub protobuf_message: Option<ProtobufMessage>,
    /// Rules for the labels of series before they are queued, one after the other. Default `[]`; set them when the
    /// store must not get all series, or not by these names.
    pub write_relabel_configs: Vec<RelabelConfig>,
    /// Queueing, batching and retries.
    pub queue_config: QueueConfig,
}

/// One of `….http_headers`; the header is sent once for each value, in the order of these keys.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct HttpHeader {
    /// Values that are shown in prints. Default `[]`.
    pub values: Vec<HeaderText>,
    /// Values that are not shown. Default `[]`.
    pub secrets: Vec<HeaderValue>,
    /// Files with a value each, read at each request so that it can be renewed. Default `[]`.
    pub files: Vec<PathBuf>,
}

/// `….basic_auth`.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct BasicAuth {
    /// The user's name; needed.
    pub username: Option<String>,
    /// The password. Default empty.
    pub password: Option<Secret>,
    /// The file with the password, read at each request so that it can be renewed; instead of `password`. Default none.
    #[schemars(extend("format" = "path"))]
    pub password_file: Option<PathBuf>,
}

/// `….authorization`.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Authorization {
    /// The scheme; there is only this one. Default `Bearer`.
    pub r#type: Option<Bearer>,
    /// The token. Default none; this or `credentials_file` is needed.
    pub credentials: Option<Secret>,
    /// The file with the token, read at each request so that it can be renewed; instead of `credentials`. Default none.
    #[schemars(extend("format" = "path"))]
    pub credentials_file: Option<PathBuf>,
}

/// The scheme `Bearer`, in any case.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(try_from = "String", into = "&str")]
pub struct Bearer;

/// Why a scheme of `Authorization` is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidScheme {
    /// It has a block of its own.
    #[error("write user and password in basic_auth")]
    Basic,
    /// Any other.
    #[error("only the type Bearer is supported yet")]
    NotSupported,
}

impl From<Bearer> for &str {
    fn from(_: Bearer) -> Self {
        "Bearer"
    }
}

impl TryFrom<String> for Bearer {
    type Error = InvalidScheme;

    fn try_from(text: String) -> Result<Self, InvalidScheme> {
        match text.to_ascii_lowercase().as_str() {
            "bearer" => Ok(Self),
            "basic" => Err(InvalidScheme::Basic),
            _ => Err(InvalidScheme::NotSupported),
        }
    }
}

/// Messages of the remote-write protocol.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize)]
pub enum ProtobufMessage {
    /// Remote-write 1.0.
    #[serde(rename = "prometheus.WriteRequest")]
    WriteRequest,
}

/// `….tls_config`.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct TlsConfig {
    /// PEM file of certificate authorities to trust. Default the system's; set it when the authority is private.
    #[schemars(extend("format" = "path"))]
    pub ca_file: Option<PathBuf>,
    /// PEM file of our certificate chain, with `key_file`. Default none; set it when the store asks for one.
    #[schemars(extend("format" = "path"))]
    pub cert_file: Option<PathBuf>,
    /// PEM file of our key, with `cert_file`. Default none.
    #[schemars(extend("format" = "path"))]
    pub key_file: Option<PathBuf>,
    /// The name to expect in the server's certificate. Default the URL's host; set it when the certificate has another.
    pub server_name: Option<String>,
    /// Trust any certificate. Default `false`; only for tests.
    pub insecure_skip_verify: Option<bool>,
}

/// `….queue_config`.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct QueueConfig {
    /// Samples that one shard may hold; `capacity * max_shards` bounds the queue. Default `10000`; raise it to
    /// bridge longer outages of the store, at the price of memory.
    #[schemars(extend("unit" = "samples"))]
    pub capacity: Option<NonZeroUsize>,
    /// The most requests under way at one time. Default `50`; lower it to spare the store.
    #[schemars(extend("unit" = "requests"))]
    pub max_shards: Option<NonZeroUsize>,
    /// The most samples in one request. Default `2000`; lower it when the store refuses large requests.
    #[schemars(extend("unit" = "samples"))]
    pub max_samples_per_send: Option<NonZeroUsize>,
    /// The first pause before a retry. Default `30ms`; raise it to spare a store that comes back.
    pub min_backoff: Option<GoDuration<1>>,
    /// The longest pause before a retry, not below `min_backoff`. Default `5s`; raise it to spare a store that is down.
    pub max_backoff: Option<GoDuration<1>>,
    /// How often a request that the store answers with 5xx is tried again before it is dropped. Default `10` for
    /// native histograms, and no bound for everything else; set it when the newest samples must not wait for the
    /// oldest.
    pub max_retries: Option<usize>,
    /// Samples older than this are dropped instead of retried. Default `0s`, never; set it when old samples
    /// are worth less than catching up.
    pub sample_age_limit: Option<GoDuration<0>>,
}
