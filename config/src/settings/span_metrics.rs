//! How spans become calls, latencies and sizes.

use super::FilterPolicy;

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
