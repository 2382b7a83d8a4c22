//! Makes the report of what the aggregator told, with shares and findings.

use spangraph_actors::aggregator::{
    CardinalityDescription, DimensionDescription, DimensionSetting, LabelDemand, LabelDescription,
    LimitDescription, MetricDescription, ServiceSeriesDescription,
};
use spangraph_config::{Limiter, TenantId};

use super::advice;
use super::report::{
    CardinalityLimit, CardinalityReport, DimensionCardinality, LabelCardinality, LimitedLabel,
    MetricCardinality, ServiceCardinality,
};
use crate::outputs::report::share;

impl CardinalityReport {
    /// The report of `tenant`, whose aggregator told `description`.
    #[must_use]
    pub fn of(tenant: &TenantId, description: &CardinalityDescription) -> Self {
        let active = count(description.active_series);
        let mut report = Self {
            tenant: tenant.to_string(),
            taken_unix_milliseconds: description.taken_unix_milliseconds,
            findings: Vec::new(),
            active_series: active,
            label_sets: count(description.label_sets),
            created_series: description.created_series,
            removed_series: description.removed_series,
            limit: CardinalityLimit::from(&description.limit),
            max_cardinality_per_label: limit(description.max_cardinality_per_label),
            limited_updates: description.limited_updates,
            limited_labels: description
                .limited_labels
                .iter()
                .map(LimitedLabel::from)
                .collect(),
            span_name_patterns: count(description.span_name_patterns),
            metrics: description
                .metrics
                .iter()
                .map(|metric| MetricCardinality::of(metric, active))
                .collect(),
            labels: description.labels.iter().map(LabelCardinality::from).collect(),
            dimensions: description
                .dimensions
                .iter()
                .map(DimensionCardinality::from)
                .collect(),
            services: description
                .services
                .iter()
                .map(|service| ServiceCardinality::of(service, active))
                .collect(),
        };
        report.findings = advice::findings(&report);
        report
    }
}

impl From<&LimitDescription> for CardinalityLimit {
    fn from(description: &LimitDescription) -> Self {
        let (setting, most) = match description.limiter {
            Limiter::Series(most) => ("max_active_series", limit(most)),
            Limiter::Entities(most) => ("max_active_entities", limit(most)),
        };
        let used = count(description.used);
        Self {
            setting: setting.to_owned(),
            most,
            used,
            used_share: most.map(|most| share(used, most)),
            demanded: count(description.demanded),
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
    fn of(metric: &MetricDescription, active: u64) -> Self {
        Self {
            metric: metric.metric.clone(),
            series: count(metric.series),
            share: share(count(metric.series), active),
            label_sets: count(metric.label_sets),
        }
    }
}

impl From<&LabelDescription> for LabelCardinality {
    fn from(label: &LabelDescription) -> Self {
        Self {
            label: label.name.clone(),
            values: count(label.values),
            demanded_values: label.demanded_values.map(count),
            is_over: label.is_over,
        }
    }
}

impl From<&DimensionDescription> for DimensionCardinality {
    fn from(dimension: &DimensionDescription) -> Self {
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
    fn of(service: &ServiceSeriesDescription, active: u64) -> Self {
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

    fn description() -> CardinalityDescription {
        CardinalityDescription {
            active_series: 40,
            label_sets: 4,
            limit: LimitDescription {
                limiter: Limiter::Series(50),
                used: 40,
                demanded: 44,
            },
            metrics: vec![MetricDescription {
                metric: "traces_spanmetrics_calls_total".to_owned(),
                label_sets: 4,
                series: 4,
            }],
            dimensions: vec![DimensionDescription {
                label: "k8s_pod_name".to_owned(),
                configured: "k8s.pod.name".to_owned(),
                setting: DimensionSetting::SpanMetrics,
                values: 4,
                label_sets: 4,
                label_sets_without: 1,
            }],
            services: vec![ServiceSeriesDescription {
                service: "cart".to_owned(),
                series: 30,
                label_sets: 3,
            }],
            ..CardinalityDescription::default()
        }
    }

    #[test]
    fn shares_are_of_all_series_and_of_the_limit() {
        let report = CardinalityReport::of(&TenantId::single(), &description());
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
        let mut description = description();
        description.limit.limiter = Limiter::Entities(0);
        let report = CardinalityReport::of(&TenantId::single(), &description);
        assert_eq!(report.limit.setting, "max_active_entities");
        assert_eq!((report.limit.most, report.limit.used_share), (None, None));
        assert_eq!(report.max_cardinality_per_label, None);
    }

    #[test]
    fn a_tenant_without_series_has_an_empty_report() {
        let report = CardinalityReport::of(&TenantId::single(), &CardinalityDescription::default());
        assert_eq!(
            (report.active_series, report.findings.len(), report.metrics.len()),
            (0, 0, 0)
        );
    }
}
