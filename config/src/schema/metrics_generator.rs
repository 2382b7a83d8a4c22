//! `metrics_generator`: how series are made of spans, kept and sent.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::host_info::HostInfo;
use super::registry::Registry;
use super::service_graphs::ServiceGraphs;
use super::span_metrics::SpanMetrics;
use super::storage::Storage;
use super::values::GoDuration;

/// `metrics_generator`.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct MetricsGenerator {
    /// How the processors work; which are on is said in `overrides`.
    pub processor: Processor,
    /// How series are kept, labelled and collected.
    pub registry: Registry,
    /// Where series are written to.
    pub storage: Storage,
    /// What is limited: with `series`, `max_active_series` counts; with `entity`, `max_active_entities` counts label
    /// sets. Default `series`; `entity` is easier to foresee because it does not depend on the number of buckets.
    pub limiter_type: Option<LimiterType>,
    /// A span whose end lies further than this from now, before or after, is discarded. Default `30s`; raise it
    /// when senders hold spans back longer, at the price that series describe the past as if it were now.
    pub metrics_ingestion_time_range_slack: Option<GoDuration<1>>,
}

/// `metrics_generator.processor`, and the same block of `overrides`.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Processor {
    /// Service graphs.
    pub service_graphs: ServiceGraphs,
    /// Span metrics.
    pub span_metrics: SpanMetrics,
    /// Host info.
    pub host_info: HostInfo,
}

/// What is limited.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LimiterType {
    /// Series; a histogram counts as its buckets and three more.
    #[default]
    Series,
    /// Label sets.
    Entity,
}
