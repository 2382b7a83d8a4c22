//! `overrides`: what is on for every tenant, and each tenant's limits.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::metrics_generator::Processor;
use super::values::{GoDuration, HeaderName, HeaderValue, LabelName, UnlessEmpty, UnlessZero};

/// `overrides`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Overrides {
    /// What holds for every tenant.
    pub defaults: Tenant,
}

/// `overrides.defaults`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tenant {
    /// How much a tenant may send; read and checked, not built yet.
    pub ingestion: Ingestion,
    /// Processors, limits, and what wins over the block `metrics_generator`.
    pub metrics_generator: TenantGenerator,
}

/// `overrides.defaults.ingestion`. Nothing acts on it yet.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Ingestion {
    /// Whether the limit counts by instance or for all together. Default `local`.
    pub rate_strategy: Option<RateStrategy>,
    /// Bytes a second. Default `0`, no limit.
    pub rate_limit_bytes: Option<usize>,
    /// Bytes at once. Default `0`, no limit.
    pub burst_size_bytes: Option<usize>,
}

/// Whether a rate limit counts by instance or for all together.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RateStrategy {
    /// By instance.
    Local,
    /// For all instances together.
    Global,
}

/// `overrides.defaults.metrics_generator`; a key that is written wins over its like in `metrics_generator`.
#[derive(Debug, Default, Deserialize)]
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
    /// The most values of one label. Default `0`, no limit; not built yet.
    pub max_cardinality_per_label: Option<usize>,
    /// Which histograms are made. Default `classic`; `native` and `both` are not built yet.
    pub generate_native_histograms: Option<UnlessEmpty<HistogramKind>>,
    /// How much wider each bucket of native histograms is than the one before. Default `1.1`; not built yet.
    pub native_histogram_bucket_factor: Option<f64>,
    /// The most buckets of a native histogram. Default `100`; not built yet.
    pub native_histogram_max_bucket_number: Option<u32>,
    /// How soon a native histogram may start anew. Default `15m`; not built yet.
    pub native_histogram_min_reset_duration: Option<GoDuration<0>>,
    /// The exemplars' label with the trace id. Default `traceID`.
    pub trace_id_label_name: Option<UnlessEmpty<LabelName>>,
    /// As `metrics_ingestion_time_range_slack`; `0s` is left out.
    pub ingestion_time_range_slack: Option<UnlessZero<GoDuration<1>>>,
    /// Span names that differ in data are made one. Default `disabled`; not built yet.
    pub span_name_sanitization: Option<UnlessEmpty<SpanNameSanitization>>,
    /// Headers of every remote-write request, over the endpoint's own. Default none.
    pub remote_write_headers: BTreeMap<HeaderName, HeaderValue>,
    /// What wins over `metrics_generator.processor`.
    pub processor: Processor,
}

/// Processors and their parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
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
    /// Calls, latencies and sizes of spans; not built yet.
    SpanMetrics,
    /// Only calls; not built yet.
    SpanMetricsCount,
    /// Only latencies; not built yet.
    SpanMetricsLatency,
    /// Only sizes; not built yet.
    SpanMetricsSize,
    /// The gauge of hosts; not built yet.
    HostInfo,
    /// Tempo's own store of recent spans; spangraph has none.
    LocalBlocks,
}

/// Which histograms are made.
#[derive(Clone, Copy, Debug, Deserialize)]
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
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpanNameSanitization {
    /// Names stay.
    Disabled,
    /// Names stay, and it is counted what would be made one.
    DryRun,
    /// Names are made one.
    Enabled,
}
