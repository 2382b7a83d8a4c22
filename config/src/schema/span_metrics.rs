//! `processor.span_metrics`, in `metrics_generator` and in `overrides`: read and checked, not built yet.

use serde::Deserialize;

use super::filter_policies::FilterPolicy;
use super::values::{AttributeName, Bucket, Dimension};

/// `processor.span_metrics`. Nothing acts on it yet.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SpanMetrics {
    /// Upper bounds of the histogram in seconds. Default `0.002` doubled up to `16.384`.
    pub histogram_buckets: Option<Vec<Bucket>>,
    /// Which intrinsic labels there are.
    pub intrinsic_dimensions: IntrinsicDimensions,
    /// Attributes that become labels, of the resource before the span. Default none.
    pub dimensions: Option<Vec<Dimension>>,
    /// Labels made of several attributes. Default none.
    pub dimension_mappings: Option<Vec<DimensionMapping>>,
    /// `traces_target_info` is made, and series carry `job` and `instance`. Default `false`.
    pub enable_target_info: Option<bool>,
    /// Resource attributes that `traces_target_info` leaves out. Default none.
    pub target_info_excluded_dimensions: Option<Vec<AttributeName>>,
    /// Series carry `instance` when target info is on. Default `true`.
    pub enable_instance_label: Option<bool>,
    /// An attribute with the sampling ratio, whose inverse weighs a span. Default `""`, none.
    pub span_multiplier_key: Option<String>,
    /// Weigh spans by the sampling threshold in the trace state. Default `false`.
    pub enable_tracestate_span_multiplier: Option<bool>,
    /// Which spans take part. Default none: all do.
    pub filter_policies: Option<Vec<FilterPolicy>>,
}

/// `….span_metrics.intrinsic_dimensions`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IntrinsicDimensions {
    /// The label `service`. Default `true`.
    pub service: Option<bool>,
    /// The label `span_name`. Default `true`.
    pub span_name: Option<bool>,
    /// The label `span_kind`. Default `true`.
    pub span_kind: Option<bool>,
    /// The label `status_code`. Default `true`.
    pub status_code: Option<bool>,
    /// The label `status_message`. Default `false`; it has as many values as there are messages.
    pub status_message: Option<bool>,
}

/// One of `….span_metrics.dimension_mappings`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DimensionMapping {
    /// The label to make; needed.
    pub name: Option<Dimension>,
    /// The attributes whose values it has; at least one.
    pub source_labels: Vec<AttributeName>,
    /// What stands between two values. Default `""`.
    pub join: String,
}
