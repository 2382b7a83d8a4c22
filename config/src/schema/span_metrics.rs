//! `processor.span_metrics`, in `metrics_generator` and in `overrides`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::filter_policies::FilterPolicy;
use super::values::{AttributeName, Bucket, Dimension, bucket};

/// `processor.span_metrics`; in `overrides` each key that is written wins over the one in `metrics_generator`.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct SpanMetrics {
    /// Upper bounds of the histogram, in any order, each once; `+Inf` is always there. Default `0.002` doubled up to
    /// `16.384`; change them to where your latencies lie. Each bucket is a series more by label set.
    #[serde(serialize_with = "bucket::in_order")]
    #[schemars(extend("unit" = "seconds"))]
    pub histogram_buckets: Option<Vec<Bucket>>,
    /// Which intrinsic labels there are.
    pub intrinsic_dimensions: IntrinsicDimensions,
    /// Attributes that become labels, of the resource before the span. One that would be named as an intrinsic label
    /// gets `__` before it. Default `[]`; set it when you ask by them. Each multiplies the series by its values.
    pub dimensions: Option<Vec<Dimension>>,
    /// Labels made of several attributes, of the resource before the span. Default `[]`; set it when a label needs more
    /// than one attribute.
    pub dimension_mappings: Option<Vec<DimensionMapping>>,
    /// `traces_target_info` is made, and series carry `job` and `instance`. Default `false`; switch it on to
    /// join resource attributes in queries.
    pub enable_target_info: Option<bool>,
    /// Resource attributes that `traces_target_info` leaves out. Default `[]`; name those that change often.
    pub target_info_excluded_dimensions: Option<Vec<AttributeName>>,
    /// Series carry `instance` when target info is on. Default `true`; switch it off when instances come and go.
    pub enable_instance_label: Option<bool>,
    /// An attribute with the sampling ratio, whose inverse weighs a span. Default `""`, none; set it when spans
    /// are sampled before they come here.
    pub span_multiplier_key: Option<String>,
    /// Weigh spans by the sampling threshold in the trace state. Default `false`; switch it on when samplers
    /// follow OpenTelemetry's probability sampling.
    pub enable_tracestate_span_multiplier: Option<bool>,
    /// Which spans take part; with none, all do. Default `[]`; set it when some spans are noise.
    pub filter_policies: Option<Vec<FilterPolicy>>,
}

/// `….span_metrics.intrinsic_dimensions`.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct IntrinsicDimensions {
    /// The label `service`. Default `true`; switch it off when you do not ask by it.
    pub service: Option<bool>,
    /// The label `span_name`. Default `true`; switch it off when names hold data.
    pub span_name: Option<bool>,
    /// The label `span_kind`, as `SPAN_KIND_SERVER`. Default `true`; switch it off when you do not ask by it.
    pub span_kind: Option<bool>,
    /// The label `status_code`, as `STATUS_CODE_ERROR`. Default `true`; switch it off when you do not ask by it.
    pub status_code: Option<bool>,
    /// The label `status_message`, which has as many values as there are messages. Default `false`; switch it on when
    /// there are few.
    pub status_message: Option<bool>,
}

/// One of `….span_metrics.dimension_mappings`.
#[derive(Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct DimensionMapping {
    /// The label to make; needed.
    pub name: Option<Dimension>,
    /// The attributes whose values it has, at least one; values that are not found or empty are left out; needed.
    pub source_labels: Vec<AttributeName>,
    /// What stands between two values. Default `""`.
    pub join: String,
}
