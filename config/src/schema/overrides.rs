//! `overrides`: what is on for every tenant, and each tenant's limits.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::metrics_generator::Processor;
use super::remote_write::RemoteWrite;
use super::values::{BucketFactor, GoDuration, HeaderName, HeaderValue, LabelName, UnlessEmpty, UnlessZero};

/// `overrides`.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Overrides {
    /// What holds for every tenant.
    pub defaults: Tenant,
    /// The file with what single tenants have instead; a relative path counts from the working directory, and from the
    /// folder of the main file when nothing is there. Default none.
    pub per_tenant_override_config: Option<UnlessEmpty<PathBuf>>,
    /// How often that file is looked at; it is read again when it has changed. Default `10s`; `0s` is never.
    pub per_tenant_override_period: Option<GoDuration<0>>,
}

/// `overrides.defaults`, and the entry of a tenant in the override file.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tenant {
    /// How much a tenant may send.
    pub ingestion: Ingestion,
    /// Processors, limits, and what wins over the block `metrics_generator`.
    pub metrics_generator: TenantGenerator,
}

/// `overrides.defaults.ingestion`; bytes are those of requests after decompression.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Ingestion {
    /// Whether the limit counts by instance or for all together. Default `local`; `global` counts by instance too,
    /// and a notice says so.
    pub rate_strategy: Option<RateStrategy>,
    /// Bytes a second in the long run; past it requests are refused, with the time when to come again. Default `0`,
    /// no limit; set it when one tenant must not take the room of others.
    pub rate_limit_bytes: Option<usize>,
    /// Bytes at once after a pause; a larger request is refused for good. Default `0`, as many as
    /// `rate_limit_bytes`; raise it above the largest request of the senders.
    pub burst_size_bytes: Option<usize>,
}

/// Whether a rate limit counts by instance or for all together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RateStrategy {
    /// By instance.
    Local,
    /// For all instances together.
    Global,
}

/// `overrides.defaults.metrics_generator`; a key that is written wins over its like in `metrics_generator`.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct TenantGenerator {
    /// The processors that are on. Default none, as in Tempo; `[service-graphs]` when no file is given.
    pub processors: Option<Vec<ProcessorName>>,
    /// How often series are collected and sent, at least `100ms`; `0s` is left out. Default
    /// `registry.collection_interval`.
    pub collection_interval: Option<UnlessZero<GoDuration<100>>>,
    /// Series are counted but never sent. Default `false`; switch it on to learn what a tenant would cost.
    pub disable_collection: Option<bool>,
    /// With `limiter_type: series`, the most series. Default `0`, no limit.
    pub max_active_series: Option<usize>,
    /// With `limiter_type: entity`, the most label sets. Default `0`, no limit.
    pub max_active_entities: Option<usize>,
    /// The most distinct values of one label; past it new values become `__cardinality_overflow__`. Default `0`,
    /// no limit; set it when attributes may hold ids.
    pub max_cardinality_per_label: Option<usize>,
    /// Which histograms are made. Default `classic`; `native` and `both` need a store that takes native ones.
    pub generate_native_histograms: Option<UnlessEmpty<HistogramKind>>,
    /// How many times its lower bound the upper bound of a native bucket may be, above `1`. Default `1.1`; lower
    /// it for finer quantiles, at the price of buckets.
    pub native_histogram_bucket_factor: Option<BucketFactor>,
    /// The most buckets of a native histogram; `0` means no limit. Default `100`.
    pub native_histogram_max_bucket_number: Option<usize>,
    /// A native histogram with too many buckets starts anew when it is at least this old; else its resolution
    /// is halved. Default `15m`.
    pub native_histogram_min_reset_duration: Option<GoDuration<0>>,
    /// The exemplars' label with the trace id. Default `traceID`.
    pub trace_id_label_name: Option<UnlessEmpty<LabelName>>,
    /// As `metrics_ingestion_time_range_slack`; `0s` is left out.
    pub ingestion_time_range_slack: Option<UnlessZero<GoDuration<1>>>,
    /// Span names that differ in data are made one. Default `disabled`; try it with `dry_run`.
    pub span_name_sanitization: Option<UnlessEmpty<SpanNameSanitization>>,
    /// Headers of every remote-write request, over the endpoint's own. Default none.
    pub remote_write_headers: Option<BTreeMap<HeaderName, HeaderValue>>,
    /// Endpoints of this tenant, which stand in the place of those that it would have, or beside them. Default
    /// none: it has those of `metrics_generator.storage.remote_write`. Only spangraph has this key.
    pub remote_write: Option<Vec<RemoteWrite>>,
    /// What `remote_write` of this block does to the endpoints that the tenant would have without it. Default
    /// `replace`; only spangraph has this key.
    pub remote_write_mode: Option<RemoteWriteMode>,
    /// What wins over `metrics_generator.processor`.
    pub processor: Processor,
}

/// What a list of endpoints does to those from further up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RemoteWriteMode {
    /// It stands in their place; an empty one leaves none.
    Replace,
    /// It stands beside them.
    Append,
}

/// Processors and their parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProcessorName {
    /// Requests and latencies of service graphs.
    ServiceGraphs,
    /// Only requests of service graphs.
    ServiceGraphsRequest,
    /// Only latencies of service graphs.
    ServiceGraphsLatency,
    /// The gauge of connections.
    ServiceGraphsConnectionInfo,
    /// Calls, latencies and sizes of spans.
    SpanMetrics,
    /// Only calls of spans.
    SpanMetricsCount,
    /// Only latencies of spans.
    SpanMetricsLatency,
    /// Only sizes of spans.
    SpanMetricsSize,
    /// The gauge of hosts.
    HostInfo,
    /// Tempo's own store of recent spans; spangraph has none.
    LocalBlocks,
}

/// Which histograms are made.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum HistogramKind {
    /// Classic ones.
    Classic,
    /// Native ones.
    Native,
    /// Both of the same observations.
    Both,
}

/// Whether span names that differ in data are made one.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SpanNameSanitization {
    /// Names stay.
    Disabled,
    /// Names stay, and it is counted what would be made one.
    DryRun,
    /// Names are made one.
    Enabled,
}
