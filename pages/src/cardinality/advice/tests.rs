//! Each finding appears when it should, and only then.

use super::super::report::CardinalityLimit;
use super::*;

/// A report in which nothing stands out.
fn quiet() -> CardinalityReport {
    CardinalityReport {
        active_series: 5_000,
        label_sets: 2_000,
        created_series: 8_000,
        removed_series: 3_000,
        limit: limited(500, 1_000),
        max_cardinality_per_label: Some(2_000),
        ..CardinalityReport::default()
    }
}

fn limited(used: u64, most: u64) -> CardinalityLimit {
    CardinalityLimit {
        setting: "max_active_series".to_owned(),
        most: Some(most),
        used,
        #[expect(clippy::cast_precision_loss, reason = "small numbers")]
        used_share: Some(used as f64 / most as f64),
        demanded: used + 100,
    }
}

fn label(name: &str, values: u64) -> LabelCardinality {
    LabelCardinality {
        label: name.to_owned(),
        values,
        demanded_values: None,
        is_over: false,
    }
}

fn pod(values: u64, label_sets_without: u64) -> DimensionCardinality {
    DimensionCardinality {
        label: "k8s_pod_name".to_owned(),
        configured: "k8s.pod.name".to_owned(),
        setting: "metrics_generator.processor.span_metrics.dimensions".to_owned(),
        values,
        label_sets: 2_000,
        label_sets_without,
    }
}

/// The only finding, as severity, title and remedy; `None` when there is none.
fn only(report: &CardinalityReport) -> Option<(Severity, String, String)> {
    let mut found = findings(report);
    assert!(found.len() <= 1, "{found:#?}");
    found
        .pop()
        .map(|found| (found.severity, found.title, found.remedy))
}

#[test]
fn a_quiet_report_has_no_findings() {
    assert_eq!(only(&quiet()), None);
}

#[test]
fn a_limit_stands_out_from_ninety_percent_on() {
    let mut report = quiet();
    report.limit = limited(899, 1_000);
    assert_eq!(only(&report), None);
    report.limit = limited(900, 1_000);
    let (severity, title, remedy) = only(&report).unwrap();
    assert_eq!(severity, Severity::Warning);
    assert!(title.contains("max_active_series is nearly reached"), "{title}");
    assert!(
        remedy.contains("overrides.defaults.metrics_generator.max_active_series"),
        "{remedy}"
    );
}

#[test]
fn a_limit_that_turns_updates_away_is_bad_and_one_that_did_is_told() {
    let mut report = quiet();
    report.limited_updates = 7;
    let (severity, title, _) = only(&report).unwrap();
    assert_eq!(severity, Severity::Warning);
    assert!(title.contains("was reached since the start"), "{title}");
    report.limit = limited(1_000, 1_000);
    let (severity, title, _) = only(&report).unwrap();
    assert_eq!(severity, Severity::Bad);
    assert!(
        title.contains("is reached") && title.contains("7 updates"),
        "{title}"
    );
}

#[test]
fn without_a_limit_nothing_can_be_reached() {
    let mut report = quiet();
    (report.limit.most, report.limit.used_share) = (None, None);
    assert_eq!(only(&report), None);
}

#[test]
fn a_dimension_with_many_values_is_to_be_taken_out_of_its_setting() {
    let mut report = quiet();
    report.dimensions = vec![pod(999, 1_999)];
    assert_eq!(only(&report), None);
    report.dimensions = vec![pod(1_000, 1_999)];
    let (_, _, remedy) = only(&report).unwrap();
    let expected = "Take k8s.pod.name out of metrics_generator.processor.span_metrics.dimensions, or set \
                    overrides.defaults.metrics_generator.max_cardinality_per_label.";
    assert_eq!(remedy, expected);
}

#[test]
fn a_dimension_that_makes_half_of_the_label_sets_stands_out_with_few_values_too() {
    let mut report = quiet();
    report.dimensions = vec![pod(3, 1_001)];
    assert_eq!(only(&report), None);
    report.dimensions = vec![pod(3, 1_000)];
    assert!(only(&report).is_some());
    report.dimensions[0].label_sets = 999;
    report.dimensions[0].label_sets_without = 1;
    assert_eq!(only(&report), None, "there is little to save");
}

#[test]
fn many_span_names_are_to_be_sanitised() {
    let mut report = quiet();
    report.labels = vec![label("span_name", 999)];
    assert_eq!(only(&report), None);
    report.labels = vec![label("span_name", 12_000)];
    let (_, _, remedy) = only(&report).unwrap();
    assert!(remedy.contains("span_name_sanitization to enabled"), "{remedy}");
    report.span_name_patterns = 40;
    let (_, _, remedy) = only(&report).unwrap();
    assert!(remedy.contains("40 patterns were found"), "{remedy}");
}

#[test]
fn each_label_has_the_remedy_of_where_it_comes_from() {
    for (name, setting) in [
        ("status_message", "intrinsic_dimensions.status_message"),
        ("instance", "enable_instance_label"),
        ("server", "peer_attributes"),
        ("service", "service.name"),
        ("connection_type", "max_cardinality_per_label"),
    ] {
        let mut report = quiet();
        report.labels = vec![label(name, 5_000)];
        let (_, title, remedy) = only(&report).unwrap();
        assert!(
            title.contains(name) && remedy.contains(setting),
            "{title}: {remedy}"
        );
    }
}

#[test]
fn a_dimension_is_told_once_and_not_as_a_label_too() {
    let mut report = quiet();
    report.labels = vec![label("k8s_pod_name", 5_000)];
    report.dimensions = vec![pod(5_000, 10)];
    assert!(only(&report).unwrap().1.contains("k8s.pod.name"));
}

#[test]
fn a_label_whose_values_are_taken_together_is_bad_until_it_is_itself_again() {
    let mut report = quiet();
    report.limited_labels = vec![LimitedLabel {
        label: "server".to_owned(),
        demanded_values: 9_000,
        is_over: true,
        limited_updates: 12,
    }];
    report.labels = vec![label("server", 2_001)];
    let (severity, title, remedy) = only(&report).unwrap();
    assert_eq!(severity, Severity::Bad);
    assert!(
        title.contains("are taken together") && remedy.contains("peer_attributes"),
        "{title}: {remedy}"
    );
    report.limited_labels[0].is_over = false;
    let (severity, title, _) = only(&report).unwrap();
    assert_eq!(severity, Severity::Warning);
    assert!(title.contains("were taken together"), "{title}");
}

#[test]
fn target_info_stands_out_when_it_is_much_of_all() {
    let metric = |series, share| MetricCardinality {
        metric: "traces_target_info".to_owned(),
        series,
        share,
        label_sets: series,
    };
    for (metric, stands_out) in [
        (metric(1_000, 0.25), true),
        (metric(999, 0.25), false),
        (metric(1_000, 0.24), false),
    ] {
        let mut report = quiet();
        report.metrics = vec![metric];
        assert_eq!(only(&report).is_some(), stands_out, "{report:?}");
    }
}

#[test]
fn series_that_come_and_go_stand_out() {
    let mut report = quiet();
    report.removed_series = 10_000;
    assert_eq!(only(&report), None);
    report.removed_series = 10_001;
    let (_, _, remedy) = only(&report).unwrap();
    assert!(remedy.contains("stale_duration"), "{remedy}");
}

#[test]
fn the_worst_comes_first() {
    let mut report = quiet();
    report.removed_series = 100_000;
    report.dimensions = vec![pod(5_000, 10)];
    report.limit = limited(1_000, 1_000);
    report.limited_updates = 1;
    let severities: Vec<_> = findings(&report).iter().map(|finding| finding.severity).collect();
    assert_eq!(severities, [Severity::Bad, Severity::Warning, Severity::Warning]);
}
