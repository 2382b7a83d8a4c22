//! Where series are written to, and how.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use super::{RelabelRule, RemoteUrl, Secret};

/// One remote-write endpoint, named as Prometheus names its settings.
#[derive(Clone, Debug, PartialEq)]
pub struct RemoteWriteEndpoint {
    /// A name for metrics, logs and pages; unique among the endpoints.
    pub name: String,
    /// Where requests go: `http://…` or `https://…`.
    pub url: RemoteUrl,
    /// How long one request may take.
    pub remote_timeout: Duration,
    /// Headers added to every request.
    pub headers: BTreeMap<String, Secret>,
    /// Headers that are sent once for each of their values, beside `headers`.
    pub http_headers: BTreeMap<String, Vec<Credential>>,
    /// HTTP basic authentication.
    pub basic_auth: Option<BasicAuthentication>,
    /// `Authorization: Bearer …`.
    pub bearer_token: Option<Credential>,
    /// How `https` endpoints are trusted, and how we show who we are.
    pub tls: TlsClientSettings,
    /// Whether redirects that send the body along are followed.
    pub follow_redirects: bool,
    /// Whether exemplars are sent.
    pub send_exemplars: bool,
    /// Whether native histograms are sent when the tenant makes them.
    pub send_native_histograms: bool,
    /// What becomes of the labels of series before they are queued.
    pub write_relabel_rules: Vec<RelabelRule>,
    /// Queueing, batching and retries.
    pub queue: QueueSettings,
}

/// User and password.
#[derive(Clone, Debug, PartialEq)]
pub struct BasicAuthentication {
    /// The user's name.
    pub username: String,
    /// The password.
    pub password: Credential,
}

/// A secret given in the file or read from another one at each request, so that it can be renewed.
#[derive(Clone, Debug, PartialEq)]
pub enum Credential {
    /// The secret itself.
    Inline(Secret),
    /// The file whose trimmed content is the secret.
    File(PathBuf),
}

/// How a TLS client trusts and is trusted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct TlsClientSettings {
    /// PEM file of certificate authorities to trust instead of the system's.
    pub ca_file: Option<PathBuf>,
    /// PEM file of the client's certificate chain.
    pub cert_file: Option<PathBuf>,
    /// PEM file of the client's key.
    pub key_file: Option<PathBuf>,
    /// The name to expect in the server's certificate, when it is not the URL's host.
    pub server_name: Option<String>,
    /// Trust any certificate.
    pub insecure_skip_verify: bool,
}

/// Queueing, batching and retries of one endpoint (Prometheus' `queue_config`).
#[derive(Clone, Debug, PartialEq)]
pub struct QueueSettings {
    /// Samples that one shard may hold; `capacity * max_shards` bounds the queue.
    pub capacity: usize,
    /// The most requests under way at one time.
    pub max_shards: usize,
    /// The most samples in one request.
    pub max_samples_per_send: usize,
    /// The first pause before a retry.
    pub min_backoff: Duration,
    /// The longest pause before a retry.
    pub max_backoff: Duration,
    /// How often a request that is answered with 5xx is tried again before it is dropped; `None` means 10 for native
    /// histograms, and for ever for others.
    pub max_retries: Option<usize>,
    /// Samples older than this are dropped instead of retried; zero means never.
    pub sample_age_limit: Duration,
}

impl Default for QueueSettings {
    fn default() -> Self {
        Self {
            capacity: 10_000,
            max_shards: 50,
            max_samples_per_send: 2_000,
            min_backoff: Duration::from_millis(30),
            max_backoff: Duration::from_secs(5),
            max_retries: None,
            sample_age_limit: Duration::ZERO,
        }
    }
}
