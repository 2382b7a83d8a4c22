//! What the page tells: built from the aggregator's snapshot, with shares and findings.

use serde::Serialize;
use spangraph_actors::aggregator::{
    CardinalitySnapshot, DimensionSetting, DimensionSnapshot, LabelDemand, LabelSnapshot, LimitSnapshot,
    MetricSnapshot, ServiceSeriesSnapshot,
};
use spangraph_config::{Limiter, TenantId};
use utoipa::ToSchema;

use super::advice;
use crate::outputs::report::share;
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

impl CardinalityReport {
    /// The report of `tenant`, whose aggregator told `snapshot`.
    #[must_use]
    pub fn of(tenant: &TenantId, snapshot: &CardinalitySnapshot) -> Self {
        let active = count(snapshot.active_series);
        let mut report = Self {
            tenant: tenant.to_string(),
            taken_unix_milliseconds: snapshot.taken_unix_milliseconds,
            findings: Vec::new(),
            active_series: active,
            label_sets: count(snapshot.label_sets),
            created_series: snapshot.created_series,
            removed_series: snapshot.removed_series,
            limit: CardinalityLimit::from(&snapshot.limit),
            max_cardinality_per_label: limit(snapshot.max_cardinality_per_label),
            limited_updates: snapshot.limited_updates,
            limited_labels: snapshot.limited_labels.iter().map(LimitedLabel::from).collect(),
            span_name_patterns: count(snapshot.span_name_patterns),
            metrics: snapshot
                .metrics
                .iter()
                .map(|metric| MetricCardinality::of(metric, active))
                .collect(),
            labels: snapshot.labels.iter().map(LabelCardinality::from).collect(),
            dimensions: snapshot
                .dimensions
                .iter()
                .map(DimensionCardinality::from)
                .collect(),
            services: snapshot
                .services
                .iter()
                .map(|service| ServiceCardinality::of(service, active))
                .collect(),
        };
        report.findings = advice::findings(&report);
        report
    }
}

impl From<&LimitSnapshot> for CardinalityLimit {
    fn from(snapshot: &LimitSnapshot) -> Self {
        let (setting, most) = match snapshot.limiter {
            Limiter::Series(most) => ("max_active_series", limit(most)),
            Limiter::Entities(most) => ("max_active_entities", limit(most)),
        };
        let used = count(snapshot.used);
        Self {
            setting: setting.to_owned(),
            most,
            used,
            used_share: most.map(|most| share(used, most)),
            demanded: count(snapshot.demanded),
        }
    }
}

impl From<&LabelDemand> for LimitedLabel {
    fn from(label: &LabelDemand) -> Self {
        Self {
            label: label.name.clone(),
            demanded_values: count(label.values),
            is_over: label.is_over,
            limited_updates: label.limited_updates,
        }
    }
}

impl MetricCardinality {
    fn of(metric: &MetricSnapshot, active: u64) -> Self {
        Self {
            metric: metric.metric.clone(),
            series: count(metric.series),
            share: share(count(metric.series), active),
            label_sets: count(metric.label_sets),
        }
    }
}

impl From<&LabelSnapshot> for LabelCardinality {
    fn from(label: &LabelSnapshot) -> Self {
        Self {
            label: label.name.clone(),
            values: count(label.values),
            demanded_values: label.demanded_values.map(count),
            is_over: label.is_over,
        }
    }
}

impl From<&DimensionSnapshot> for DimensionCardinality {
    fn from(dimension: &DimensionSnapshot) -> Self {
        Self {
            label: dimension.label.clone(),
            configured: dimension.configured.clone(),
            setting: setting(dimension.setting).to_owned(),
            values: count(dimension.values),
            label_sets: count(dimension.label_sets),
            label_sets_without: count(dimension.label_sets_without),
        }
    }
}

impl ServiceCardinality {
    fn of(service: &ServiceSeriesSnapshot, active: u64) -> Self {
        Self {
            service: service.service.clone(),
            series: count(service.series),
            share: share(count(service.series), active),
            label_sets: count(service.label_sets),
        }
    }
}

fn setting(setting: DimensionSetting) -> &'static str {
    match setting {
        DimensionSetting::ServiceGraphs => "metrics_generator.processor.service_graphs.dimensions",
        DimensionSetting::SpanMetrics => "metrics_generator.processor.span_metrics.dimensions",
        DimensionSetting::SpanMetricsMapping => "metrics_generator.processor.span_metrics.dimension_mappings",
    }
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

/// A limit of 0 is none.
fn limit(most: usize) -> Option<u64> {
    Some(count(most)).filter(|most| *most > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot() -> CardinalitySnapshot {
        CardinalitySnapshot {
            active_series: 40,
            label_sets: 4,
            limit: LimitSnapshot {
                limiter: Limiter::Series(50),
                used: 40,
                demanded: 44,
            },
            metrics: vec![MetricSnapshot {
                metric: "traces_spanmetrics_calls_total".to_owned(),
                label_sets: 4,
                series: 4,
            }],
            dimensions: vec![DimensionSnapshot {
                label: "k8s_pod_name".to_owned(),
                configured: "k8s.pod.name".to_owned(),
                setting: DimensionSetting::SpanMetrics,
                values: 4,
                label_sets: 4,
                label_sets_without: 1,
            }],
            services: vec![ServiceSeriesSnapshot {
                service: "cart".to_owned(),
                series: 30,
                label_sets: 3,
            }],
            ..CardinalitySnapshot::default()
        }
    }

    #[test]
    fn shares_are_of_all_series_and_of_the_limit() {
        let report = CardinalityReport::of(&TenantId::single(), &snapshot());
        assert_eq!((report.metrics[0].share, report.services[0].share), (0.1, 0.75));
        let expected = CardinalityLimit {
            setting: "max_active_series".to_owned(),
            most: Some(50),
            used: 40,
            used_share: Some(0.8),
            demanded: 44,
        };
        assert_eq!(report.limit, expected);
        assert_eq!(
            report.dimensions[0].setting,
            "metrics_generator.processor.span_metrics.dimensions"
        );
    }

    #[test]
    fn a_limit_of_zero_is_none() {
        let mut snapshot = snapshot();
        snapshot.limit.limiter = Limiter::Entities(0);
        let report = CardinalityReport::of(&TenantId::single(), &snapshot);
        assert_eq!(report.limit.setting, "max_active_entities");
        assert_eq!((report.limit.most, report.limit.used_share), (None, None));
        assert_eq!(report.max_cardinality_per_label, None);
    }

    #[test]
    fn a_tenant_without_series_has_an_empty_report() {
        let report = CardinalityReport::of(&TenantId::single(), &CardinalitySnapshot::default());
        assert_eq!(
            (report.active_series, report.findings.len(), report.metrics.len()),
            (0, 0, 0)
        );
    }
}
