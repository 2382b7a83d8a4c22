//! Labels of a series as a store takes them.

use crate::remote_write::{Sample, TimeSeries};

fn series(labels: &[(&str, &str)]) -> TimeSeries {
    TimeSeries::with_sample(labels, 2.0, 7)
}

#[test]
fn a_series_is_its_sorted_labels_with_its_name_among_them() {
    let series = series(&[("__name__", "up"), ("job", "a"), ("zone", "b")]);
    assert_eq!(series.name(), "up");
    let labels = series.label_set().unwrap();
    assert_eq!((labels.len(), labels["zone"].as_str()), (3, "b"));
    let sample = Sample {
        value: 2.0,
        timestamp: 7,
    };
    assert_eq!(series.samples, [sample]);
}

#[test]
fn a_name_is_found_wherever_it_stands_and_need_not_be() {
    assert_eq!(series(&[("a", "b"), ("__name__", "up")]).name(), "up");
    assert_eq!(series(&[("a", "b")]).name(), "");
    assert!(series(&[]).label_set().unwrap().is_empty());
}

#[test]
fn labels_that_are_unsorted_repeated_or_empty_are_refused() {
    for labels in [
        [("b", "1"), ("a", "2")],
        [("a", "1"), ("a", "1")],
        [("a", "1"), ("b", "")],
        [("", "1"), ("a", "1")],
    ] {
        let refused = series(&labels).label_set().unwrap_err();
        assert_eq!(refused.0, series(&labels).labels);
    }
}
