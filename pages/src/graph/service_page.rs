//! The page of one service.

use maud::{Markup, html};

use super::report::EdgeReport;
use super::service_report::{ServiceReport, SpanSetReport};
use super::{tables, wording};
use crate::links::Link;
use crate::numbers;

/// Label sets on the page; the JSON has all.
const MOST_SPAN_SETS: usize = 500;
/// A label that all rows share.
const SERVICE_LABEL: &str = "service";

/// The content of the page.
#[must_use]
pub fn show(report: &ServiceReport, tenant: Option<&str>) -> Markup {
    let node = &report.node;
    let focus = Link::to("/graph")
        .with("focus", &node.service)
        .with_optional("tenant", tenant);
    html! {
        p { a #service-focus href=(focus) { "Show it in the graph" } }
        (figures(report))
        table .quiet-table { tbody { tr { th scope="row" { "Copy PromQL" } (tables::copy(&node.queries)) } } }
        h2 { "Callers" }
        (calls("service-callers", "Calls to it", &report.callers, tenant))
        h2 { "Callees" }
        (calls("service-callees", "Calls by it", &report.callees, tenant))
        (spans(&report.spans))
    }
}

fn figures(report: &ServiceReport) -> Markup {
    let (node, measures) = (&report.node, &report.node.measures);
    let figures = [
        ("kind", node.kind.word().to_owned()),
        ("namespace", node.namespace.clone().unwrap_or("–".to_owned())),
        ("calls received", wording::rate(measures)),
        ("of them errors", wording::errors(measures)),
        ("p50", wording::latency(measures.p50_seconds)),
        ("p95", wording::latency(measures.p95_seconds)),
    ];
    html! {
        div #service-figures .figures {
            @for (name, value) in figures {
                div .figure { div .value { (value) } div .name { (name) } }
            }
        }
    }
}

fn calls(id: &str, caption: &str, edges: &[EdgeReport], tenant: Option<&str>) -> Markup {
    html! {
        @if edges.is_empty() { p .quiet { "none" } }
        @else { (tables::edges(id, caption, edges, None, tenant)) }
    }
}

fn spans(spans: &[SpanSetReport]) -> Markup {
    html! {
        h2 { "Spans by label set" }
        @if spans.is_empty() { p .quiet { "no span metrics of it" } }
        @else {
            @if spans.len() > MOST_SPAN_SETS {
                p .quiet { "The " (MOST_SPAN_SETS) " most frequent of " (numbers::count(spans.len() as u64)) "." }
            }
            div .scroll {
                table #service-spans {
                    caption { "Spans since the start of their series" }
                    thead {
                        tr {
                            th scope="col" { "Labels" }
                            th scope="col" .number { "Spans" }
                            th scope="col" .number { "p50" }
                            th scope="col" .number { "p95" }
                        }
                    }
                    tbody { @for set in spans.iter().take(MOST_SPAN_SETS) { (span_set(set)) } }
                }
            }
        }
    }
}

fn span_set(set: &SpanSetReport) -> Markup {
    let labels = set.labels.iter().filter(|(name, _)| *name != SERVICE_LABEL);
    let text: Vec<_> = labels.map(|(name, value)| format!("{name}={value:?}")).collect();
    let text = text.join(", ");
    html! {
        tr data-key=(text) {
            td { code { (text) } }
            td .number { (numbers::short(set.calls)) }
            td .number { (wording::latency(set.p50_seconds)) }
            td .number { (wording::latency(set.p95_seconds)) }
        }
    }
}

#[cfg(test)]
mod tests {
    use spangraph_actors::aggregator::SpanSetDescription;

    use super::super::model::Graph;
    use super::*;

    #[test]
    fn labels_that_are_markup_stay_labels() {
        let spans = SpanSetDescription {
            labels: vec![("span_name".to_owned(), "<script>\"".to_owned())],
            calls: 3.0,
            latency: None,
        };
        let report = ServiceReport::of("t", "<b>", Graph::default(), vec![spans]).unwrap();
        let page = show(&report, Some("t")).into_string();
        assert!(!page.contains("<script") && !page.contains("<b>"), "{page}");
        assert!(
            page.contains("href=\"/graph?focus=%3Cb%3E&amp;tenant=t\""),
            "{page}"
        );
        assert!(page.contains("span_name="), "{page}");
    }
}
