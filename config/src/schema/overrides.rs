//! `overrides`: what is on for every tenant, and each tenant's limits.

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::metrics_generator::Processor;
use super::remote_write::RemoteWrite;
use super::values::{BucketFactor, GoDuration, HeaderName, HeaderValue, LabelName, UnlessEmpty, UnlessZero};

/// `overrides`.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Overrides {
    /// What holds for every tenant.
    pub defaults: Tenant,
    /// The file with what single tenants have instead; a relative path counts from the working directory, and from the
    /// folder of the main file when nothing is there. Default none; set it when tenants need other processors, labels
    /// or limits.
    #[schemars(extend("format" = "path"))]
    pub per_tenant_override_config: Option<UnlessEmpty<PathBuf>>,
    /// How often that file is looked at; it is read again when its content has changed, and `0s` is never. Default
    /// `10s`; lower it when changes should count sooner.
    pub per_tenant_override_period: Option<GoDuration<0>>,
}

/// `overrides.defaults`, and the entry of a tenant in the override file.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tenant {
    /// How much a tenant may send.
    pub ingestion: Ingestion,
    /// Processors, limits, and what wins over the block `metrics_generator`.
    pub metrics_generator: TenantGenerator,
}

/// `overrides.defaults.ingestion`; bytes are those of requests after decompression.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Ingestion {
    /// Whether the limit counts by instance or for all together. Both count in each process alone, and a notice says
    /// so. Default `local`.
    pub rate_strategy: Option<RateStrategy>,
    /// How much may come in the long run, after decompression; past it a request is refused whole, with the time after
    /// which it would fit: `RESOURCE_EXHAUSTED` with `RetryInfo`, or 429 with `Retry-After`. Default `0`, no limit; set
    /// it when one tenant must not take the room of others.
    #[schemars(extend("unit" = "bytes a second"))]
    pub rate_limit_bytes: Option<usize>,
    /// How much may come at once after a pause; a larger request never fits and is refused for good:
    /// `RESOURCE_EXHAUSTED` without `RetryInfo`, or 413. Default `0`, as many as `rate_limit_bytes`; raise it above the
    /// largest request of the senders.
    #[schemars(extend("unit" = "bytes"))]
    pub burst_size_bytes: Option<usize>,
}

/// Whether a rate limit counts by instance or for all together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RateStrategy {
    /// By instance.
    Local,
    /// For all instances together.
    Global,
}

/// `overrides.defaults.metrics_generator`; a key that is written wins over its like in `metrics_generator`.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct TenantGenerator {
    /// The processors that are on: `service-graphs` is requests and latencies, `span-metrics` is calls, latencies and
    /// sizes, and their parts have names of their own; `local-blocks` is Tempo's, and ignored. Default none in a file,
    /// as in Tempo, and `[service-graphs]` without one; set it always.
    pub processors: Option<Vec<ProcessorName>>,
    /// Wins over `registry.collection_interval`, at least `100ms`; `0s` is left out. Default `0s`; set it when one
    /// tenant needs another.
    pub collection_interval: Option<UnlessZero<GoDuration<100>>>,
    /// Series are counted but never sent. Default `false`; switch it on to learn what a tenant would cost.
    pub disable_collection: Option<bool>,
    /// With `limiter_type: series`, the most there may be. Default `0`, no limit; set it to protect the store.
    #[schemars(extend("unit" = "series"))]
    pub max_active_series: Option<usize>,
    /// With `limiter_type: entity`, the most there may be. Default `0`, no limit; set it to protect the store.
    #[schemars(extend("unit" = "label sets"))]
    pub max_active_entities: Option<usize>,
    /// The most distinct values of one label; past it new values become `__cardinality_overflow__`. Default `0`,
    /// no limit; set it when attributes may hold ids.
    #[schemars(extend("unit" = "values"))]
    pub max_cardinality_per_label: Option<usize>,
    /// Which histograms are made: `classic` ones, `native` ones, or `both` of the same observations. Native ones need a
    /// store that takes them. Default `classic`; change it when quantiles should be finer, or series fewer.
    pub generate_native_histograms: Option<UnlessEmpty<HistogramKind>>,
    /// How many times its lower bound the upper bound of a native bucket may be, above `1`. Default `1.1`; lower
    /// it for finer quantiles, at the price of buckets.
    pub native_histogram_bucket_factor: Option<BucketFactor>,
    /// The most buckets of a native histogram; `0` is no limit. Default `100`; raise it when latencies are wide apart.
    #[schemars(extend("unit" = "buckets"))]
    pub native_histogram_max_bucket_number: Option<usize>,
    /// A native histogram with too many buckets starts anew when it is at least this old; else its resolution is
    /// halved. Default `15m`; raise it when fewer resets matter more than resolution.
    pub native_histogram_min_reset_duration: Option<GoDuration<0>>,
    /// The exemplars' label with the trace id. Default `traceID`; change it when your data source links by another.
    pub trace_id_label_name: Option<UnlessEmpty<LabelName>>,
    /// Wins over `metrics_ingestion_time_range_slack`; `0s` is left out. Default `0s`; set it when one tenant's senders
    /// hold spans back longer.
    pub ingestion_time_range_slack: Option<UnlessZero<GoDuration<1>>>,
    /// `enabled` makes span names that differ in data one, such as `GET /users/<_>`; `dry_run` only counts how many
    /// there would be. Default `disabled`; set it when span names hold ids.
    pub span_name_sanitization: Option<UnlessEmpty<SpanNameSanitization>>,
    /// Headers of every remote-write request, over the endpoint's own. Default `{}`; set it to write to another tenant.
    pub remote_write_headers: Option<BTreeMap<HeaderName, HeaderValue>>,
    /// Endpoints, with the keys of `metrics_generator.storage.remote_write`, which stand in the place of those that the
    /// tenant would have, or beside them. Tempo does not have this key. Default none: those from further up; set it
    /// when a tenant is written elsewhere.
    pub remote_write: Option<Vec<RemoteWrite>>,
    /// `replace`: the endpoints of this block stand in the place of those from further up, and `[]` leaves none.
    /// `append`: they stand beside them. Tempo does not have this key. Default `replace`; `append` when a tenant is
    /// written elsewhere too.
    pub remote_write_mode: Option<RemoteWriteMode>,
    /// What wins over `metrics_generator.processor`.
    pub processor: Processor,
}

/// What a list of endpoints does to those from further up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RemoteWriteMode {
    /// It stands in their place; an empty one leaves none.
    Replace,
    /// It stands beside them.
    Append,
}

/// Processors and their parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema, Serialize)]
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
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize)]
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
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SpanNameSanitization {
    /// Names stay.
    Disabled,
    /// Names stay, and it is counted what would be made one.
    DryRun,
    /// Names are made one.
    Enabled,
}
