//! `processor.span_metrics`, in `metrics_generator` and in `overrides`.

use serde::{Deserialize, Serialize};

use super::filter_policies::FilterPolicy;
use super::values::{AttributeName, Bucket, Dimension, bucket};

/// `processor.span_metrics`; in `overrides` each key that is written wins over the one in `metrics_generator`.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct SpanMetrics {
    /// Upper bounds of the histogram in seconds, in any order. Default `0.002` doubled up to `16.384`; change
    /// them to where your latencies lie. Each bucket is a series more by label set.
    #[serde(serialize_with = "bucket::in_order")]
    pub histogram_buckets: Option<Vec<Bucket>>,
    /// Which intrinsic labels there are.
    pub intrinsic_dimensions: IntrinsicDimensions,
    /// Attributes that become labels, of the resource before the span. Default none; each multiplies the
    /// series by its values. One that would be named as an intrinsic label gets `__` before it.
    pub dimensions: Option<Vec<Dimension>>,
    /// Labels made of several attributes, of the resource before the span. Default none.
    pub dimension_mappings: Option<Vec<DimensionMapping>>,
    /// `traces_target_info` is made, and series carry `job` and `instance`. Default `false`; switch it on to
    /// join resource attributes in queries.
    pub enable_target_info: Option<bool>,
    /// Resource attributes that `traces_target_info` leaves out. Default none; name those that change often.
    pub target_info_excluded_dimensions: Option<Vec<AttributeName>>,
    /// Series carry `instance` when target info is on. Default `true`; switch it off when instances come and go.
    pub enable_instance_label: Option<bool>,
    /// An attribute with the sampling ratio, whose inverse weighs a span. Default `""`, none; set it when spans
    /// are sampled before they come here.
    pub span_multiplier_key: Option<String>,
    /// Weigh spans by the sampling threshold in the trace state. Default `false`; switch it on when samplers
    /// follow OpenTelemetry's probability sampling.
    pub enable_tracestate_span_multiplier: Option<bool>,
    /// Which spans take part. Default none: all do.
    pub filter_policies: Option<Vec<FilterPolicy>>,
}

/// `….span_metrics.intrinsic_dimensions`.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct IntrinsicDimensions {
    /// The label `service`. Default `true`.
    pub service: Option<bool>,
    /// The label `span_name`. Default `true`; switch it off when names hold data.
    pub span_name: Option<bool>,
    /// The label `span_kind`. Default `true`.
    pub span_kind: Option<bool>,
    /// The label `status_code`. Default `true`.
    pub status_code: Option<bool>,
    /// The label `status_message`. Default `false`; it has as many values as there are messages.
    pub status_message: Option<bool>,
}

/// One of `….span_metrics.dimension_mappings`.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct DimensionMapping {
    /// The label to make; needed.
    pub name: Option<Dimension>,
    /// The attributes whose values it has; at least one.
    pub source_labels: Vec<AttributeName>,
    /// What stands between two values. Default `""`.
    pub join: String,
}
