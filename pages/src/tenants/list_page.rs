//! All tenants for people: a table with a link to each.

use maud::{Markup, html};

use super::list::{TenantSummary, TenantsReport, Usage};
use crate::frame::{Frame, Html};
use crate::links::Link;
use crate::{chart, numbers};

/// The page of `report`.
pub fn render(report: &TenantsReport) -> Html {
    let frame = Frame {
        title: "Tenants",
        path: "/tenants",
        refresh_seconds: 5,
        ..Frame::default()
    };
    frame.render(&html! {
        p {
            @if report.multitenancy_enabled {
                "Tenants come from the header " code { "X-Scope-OrgID" } "."
            } @else {
                "Multi-tenancy is off: every span belongs to " (link("single-tenant")) "."
            }
        }
        (table(&report.tenants))
        (silent(&report.silent))
    })
}

/// How much is used, with a bar when there is a limit.
pub fn usage(usage: Usage, what: &str) -> Markup {
    html! {
        (numbers::count(usage.used))
        @if let (Some(limit), Some(share)) = (usage.limit, usage.share()) {
            span .quiet { " of " (numbers::count(limit)) }
            (chart::bar(share, &format!("{} of the limit of {what}", numbers::share(share))))
        }
    }
}

/// The link to the page of the tenant `id`.
pub fn link(id: &str) -> Markup {
    html! { a href=(Link::to("/tenants").segment(id)) { (id) } }
}

/// The links to what other pages say of the tenant `id`.
pub fn elsewhere(id: &str) -> Markup {
    const PAGES: [(&str, &str); 4] = [
        ("/graph", "graph"),
        ("/pairing", "pairing"),
        ("/cardinality", "cardinality"),
        ("/outputs", "outputs"),
    ];
    html! {
        @for (index, (path, name)) in PAGES.iter().enumerate() {
            @if index > 0 { " · " }
            a href=(Link::to(path).with("tenant", id)) { (name) }
        }
    }
}

fn table(tenants: &[TenantSummary]) -> Markup {
    html! {
        @if tenants.is_empty() {
            p { "No tenant has sent spans since the start." }
        } @else {
            div .scroll tabindex="0" role="region" aria-label="Tenants" {
                table {
                    caption { "Tenants that have sent spans since the start" }
                    thead {
                        tr {
                            th scope="col" { "Tenant" }
                            th .number scope="col" { "Spans received" }
                            th .number scope="col" { "Edges pending" }
                            th .number scope="col" { "Series" }
                            th .number scope="col" { "Label sets" }
                            th .number scope="col" { "Endpoints" }
                            th scope="col" { "See" }
                        }
                    }
                    tbody { @for tenant in tenants { (row(tenant)) } }
                }
            }
        }
    }
}

fn row(tenant: &TenantSummary) -> Markup {
    html! {
        tr {
            th scope="row" { (link(&tenant.id)) }
            td .number { (numbers::count(tenant.spans_received)) }
            td .number { (usage(tenant.pending_edges, "pending edges")) }
            td .number { (usage(tenant.series, "series")) }
            td .number { (usage(tenant.entities, "label sets")) }
            td .number { (numbers::count(tenant.endpoints)) }
            td { (elsewhere(&tenant.id)) }
        }
    }
}

fn silent(tenants: &[String]) -> Markup {
    html! {
        @if !tenants.is_empty() {
            h2 { "Without spans" }
            p { "The override file names them; they have sent no span since the start." }
            ul { @for id in tenants { li { (link(id)) } } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tenants_have_links_that_are_encoded() {
        let page = render(&TenantsReport {
            multitenancy_enabled: true,
            tenants: vec![TenantSummary {
                id: "o'brien(1)*".to_owned(),
                spans_received: 1234,
                pending_edges: Usage::new(5, 10),
                series: Usage::new(7, 0),
                entities: Usage::new(8, 0),
                endpoints: 2,
            }],
            silent: vec!["!quiet".to_owned()],
        });
        let page = page.text(None);
        for part in [
            "href=\"/tenants/o%27brien%281%29%2A\"",
            "href=\"/graph?tenant=o%27brien%281%29%2A\"",
            "href=\"/tenants/%21quiet\"",
            "1\u{202f}234",
            "50 % of the limit of pending edges",
        ] {
            assert!(page.contains(part), "{part} in {page}");
        }
        assert!(!page.contains("of the limit of series"), "{page}");
    }

    #[test]
    fn without_tenants_the_page_says_so() {
        let page = render(&TenantsReport {
            multitenancy_enabled: false,
            tenants: Vec::new(),
            silent: Vec::new(),
        });
        let page = page.text(None);
        assert!(page.contains("No tenant has sent spans") && page.contains("Multi-tenancy is off"));
    }
}
