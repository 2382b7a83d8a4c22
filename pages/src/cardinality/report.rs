//! What the page tells of a tenant's series.

use serde::Serialize;
use utoipa::ToSchema;

use crate::severity::Severity;

/// What makes a tenant's series, and what limits did to them. Lists have the ten largest.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct CardinalityReport {
    /// The tenant.
    pub tenant: String,
    /// When the series were looked at.
    pub taken_unix_milliseconds: i64,
    /// What stands out, the worst first, each with what to do.
    pub findings: Vec<CardinalityFinding>,
    /// Series that exist now; those of a classic histogram are its buckets, sum and count.
    pub active_series: u64,
    /// Label sets (entities) that exist now.
    pub label_sets: u64,
    /// Series that were created since the start.
    pub created_series: u64,
    /// Series that were removed since the start because they were not updated.
    pub removed_series: u64,
    /// The limit on series or label sets.
    pub limit: CardinalityLimit,
    /// The most values that a label may have; `null` without a limit.
    pub max_cardinality_per_label: Option<u64>,
    /// Updates that the limit on series or label sets turned away since the start.
    pub limited_updates: u64,
    /// Labels whose values are or were taken together since the start, most updates first.
    pub limited_labels: Vec<LimitedLabel>,
    /// Patterns of span names; 0 when `span_name_sanitization` is off.
    pub span_name_patterns: u64,
    /// Metrics by series.
    pub metrics: Vec<MetricCardinality>,
    /// Labels by values.
    pub labels: Vec<LabelCardinality>,
    /// Labels that the settings ask for, by values.
    pub dimensions: Vec<DimensionCardinality>,
    /// Services by series.
    pub services: Vec<ServiceCardinality>,
}

/// Something that stands out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CardinalityFinding {
    /// How bad it is.
    pub severity: Severity,
    /// What is the matter.
    pub title: String,
    /// What to do, with the setting to turn.
    pub remedy: String,
}

/// The limit on series or label sets.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct CardinalityLimit {
    /// The setting, `max_active_series` or `max_active_entities`.
    pub setting: String,
    /// Its value; `null` without a limit.
    pub most: Option<u64>,
    /// How many of what it limits there are, without the overflow.
    pub used: u64,
    /// `used` of `most`, 0 to 1; `null` without a limit.
    pub used_share: Option<f64>,
    /// How many there would be without a limit, estimated.
    pub demanded: u64,
}

/// A label whose values are or were taken together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct LimitedLabel {
    /// The label's name.
    pub label: String,
    /// Values that it would have, estimated.
    pub demanded_values: u64,
    /// Its values are taken together now.
    pub is_over: bool,
    /// Updates whose value became `__cardinality_overflow__`.
    pub limited_updates: u64,
}

/// The series of one metric.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct MetricCardinality {
    /// The metric's name; a histogram's without its suffixes.
    pub metric: String,
    /// Its series.
    pub series: u64,
    /// Of all series, 0 to 1.
    pub share: f64,
    /// Label sets that it has series of.
    pub label_sets: u64,
}

/// The values of one label.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct LabelCardinality {
    /// The label's name.
    pub label: String,
    /// Distinct values that it has now.
    pub values: u64,
    /// Values that it has or would have without a limit, estimated; `null` without a limit.
    pub demanded_values: Option<u64>,
    /// Its values are taken together now.
    pub is_over: bool,
}

/// The values of one label that the settings ask for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DimensionCardinality {
    /// The label's name.
    pub label: String,
    /// The attribute or the mapping, as the setting names it.
    pub configured: String,
    /// The setting that names it.
    pub setting: String,
    /// Distinct values that it has now.
    pub values: u64,
    /// Label sets of the metrics of that processor.
    pub label_sets: u64,
    /// Label sets that there would be without this label, estimated.
    pub label_sets_without: u64,
}

/// The series of one service.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ServiceCardinality {
    /// The label `client` of service graphs, `service` of span metrics.
    pub service: String,
    /// Its series.
    pub series: u64,
    /// Of all series, 0 to 1.
    pub share: f64,
    /// Its label sets.
    pub label_sets: u64,
}
