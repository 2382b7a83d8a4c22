//! The tables of the page: limited labels, metrics, labels, dimensions, services.

use maud::{Markup, html};

use super::report::{
    DimensionCardinality, LabelCardinality, LimitedLabel, MetricCardinality, ServiceCardinality,
};
use crate::chart::{bar, portion};
use crate::numbers;
use crate::outputs::report::share;

/// Labels whose values are or were taken together.
pub fn limited_labels(labels: &[LimitedLabel]) -> Markup {
    let heads = [
        text("Label"),
        text("Now"),
        number("Values it would have"),
        number("Updates changed"),
    ];
    let caption =
        "Labels with more values than max_cardinality_per_label; counts of updates are since the start";
    table(
        "limited-labels",
        caption,
        &heads,
        &html! {
            @for label in labels {
                tr data-key=(label.label) {
                    th scope="row" { (label.label) }
                    td { @if label.is_over { span .tag.bad { "values taken together" } } @else { "itself again" } }
                    td .number { "about " (numbers::count(label.demanded_values)) }
                    td .number { (numbers::count(label.limited_updates)) }
                }
            }
        },
    )
}

/// Metrics by series.
pub fn metrics(metrics: &[MetricCardinality]) -> Markup {
    let heads = [
        text("Metric"),
        text("Of all series"),
        number("Share"),
        number("Series"),
        number("Label sets"),
    ];
    section(
        "metrics",
        "By metric",
        "The ten metrics with the most series",
        &heads,
        &html! {
            @for metric in metrics {
                tr data-key=(metric.metric) {
                    th scope="row" { (metric.metric) }
                    (share_cells(metric.share))
                    td .number { (numbers::count(metric.series)) }
                    td .number { (numbers::count(metric.label_sets)) }
                }
            }
        },
    )
}

/// Labels by values; `most` is the limit on them.
pub fn labels(labels: &[LabelCardinality], most: Option<u64>) -> Markup {
    let largest = labels.iter().map(|label| label.values).max().unwrap_or(0);
    let (of, caption) = match most {
        Some(most) => (
            "Of the limit",
            format!("The ten labels with the most values; max_cardinality_per_label is {most}"),
        ),
        None => (
            "Of the largest",
            "The ten labels with the most values; there is no limit on them".to_owned(),
        ),
    };
    let heads = [
        text("Label"),
        text(of),
        number("Values"),
        number("Values without a limit"),
    ];
    let rows = html! {
        @for label in labels {
            tr data-key=(label.label) {
                th scope="row" { (label.label) @if label.is_over { " " span .tag.bad { "over its limit" } } }
                td { (label_bar(label.values, most, largest)) }
                td .number { (numbers::count(label.values)) }
                td .number { @if let Some(values) = label.demanded_values { "about " (numbers::count(values)) } @else { "–" } }
            }
        }
    };
    html! {
        (section("labels", "By label", &caption, &heads, &rows))
        p .quiet {
            "Values are counted in service graphs and span metrics, before max_label_value_length cuts them; labels of "
            "traces_target_info and of hosts are not counted."
        }
    }
}

/// Labels that the settings ask for.
pub fn dimensions(dimensions: &[DimensionCardinality]) -> Markup {
    let heads = [
        text("Dimension"),
        text("Saved without it"),
        number("Values"),
        number("Label sets"),
        number("Label sets without it"),
        text("Setting"),
    ];
    let caption = "The ten labels with the most values among those that the configuration asks for";
    html! {
        @if dimensions.is_empty() {
            h2 { "By dimension" }
            p { "The configuration asks for no dimension." }
        } @else {
            (section("dimensions", "By dimension", caption, &heads, &html! {
                @for dimension in dimensions { (dimension_row(dimension)) }
            }))
        }
    }
}

fn dimension_row(dimension: &DimensionCardinality) -> Markup {
    let saved = dimension.label_sets.saturating_sub(dimension.label_sets_without);
    html! {
        tr data-key=(format!("{} {}", dimension.setting, dimension.label)) {
            th scope="row" { (dimension.configured) @if dimension.label != dimension.configured { " as " (dimension.label) } }
            td { (saved_bar(saved, dimension.label_sets)) }
            td .number { (numbers::count(dimension.values)) }
            td .number { (numbers::count(dimension.label_sets)) }
            td .number { "about " (numbers::count(dimension.label_sets_without)) }
            td { code { (dimension.setting) } }
        }
    }
}

/// Services by series.
pub fn services(services: &[ServiceCardinality]) -> Markup {
    let caption = "The ten services with the most series: of service graphs those of the calls that a service makes \
                   (its label client), of span metrics those of its spans";
    let heads = [
        text("Service"),
        text("Of all series"),
        number("Share"),
        number("Series"),
        number("Label sets"),
    ];
    section(
        "services",
        "By service",
        caption,
        &heads,
        &html! {
            @for service in services {
                tr data-key=(service.service) {
                    th scope="row" { (service.service) }
                    (share_cells(service.share))
                    td .number { (numbers::count(service.series)) }
                    td .number { (numbers::count(service.label_sets)) }
                }
            }
        },
    )
}

fn share_cells(share: f64) -> Markup {
    html! {
        td { (portion(share, &format!("{} of all series", numbers::share(share)))) }
        td .number { (numbers::share(share)) }
    }
}

/// Only a label that is near its limit stands out.
fn label_bar(values: u64, most: Option<u64>, largest: u64) -> Markup {
    let of = |whole| share(values, whole);
    match most {
        Some(most) => bar(of(most), &format!("{} of the limit", numbers::share(of(most)))),
        None => portion(
            of(largest),
            &format!("{} of the largest", numbers::share(of(largest))),
        ),
    }
}

fn saved_bar(saved: u64, label_sets: u64) -> Markup {
    let share = share(saved, label_sets);
    portion(
        share,
        &format!("{} of the label sets saved", numbers::share(share)),
    )
}

fn section(id: &str, heading: &str, caption: &str, heads: &[Markup], rows: &Markup) -> Markup {
    html! {
        h2 { (heading) }
        (table(id, caption, heads, rows))
    }
}

fn table(id: &str, caption: &str, heads: &[Markup], rows: &Markup) -> Markup {
    html! {
        div #(id) .scroll tabindex="0" role="region" aria-label=(caption) {
            table {
                caption { (caption) }
                thead { tr { @for head in heads { (head) } } }
                tbody { (rows) }
            }
        }
    }
}

/// The heading of a column of texts or bars.
fn text(name: &str) -> Markup {
    html! { th scope="col" { (name) } }
}

/// The heading of a column of numbers.
fn number(name: &str) -> Markup {
    html! { th .number scope="col" { (name) } }
}
