//! The numbers of the drawing as tables, which can be sorted.

use maud::{Markup, html};

use super::filter::Query;
use super::promql::Queries;
use super::rates::Measures;
use super::report::{EdgeReport, NodeReport};
use super::sort::Sort;
use super::svg::service_link;
use super::wording::{self, Health};

/// A column: what it is sorted by, its heading, and whether it holds numbers.
type Column = (Sort, &'static str, bool);

const MEASURES: [Column; 4] = [
    (Sort::Rate, "Calls", true),
    (Sort::Errors, "Errors", true),
    (Sort::P50, "p50", true),
    (Sort::P95, "p95", true),
];
const OF_EDGES: [Column; 3] = [
    (Sort::Name, "Client", false),
    (Sort::Server, "Server", false),
    (Sort::Kind, "Way", false),
];
const OF_NODES: [Column; 3] = [
    (Sort::Name, "Name", false),
    (Sort::Kind, "Kind", false),
    (Sort::Namespace, "Namespace", false),
];

/// A table of edges; with a query its headings are links that sort.
#[must_use]
pub fn edges(
    id: &str,
    caption: &str,
    edges: &[EdgeReport],
    query: Option<&Query>,
    tenant: Option<&str>,
) -> Markup {
    html! {
        div .scroll {
            table #(id) {
                caption { (caption) }
                (head(&OF_EDGES, query))
                tbody {
                    @for edge in edges {
                        tr #{ "row-" (edge.id) } data-client=(edge.client) data-server=(edge.server) {
                            td { (link(&edge.client, tenant)) }
                            td { (link(&edge.server, tenant)) }
                            td { (edge.way) }
                            (measures(&edge.measures))
                            @if query.is_some() { (copy_rate(&edge.queries)) } @else { (copy(&edge.queries)) }
                        }
                    }
                }
            }
        }
    }
}

/// The table of all nodes.
#[must_use]
pub fn nodes(nodes: &[NodeReport], query: &Query, tenant: Option<&str>) -> Markup {
    html! {
        div .scroll {
            table #graph-nodes-table {
                caption { "Services and what they call, with the calls they received" }
                (head(&OF_NODES, Some(query)))
                tbody {
                    @for node in nodes {
                        tr #{ "row-" (node.id) } .found[node.found] data-service=(node.service) {
                            td { (link(&node.service, tenant)) }
                            td { (node.kind.word()) }
                            td { (node.namespace.as_deref().unwrap_or("–")) }
                            (measures(&node.measures))
                            (copy_rate(&node.queries))
                        }
                    }
                }
            }
        }
    }
}

/// Buttons that copy queries; they are there only with the script.
#[must_use]
pub fn copy(queries: &Queries) -> Markup {
    html! {
        td .copies {
            (button("rate", &queries.rate))
            (button("errors", &queries.errors))
            (button("p95", &queries.p95))
        }
    }
}

/// Only one of them, as there are many rows; the page of a service has all.
fn copy_rate(queries: &Queries) -> Markup {
    html! { td .copies { (button("rate", &queries.rate)) } }
}

fn button(name: &str, query: &str) -> Markup {
    html! { button .copy type="button" data-copy=(query) aria-label={ "Copy PromQL of " (name) } { (name) } }
}

fn head(first: &[Column], query: Option<&Query>) -> Markup {
    html! {
        thead {
            tr {
                @for (sort, name, is_number) in first.iter().chain(&MEASURES) {
                    th scope="col" .number[*is_number] aria-sort=[query.and_then(|query| sorted(query, *sort))] {
                        @match query {
                            Some(query) => a data-live href=(sort_link(query, *sort, *is_number)) { (name) },
                            None => (name),
                        }
                    }
                }
                th scope="col" .copies { "PromQL" }
            }
        }
    }
}

fn sorted(query: &Query, sort: Sort) -> Option<&'static str> {
    let direction = if query.descending {
        "descending"
    } else {
        "ascending"
    };
    (query.sort == sort).then_some(direction)
}

/// Numbers begin with the largest; a second click turns the order round.
fn sort_link(query: &Query, sort: Sort, is_number: bool) -> crate::links::Link {
    let descending = if query.sort == sort {
        !query.descending
    } else {
        is_number
    };
    Query {
        sort,
        descending,
        ..query.clone()
    }
    .link("/graph")
}

fn measures(measures: &Measures) -> Markup {
    html! {
        td .number { (wording::rate(measures)) }
        td .number.(Health::of(measures).class()) { (wording::errors(measures)) }
        td .number { (wording::latency(measures.p50_seconds)) }
        td .number { (wording::latency(measures.p95_seconds)) }
    }
}

fn link(service: &str, tenant: Option<&str>) -> Markup {
    html! { a href=(service_link(service, tenant)) { (service) } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heading_sorts_by_its_column_and_then_the_other_way_round() {
        let query = Query::parse("q=a&sort=rate&direction=desc").unwrap();
        assert_eq!(
            sort_link(&query, Sort::Rate, true).to_string(),
            "/graph?q=a&sort=rate"
        );
        assert_eq!(
            sort_link(&query, Sort::P95, true).to_string(),
            "/graph?q=a&sort=p95&direction=desc"
        );
        assert_eq!(sort_link(&query, Sort::Name, false).to_string(), "/graph?q=a");
        assert_eq!(sorted(&query, Sort::Rate), Some("descending"));
        assert_eq!(sorted(&query, Sort::P50), None);
    }
}
