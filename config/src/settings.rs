//! The effective settings of one tenant: what the actors read, resolved from the file's global and override blocks.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// Everything the pipeline needs to know to serve one tenant.
#[derive(Clone, Debug, PartialEq)]
pub struct TenantSettings {
    /// The processors that are on.
    pub processors: Processors,
    /// How halves of edges become edges.
    pub service_graphs: ServiceGraphsSettings,
    /// How spans become calls, latencies and sizes.
    pub span_metrics: SpanMetricsSettings,
    /// How hosts are found.
    pub host_info: HostInfoSettings,
    /// How series are kept, labelled, limited and collected.
    pub registry: RegistrySettings,
    /// A span whose end lies further than this from now, before or after, is discarded (SPEC §1).
    pub ingestion_time_range_slack: Duration,
    /// Series are counted but never sent.
    pub disable_collection: bool,
    /// Where series are written to; empty means that they are only there to scrape.
    pub remote_write: Vec<RemoteWriteEndpoint>,
    /// Headers of this tenant for every endpoint, over the endpoint's own.
    pub remote_write_headers: BTreeMap<String, Secret>,
    /// Whether `X-Scope-OrgID: <tenant>` goes along (never for the single tenant, SPEC §8).
    pub remote_write_add_org_id_header: bool,
    /// How long a stopping writer goes on sending what it has.
    pub remote_write_flush_deadline: Duration,
}

/// The processors and subprocessors that a tenant has on (SPEC §2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Processors {
    /// `traces_service_graph_request_total` and `…_request_failed_total`.
    pub service_graphs_request: bool,
    /// The `…_seconds` histograms of service graphs.
    pub service_graphs_latency: bool,
    /// The gauge `traces_service_graph_connection_info`.
    pub service_graphs_connection_info: bool,
    /// `traces_spanmetrics_calls_total`.
    pub span_metrics_count: bool,
    /// The histogram `traces_spanmetrics_latency`.
    pub span_metrics_latency: bool,
    /// `traces_spanmetrics_size_total`.
    pub span_metrics_size: bool,
    /// The gauge `traces_host_info`.
    pub host_info: bool,
}

impl Processors {
    /// Whether any part of service graphs is on, so that halves must be paired.
    #[must_use]
    pub fn any_service_graphs(&self) -> bool {
        self.service_graphs_request || self.service_graphs_latency || self.service_graphs_connection_info
    }

    /// Whether any part of span metrics is on, so that every span counts.
    #[must_use]
    pub fn any_span_metrics(&self) -> bool {
        self.span_metrics_count || self.span_metrics_latency || self.span_metrics_size
    }
}

/// How halves of edges become edges (SPEC §2).
#[derive(Clone, Debug, PartialEq)]
pub struct ServiceGraphsSettings {
    /// How long a half waits for the other, from the first half on.
    pub wait: Duration,
    /// The most edges that wait at one time.
    pub max_items: usize,
    /// Upper bounds of the classic histograms in seconds, ascending, without `+Inf`.
    pub histogram_buckets: Vec<f64>,
    /// Attributes that become labels, as written in the file (not yet sanitised).
    pub dimensions: Vec<String>,
    /// Span attributes that name the other side of a half that stays alone, in order of precedence.
    pub peer_attributes: Vec<String>,
    /// Attributes that make a client's span a database call, in order of precedence.
    pub database_name_attributes: Vec<String>,
    /// Dimensions are kept for both sides, as `client_<dimension>` and `server_<dimension>`.
    pub enable_client_server_prefix: bool,
    /// Virtual edges carry the label `virtual_node`.
    pub enable_virtual_node_label: bool,
    /// The time between producer and consumer is a histogram of its own.
    pub enable_messaging_system_latency_histogram: bool,
    /// The attribute whose inverse weighs an edge.
    pub span_multiplier_key: Option<String>,
    /// Weigh by OpenTelemetry's sampling threshold in the trace state (SPEC §5).
    pub enable_tracestate_span_multiplier: bool,
    /// Which halves take part (SPEC §6).
    pub filter_policies: Vec<FilterPolicy>,
}

/// How spans become calls, latencies and sizes (SPEC §3).
#[derive(Clone, Debug, PartialEq)]
pub struct SpanMetricsSettings {
    /// Upper bounds of the classic histogram in seconds, ascending, without `+Inf`.
    pub histogram_buckets: Vec<f64>,
    /// Which intrinsic labels there are.
    pub intrinsic_dimensions: IntrinsicDimensions,
    /// Attributes that become labels, as written in the file (not yet sanitised).
    pub dimensions: Vec<String>,
    /// Labels made of several attributes.
    pub dimension_mappings: Vec<DimensionMapping>,
    /// `traces_target_info` is made, and series carry `job` and `instance`.
    pub enable_target_info: bool,
    /// Resource attributes that `traces_target_info` leaves out.
    pub target_info_excluded_dimensions: Vec<String>,
    /// Series carry `instance` when target info is on.
    pub enable_instance_label: bool,
    /// The attribute whose inverse weighs a span.
    pub span_multiplier_key: Option<String>,
    /// Weigh by OpenTelemetry's sampling threshold in the trace state (SPEC §5).
    pub enable_tracestate_span_multiplier: bool,
    /// Which spans take part (SPEC §6).
    pub filter_policies: Vec<FilterPolicy>,
}

/// Which intrinsic labels span metrics have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IntrinsicDimensions {
    /// `service`.
    pub service: bool,
    /// `span_name`.
    pub span_name: bool,
    /// `span_kind`.
    pub span_kind: bool,
    /// `status_code`.
    pub status_code: bool,
    /// `status_message`.
    pub status_message: bool,
}

/// A label made of several attributes: their found, non-empty values, joined.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DimensionMapping {
    /// The label, as written in the file (not yet sanitised).
    pub name: String,
    /// The attributes, of the resource before the span.
    pub source_labels: Vec<String>,
    /// What stands between two values.
    pub join: String,
}

/// How hosts are found (SPEC §4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostInfoSettings {
    /// Resource attributes that name a host, in order of precedence.
    pub host_identifiers: Vec<String>,
    /// The gauge's name.
    pub metric_name: String,
}

/// Which histograms there are, and how native ones grow (SPEC §7).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HistogramSettings {
    /// Classic, native, or both of the same observations.
    pub kind: HistogramKind,
    /// A native bucket's upper bound is at most this many times its lower one; above 1.
    pub native_bucket_factor: f64,
    /// The most buckets a native histogram may have; 0 means no limit.
    pub native_max_bucket_number: usize,
    /// A native histogram with too many buckets is reset when it is at least this old, else its resolution is halved.
    pub native_min_reset_duration: Duration,
}

/// Which histograms there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HistogramKind {
    /// With fixed buckets.
    #[default]
    Classic,
    /// With exponential buckets.
    Native,
    /// Both.
    Both,
}

/// Whether span names that differ only in ids become one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SpanNameSanitization {
    /// Names are left as they are.
    #[default]
    Disabled,
    /// Names are left as they are; how many there would be is a metric.
    DryRun,
    /// Names become patterns.
    Enabled,
}

/// One filter policy (SPEC §6).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FilterPolicy {
    /// A span must match it.
    pub include: Option<PolicyMatch>,
    /// A span that matches it is in.
    pub include_any: Option<PolicyMatch>,
    /// A span that matches it is out.
    pub exclude: Option<PolicyMatch>,
}

/// What a policy compares; a span matches when all attributes do.
#[derive(Clone, Debug, PartialEq)]
pub struct PolicyMatch {
    /// The attributes to compare, at least one.
    pub attributes: Vec<MatchAttribute>,
}

/// One comparison of a policy.
#[derive(Clone, Debug, PartialEq)]
pub struct MatchAttribute {
    /// What is compared.
    pub key: FilterKey,
    /// With what.
    pub value: MatchValue,
}

/// What a policy's attribute names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FilterKey {
    /// `name`, `kind` or `status`.
    Intrinsic(Intrinsic),
    /// `resource.X` or `span.X`: the attribute X of that scope.
    Attribute(AttributeScope, String),
}

/// Fields of a span that policies can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intrinsic {
    /// The span's name.
    Name,
    /// The span's kind, as `SPAN_KIND_…`.
    Kind,
    /// The span's status code, as `STATUS_CODE_…`.
    Status,
}

/// Where an attribute stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttributeScope {
    /// Among the resource's attributes.
    Resource,
    /// Among the span's own attributes.
    Span,
}

/// A policy's value; strict ones match by type and value, so the integer 404 is not the string "404".
#[derive(Clone, Debug)]
pub enum MatchValue {
    /// Equal to this string.
    String(String),
    /// Equal to this integer.
    Int(i64),
    /// Equal to this double.
    Double(f64),
    /// Equal to this boolean.
    Bool(bool),
    /// A string somewhere in which this expression matches (unanchored).
    Regex(regex::Regex),
}

impl PartialEq for MatchValue {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::String(left), Self::String(right)) => left == right,
            (Self::Int(left), Self::Int(right)) => left == right,
            (Self::Double(left), Self::Double(right)) => left == right,
            (Self::Bool(left), Self::Bool(right)) => left == right,
            (Self::Regex(left), Self::Regex(right)) => left.as_str() == right.as_str(),
            _ => false,
        }
    }
}

/// How series are kept, labelled, limited and collected (SPEC §7).
#[derive(Clone, Debug, PartialEq)]
pub struct RegistrySettings {
    /// How often series are collected and sent.
    pub collection_interval: Duration,
    /// A series that was not updated for this long is removed.
    pub stale_duration: Duration,
    /// Labels added to every series; they override a series' own.
    pub external_labels: BTreeMap<String, String>,
    /// The label that carries the tenant's id.
    pub inject_tenant_id_as: Option<String>,
    /// The label that tells instances apart, name and value: `__metrics_gen_instance` = the host's name.
    pub instance_label: Option<(String, String)>,
    /// Label names are cut to this many bytes; 0 means no limit.
    pub max_label_name_length: usize,
    /// Label values are cut to this many bytes; 0 means no limit.
    pub max_label_value_length: usize,
    /// What the limit counts.
    pub limiter: Limiter,
    /// The exemplars' label that carries the trace id.
    pub trace_id_label_name: String,
    /// Which histograms there are.
    pub histograms: HistogramSettings,
    /// The most distinct values a label may have before they become `__cardinality_overflow__`; 0 means no limit.
    pub max_cardinality_per_label: usize,
    /// Whether span names that differ only in ids become one.
    pub span_name_sanitization: SpanNameSanitization,
}

/// What is limited; a limit of 0 means none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limiter {
    /// At most this many series (`max_active_series`).
    Series(usize),
    /// At most this many label sets (`max_active_entities`).
    Entities(usize),
}

/// One remote-write endpoint, named as Prometheus names its settings.
#[derive(Clone, Debug, PartialEq)]
pub struct RemoteWriteEndpoint {
    /// A name for metrics, logs and pages; unique among the endpoints.
    pub name: String,
    /// Where requests go: `http://…` or `https://…`.
    pub url: String,
    /// How long one request may take.
    pub remote_timeout: Duration,
    /// Headers added to every request.
    pub headers: BTreeMap<String, Secret>,
    /// HTTP basic authentication.
    pub basic_auth: Option<BasicAuthentication>,
    /// `Authorization: Bearer …`.
    pub bearer_token: Option<Credential>,
    /// How `https` endpoints are trusted, and how we show who we are.
    pub tls: TlsClientSettings,
    /// Whether exemplars are sent.
    pub send_exemplars: bool,
    /// Whether native histograms are sent.
    pub send_native_histograms: bool,
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
#[derive(Clone, Debug, Default, PartialEq)]
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
    /// How often native histograms are tried again before they are dropped; other samples are never given up.
    pub max_retries: usize,
    /// Samples older than this are dropped instead of retried; zero means never.
    pub sample_age_limit: Duration,
}

/// A text that is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps `text`.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the one place that sends it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("<secret>")
    }
}

impl Default for ServiceGraphsSettings {
    fn default() -> Self {
        let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
        Self {
            wait: Duration::from_secs(10),
            max_items: 10_000,
            histogram_buckets: vec![0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8],
            dimensions: Vec::new(),
            peer_attributes: texts(&["peer.service", "db.name", "db.system", "db.system.name"]),
            database_name_attributes: texts(&["db.namespace", "db.name", "db.system", "db.system.name"]),
            enable_client_server_prefix: false,
            enable_virtual_node_label: false,
            enable_messaging_system_latency_histogram: false,
            span_multiplier_key: None,
            enable_tracestate_span_multiplier: false,
            filter_policies: Vec::new(),
        }
    }
}

impl Default for SpanMetricsSettings {
    fn default() -> Self {
        Self {
            histogram_buckets: (0..14).map(|power| 0.002 * 2_f64.powi(power)).collect(),
            intrinsic_dimensions: IntrinsicDimensions::default(),
            dimensions: Vec::new(),
            dimension_mappings: Vec::new(),
            enable_target_info: false,
            target_info_excluded_dimensions: Vec::new(),
            enable_instance_label: true,
            span_multiplier_key: None,
            enable_tracestate_span_multiplier: false,
            filter_policies: Vec::new(),
        }
    }
}

impl Default for IntrinsicDimensions {
    fn default() -> Self {
        Self {
            service: true,
            span_name: true,
            span_kind: true,
            status_code: true,
            status_message: false,
        }
    }
}

impl Default for HostInfoSettings {
    fn default() -> Self {
        Self {
            host_identifiers: vec!["k8s.node.name".to_owned(), "host.id".to_owned()],
            metric_name: "traces_host_info".to_owned(),
        }
    }
}

impl Default for HistogramSettings {
    fn default() -> Self {
        Self {
            kind: HistogramKind::Classic,
            native_bucket_factor: 1.1,
            native_max_bucket_number: 100,
            native_min_reset_duration: Duration::from_secs(15 * 60),
        }
    }
}

impl Default for RegistrySettings {
    fn default() -> Self {
        Self {
            collection_interval: Duration::from_secs(15),
            stale_duration: Duration::from_secs(15 * 60),
            external_labels: BTreeMap::new(),
            inject_tenant_id_as: None,
            instance_label: None,
            max_label_name_length: 1024,
            max_label_value_length: 2048,
            limiter: Limiter::Series(0),
            trace_id_label_name: "traceID".to_owned(),
            histograms: HistogramSettings::default(),
            max_cardinality_per_label: 0,
            span_name_sanitization: SpanNameSanitization::Disabled,
        }
    }
}

impl Default for QueueSettings {
    fn default() -> Self {
        Self {
            capacity: 10_000,
            max_shards: 50,
            max_samples_per_send: 2_000,
            min_backoff: Duration::from_millis(30),
            max_backoff: Duration::from_secs(5),
            max_retries: 10,
            sample_age_limit: Duration::ZERO,
        }
    }
}

impl Default for TenantSettings {
    fn default() -> Self {
        Self {
            processors: Processors {
                service_graphs_request: true,
                service_graphs_latency: true,
                ..Processors::default()
            },
            service_graphs: ServiceGraphsSettings::default(),
            span_metrics: SpanMetricsSettings::default(),
            host_info: HostInfoSettings::default(),
            registry: RegistrySettings::default(),
            ingestion_time_range_slack: Duration::from_secs(30),
            disable_collection: false,
            remote_write: Vec::new(),
            remote_write_headers: BTreeMap::new(),
            remote_write_add_org_id_header: true,
            remote_write_flush_deadline: Duration::from_secs(60),
        }
    }
}
