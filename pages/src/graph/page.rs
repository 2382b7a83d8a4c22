//! The page of the live graph: filters, the drawing, and the same numbers as tables.

use maud::{Markup, html};

use super::export::Format;
use super::filter::Query;
use super::form::{self, Choices};
use super::report::GraphReport;
use super::{svg, tables};
use crate::numbers;

/// The content of the page.
#[must_use]
pub fn show(report: &GraphReport, query: &Query, choices: Choices<'_>) -> Markup {
    let tenant = choices.tenants.for_links();
    let focus = query.focus.as_deref();
    html! {
        (form::show(query, choices))
        (summary(report))
        (notes(report, focus))
        section #graph-section aria-label="Drawing" {
            (toolbar(query))
            div #graph-view tabindex="0" role="region" aria-label="Service graph: plus and minus zoom, 0 shows all, arrows move; the tables below have the same numbers" {
                @if !report.nodes.is_empty() { (svg::draw(report, svg::Place::Page { tenant, focus })) }
            }
            p #graph-selection data-keep="content" aria-live="off" {}
        }
        h2 #edges { "Calls" }
        (tables::edges("graph-edges-table", "Calls between services", &report.edges, Some(query), tenant))
        h2 #nodes { "Services" }
        (tables::nodes(&report.nodes, query, tenant))
    }
}

fn summary(report: &GraphReport) -> Markup {
    let (nodes, edges) = (report.nodes.len(), report.edges.len());
    let hidden = report.hidden_nodes + report.hidden_edges;
    html! {
        p #graph-summary .quiet {
            (nodes) " nodes, " (edges) " edges; "
            @match report.window_seconds {
                Some(seconds) => { "rates over the last " (numbers::seconds(seconds)) }
                None => "numbers since the start, rates in a moment",
            }
            @if hidden > 0 { "; " (report.hidden_nodes) " nodes and " (report.hidden_edges) " edges are hidden by the filter" }
            "."
        }
    }
}

fn notes(report: &GraphReport, focus: Option<&str>) -> Markup {
    let is_empty = report.nodes.is_empty() && report.hidden_nodes == 0;
    html! {
        ul #graph-notes .findings {
            @if is_empty {
                li .finding {
                    @match focus {
                        Some(focus) => p { "There is no service called " b { (focus) } " now." },
                        None => p {
                            "No calls are known yet. Send traces, or try " code { "spangraph demo" } ". Service graphs \
                             must be on for the tenant (" code { "metrics_generator_processors" } ")."
                        },
                    }
                }
            }
            @if report.nodes.is_empty() && report.hidden_nodes > 0 {
                li .finding { p { "The filter hides all " (report.hidden_nodes) " nodes." } }
            }
            @if report.limited_updates > 0 {
                li .finding.warning {
                    h3 { "The graph is not whole" }
                    p { (numbers::count(report.limited_updates)) " updates were turned away by limits. Raise "
                        code { "max_active_series" } ", or use fewer dimensions." }
                }
            }
        }
    }
}

fn toolbar(query: &Query) -> Markup {
    html! {
        div .graph-tools {
            div .graph-zoom {
                button #graph-zoom-in .scripted type="button" aria-label="Zoom in" { "+" }
                button #graph-zoom-out .scripted type="button" aria-label="Zoom out" { "−" }
                button #graph-zoom-fit .scripted type="button" { "Fit" }
            }
            div .graph-exports {
                "Export "
                @for (ending, name, _) in Format::ALL {
                    a #{ "graph-export-" (ending) } download href=(query.link(&format!("/graph/export.{ending}"))) { (name) }
                    " "
                }
            }
            (legend())
        }
    }
}

fn legend() -> Markup {
    html! {
        details .graph-legend {
            summary { "Legend" }
            ul {
                li { "Box: a service. Cylinder: a database. Arrow shape: a service that is reached by messages only. \
                      Dashed pill: something that sends no spans." }
                li { "Ring: red as far as calls to the node fail. Numbers: calls a second, median / 95th percentile." }
                li { "Edge: the wider, the more calls; amber from 1 % errors on, red from 5 %. Dashed: messages. \
                      Dotted: one side never reported." }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use spangraph_config::TenantId;

    use super::super::report::tests::report;
    use super::*;
    use crate::tenant_choice::TenantChoice;

    fn page(names: &[&str], text: &str) -> String {
        let tenants = TenantChoice {
            tenant: TenantId::single(),
            others: Vec::new(),
        };
        let services: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        let choices = Choices {
            tenants: &tenants,
            services: &services,
        };
        let query = Query::parse(text).unwrap();
        show(&report(names, text), &query, choices).into_string()
    }

    #[test]
    fn the_drawing_and_the_tables_show_the_same() {
        let page = page(&["cart", "redis"], "");
        for part in [
            "id=\"service-graph\"",
            "data-service=\"cart\"",
            "id=\"graph-edges-table\"",
            "2 nodes, 1 edges; rates over the last 10 s.",
            "href=\"/graph/export.dot\"",
        ] {
            assert!(page.contains(part), "{part}: {page}");
        }
    }

    #[test]
    fn names_that_are_markup_stay_names() {
        let page = page(
            &["<script>alert(1)</script>", "\"><img src=x>"],
            "group=namespace",
        );
        assert!(!page.contains("<script") && !page.contains("<img"), "{page}");
    }

    #[test]
    fn a_focus_that_is_not_there_is_said() {
        let page = page(&["cart"], "focus=nobody");
        assert!(
            page.contains("There is no service called <b>nobody</b> now."),
            "{page}"
        );
        assert!(!page.contains("id=\"service-graph\""));
    }

    #[test]
    fn a_filter_that_hides_all_says_so() {
        let page = page(&["cart", "redis"], "min_rate=1000");
        assert!(page.contains("The filter hides all 2 nodes."), "{page}");
        assert!(
            page.contains("0 nodes, 0 edges; rates over the last 10 s; 2 nodes and 1 edges are hidden"),
            "{page}"
        );
    }

    #[test]
    fn there_is_no_inline_style_or_handler() {
        let page = page(&["a", "b"], "q=a");
        assert!(!page.contains(" style=") && !page.contains(" onclick="), "{page}");
    }
}
