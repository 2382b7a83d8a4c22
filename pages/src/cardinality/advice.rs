//! What stands out about a tenant's series, and which setting to turn.

use super::report::{
    CardinalityFinding, CardinalityReport, DimensionCardinality, LabelCardinality, LimitedLabel,
    MetricCardinality,
};
use crate::numbers::count;
use crate::severity::Severity;

/// From this share of its limit on, a tenant may soon meet it.
const NEARLY: f64 = 0.9;

/// From so many values on, a label may hold ids.
pub const MANY_VALUES: u64 = 1_000;

/// So many series, or label sets, are too few to save any.
const FEW: u64 = 1_000;

/// From this share of all series on, target info is worth a look.
const MUCH: f64 = 0.25;

const DEFAULTS: &str = "overrides.defaults.metrics_generator";
const SPAN_METRICS: &str = "metrics_generator.processor.span_metrics";

/// What stands out, the worst first.
#[must_use]
pub fn findings(report: &CardinalityReport) -> Vec<CardinalityFinding> {
    let mut findings: Vec<_> = limit(report).into_iter().collect();
    findings.extend(
        report
            .limited_labels
            .iter()
            .map(|label| limited_label(label, report)),
    );
    findings.extend(report.dimensions.iter().filter_map(dimension));
    findings.extend(report.labels.iter().filter_map(|label| own_label(label, report)));
    findings.extend(report.metrics.iter().filter_map(target_info));
    findings.extend(churn(report));
    findings.sort_by_key(|finding| finding.severity);
    findings
}

fn limit(report: &CardinalityReport) -> Option<CardinalityFinding> {
    let limit = &report.limit;
    let (most, share) = limit.most.zip(limit.used_share)?;
    let (severity, how) = match (share >= NEARLY, report.limited_updates) {
        (true, 0) => (Severity::Warning, "is nearly reached"),
        (true, _) => (Severity::Bad, "is reached"),
        (false, 0) => return None,
        (false, _) => (Severity::Warning, "was reached since the start"),
    };
    Some(CardinalityFinding {
        severity,
        title: format!(
            "{} {how}: {} of {} are used, {} updates went to metric_overflow=\"true\"",
            limit.setting,
            count(limit.used),
            count(most),
            count(report.limited_updates)
        ),
        remedy: format!(
            "Raise {DEFAULTS}.{} well above {}, which would be used without it, or make fewer series: take out the \
             dimension that saves most, or give histograms fewer histogram_buckets.",
            limit.setting,
            count(limit.demanded)
        ),
    })
}

fn limited_label(label: &LimitedLabel, report: &CardinalityReport) -> CardinalityFinding {
    let (severity, verb) = if label.is_over {
        (Severity::Bad, "are")
    } else {
        (Severity::Warning, "were")
    };
    CardinalityFinding {
        severity,
        title: format!(
            "The values of {} {verb} taken together: about {} of at most {}, {} updates have \
             __cardinality_overflow__ instead",
            label.label,
            count(label.demanded_values),
            count(report.max_cardinality_per_label.unwrap_or(0)),
            count(label.limited_updates)
        ),
        remedy: format!(
            "{} If you need all values, raise {DEFAULTS}.max_cardinality_per_label well above {}.",
            source(&label.label, report),
            count(label.demanded_values)
        ),
    }
}

/// A dimension that alone makes at least half of the label sets, or that has so many values that they may be ids.
fn dimension(dimension: &DimensionCardinality) -> Option<CardinalityFinding> {
    let saves_much = dimension.label_sets >= FEW && dimension.label_sets_without <= dimension.label_sets / 2;
    (saves_much || dimension.values >= MANY_VALUES).then(|| CardinalityFinding {
        severity: Severity::Warning,
        title: format!(
            "The dimension {} has {} values; without it there would be about {} of {} label sets",
            dimension.configured,
            count(dimension.values),
            count(dimension.label_sets_without),
            count(dimension.label_sets)
        ),
        remedy: format!(
            "Take {} out of {}, or set {DEFAULTS}.max_cardinality_per_label.",
            dimension.configured, dimension.setting
        ),
    })
}

/// A label that is no dimension and has so many values that they may be ids; told elsewhere when it is limited.
fn own_label(label: &LabelCardinality, report: &CardinalityReport) -> Option<CardinalityFinding> {
    let is_told = named(&label.label, report).is_some()
        || report
            .limited_labels
            .iter()
            .any(|limited| limited.label == label.label);
    (label.values >= MANY_VALUES && !is_told).then(|| CardinalityFinding {
        severity: Severity::Warning,
        title: format!("The label {} has {} values", label.label, count(label.values)),
        remedy: source(&label.label, report),
    })
}

fn target_info(metric: &MetricCardinality) -> Option<CardinalityFinding> {
    let is_much = metric.metric == "traces_target_info" && metric.series >= FEW && metric.share >= MUCH;
    is_much.then(|| CardinalityFinding {
        severity: Severity::Warning,
        title: format!("traces_target_info has {} series", count(metric.series)),
        remedy: format!(
            "Name resource attributes that change often in {SPAN_METRICS}.target_info_excluded_dimensions, or set \
             {SPAN_METRICS}.enable_target_info to false."
        ),
    })
}

/// More than twice as many series have come and gone as there are.
fn churn(report: &CardinalityReport) -> Option<CardinalityFinding> {
    let come_and_go = report.removed_series >= FEW && report.removed_series > 2 * report.active_series;
    come_and_go.then(|| CardinalityFinding {
        severity: Severity::Warning,
        title: format!(
            "Series come and go: {} were removed since the start, {} are there",
            count(report.removed_series),
            count(report.active_series)
        ),
        remedy:
            "Some label holds ids: look at those with the most values and take them out. If the traffic only \
                 pauses, raise metrics_generator.registry.stale_duration above the pauses."
                .to_owned(),
    })
}

/// What to do about the values of `label`, by where they come from.
fn source(label: &str, report: &CardinalityReport) -> String {
    if let Some(dimension) = named(label, report) {
        return format!("Take {} out of {}.", dimension.configured, dimension.setting);
    }
    match label {
        "span_name" => span_names(report),
        "status_message" => format!("Set {SPAN_METRICS}.intrinsic_dimensions.status_message to false."),
        "instance" => format!("Set {SPAN_METRICS}.enable_instance_label to false."),
        "client" | "server" => format!(
            "Name services by what they are, and see that metrics_generator.processor.service_graphs.peer_attributes \
             and database_name_attributes hold no addresses; or set {DEFAULTS}.max_cardinality_per_label."
        ),
        "service" | "job" => format!(
            "See that service.name holds no id of an instance or a build; or set \
             {DEFAULTS}.max_cardinality_per_label."
        ),
        _ => format!("Send fewer values; or set {DEFAULTS}.max_cardinality_per_label."),
    }
}

fn span_names(report: &CardinalityReport) -> String {
    let setting = format!("{DEFAULTS}.span_name_sanitization");
    match report.span_name_patterns {
        0 => format!(
            "Name spans by http.route instead of by paths with ids, or set {setting} to enabled (dry_run tells \
             beforehand how many names would be left)."
        ),
        patterns => format!(
            "With {setting} {} patterns were found: if it is dry_run, set it to enabled; otherwise name spans by \
             http.route instead of by paths with ids.",
            count(patterns)
        ),
    }
}

fn named<'r>(label: &str, report: &'r CardinalityReport) -> Option<&'r DimensionCardinality> {
    report
        .dimensions
        .iter()
        .find(|dimension| dimension.label == label)
}

#[cfg(test)]
mod tests;
