//! The effective settings of the process: listeners, logs, admission and actors.

use std::path::PathBuf;
use std::time::Duration;

use crate::{AuthenticationSettings, ListenEndpoint, TlsServerSettings};

/// Everything that is set once for the process, not by tenant.
#[derive(Clone, Debug, PartialEq)]
pub struct ServerSettings {
    /// The OTLP gRPC receiver; `None` when `protocols` names only HTTP.
    pub grpc: Option<GrpcReceiverSettings>,
    /// The OTLP HTTP receiver; `None` when `protocols` names only gRPC.
    pub http: Option<HttpReceiverSettings>,
    /// Where pages, `/metrics`, `/ready` and the scrape are served.
    pub pages_endpoint: ListenEndpoint,
    /// TLS of the pages; `None` means plain text.
    pub pages_tls: Option<TlsServerSettings>,
    /// Who may send, and who may see the pages.
    pub authentication: AuthenticationSettings,
    /// Tenants come from `X-Scope-OrgID`; else every span belongs to `single-tenant`.
    pub multitenancy_enabled: bool,
    /// The least severe log level: `trace`, `debug`, `info`, `warn` or `error`.
    pub log_level: String,
    /// How log lines look.
    pub log_format: LogFormat,
    /// What may be admitted and not yet applied.
    pub admission: AdmissionSettings,
    /// How many actors there are, and how long their mailboxes.
    pub actors: ActorSettings,
    /// The most that a stop may take; `None` means the longest flush deadline and what comes before and after it.
    pub stop_deadline: Option<Duration>,
    /// Where state is kept that outlives the process; `None` means that nothing does.
    pub durability: Option<DurabilitySettings>,
}

/// State that outlives the process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DurabilitySettings {
    /// The folder of the state.
    pub path: PathBuf,
    /// The longest time between two epochs.
    pub interval: Duration,
    /// The most bytes on the disk that wait for one endpoint.
    pub max_queue_bytes: u64,
    /// How requests are logged; `None` when they are not.
    pub log: Option<SpanLogSettings>,
    /// How far back samples are made again that an earlier process did not make.
    pub max_backfill: Duration,
}

/// Requests are logged before they are answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpanLogSettings {
    /// How long after it was written, and answered, a request is synced; `None` when it is synced before it is answered.
    pub sync_interval: Option<Duration>,
    /// The most bytes of the log.
    pub max_bytes: u64,
    /// Requests that cannot be logged are taken nevertheless.
    pub continues_when_full: bool,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// Text for people; Tempo's `logfmt` means this one.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// The OTLP gRPC receiver.
#[derive(Clone, Debug, PartialEq)]
pub struct GrpcReceiverSettings {
    /// Where to listen.
    pub endpoint: ListenEndpoint,
    /// The most bytes a message may have after decompression.
    pub max_message_bytes: usize,
    /// The most streams (requests under way) a connection may have.
    pub max_concurrent_streams: u32,
    /// The most connections at one time; further ones wait to be accepted.
    pub max_connections: usize,
    /// A connection older than this is asked to go away; `None` means never.
    pub max_connection_age: Option<Duration>,
    /// How long requests may go on after a connection reached its age.
    pub max_connection_age_grace: Duration,
    /// TLS; `None` means plain text.
    pub tls: Option<TlsServerSettings>,
}

/// The OTLP HTTP receiver.
#[derive(Clone, Debug, PartialEq)]
pub struct HttpReceiverSettings {
    /// Where to listen.
    pub endpoint: ListenEndpoint,
    /// The most bytes a body may have after decompression.
    pub max_body_bytes: usize,
    /// How long a body may take to arrive.
    pub body_timeout: Duration,
    /// The most connections at one time.
    pub max_connections: usize,
    /// TLS; `None` means plain text.
    pub tls: Option<TlsServerSettings>,
    /// Which pages in browsers may send; `None` means that nothing is said about it.
    pub cors: Option<CorsSettings>,
}

/// Which pages in browsers may send, by the Fetch standard's CORS.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CorsSettings {
    /// Origins; one `*` in each stands for any text. Not empty.
    pub allowed_origins: Vec<String>,
    /// Headers besides those that OTLP needs; `*` is any.
    pub allowed_headers: Vec<String>,
    /// Headers of answers that pages may see.
    pub exposed_headers: Vec<String>,
    /// How long browsers may remember a permission; 0 is their own time, and less is not at all.
    pub max_age_seconds: i64,
}

/// What may be admitted; past it requests are refused whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdmissionSettings {
    /// Spans admitted and not yet applied.
    pub max_spans: usize,
    /// Bytes (decompressed) admitted and not yet applied.
    pub max_bytes: usize,
    /// Tenants that run at one time.
    pub max_tenants: usize,
}

/// How many actors there are, and how many messages their mailboxes hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActorSettings {
    /// Ingest actors, each on a thread of its own.
    pub ingest_actors: usize,
    /// Requests that wait in one ingest actor's mailbox.
    pub ingest_mailbox: usize,
    /// Matcher actors, each on a thread of its own.
    pub matcher_shards: usize,
    /// Batches that wait in one matcher's mailbox.
    pub matcher_mailbox: usize,
    /// Batches that wait in one aggregator's mailbox.
    pub aggregator_mailbox: usize,
    /// Threads over which writers are spread.
    pub writer_threads: usize,
}
