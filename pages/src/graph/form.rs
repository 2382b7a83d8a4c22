//! The form by which the graph is filtered. It needs no script: its fields are the query of the URL.

use maud::{Markup, html};

use super::filter::Query;
use super::sort::Sort;
use crate::tenant_choice::TenantChoice;

/// What the form chooses from.
#[derive(Clone, Copy)]
pub struct Choices<'a> {
    /// The tenants.
    pub tenants: &'a TenantChoice,
    /// The names of all nodes.
    pub services: &'a [String],
}

/// The form with the values of `query` in it.
#[must_use]
pub fn show(query: &Query, choices: Choices<'_>) -> Markup {
    html! {
        form #graph-filters .filters data-live method="get" action="/graph" {
            (tenant(choices.tenants))
            label { "Search"
                input #graph-search type="search" name="q" value=[query.search.as_deref()] placeholder="part of a name";
            }
            (focus(query, choices.services))
            label { "Steps round it"
                input #graph-depth type="number" name="depth" min="0" max="20" value=(query.depth);
            }
            label { "Calls/s at least"
                input #graph-min-rate type="number" name="min_rate" min="0" step="any" value=[query.min_rate];
            }
            (checks(query))
            @if query.sort != Sort::default() { input type="hidden" name="sort" value=(query.sort.word()); }
            @if query.descending { input type="hidden" name="direction" value="desc"; }
            button #graph-apply type="submit" { "Show" }
            a #graph-all data-live href=(reset(query)) { "Show all" }
        }
    }
}

fn tenant(choice: &TenantChoice) -> Markup {
    html! {
        @if !choice.others.is_empty() {
            label { "Tenant"
                select #graph-tenant name="tenant" {
                    @for tenant in &choice.others {
                        option value=(tenant.as_str()) selected[*tenant == choice.tenant] { (tenant.as_str()) }
                    }
                }
            }
        }
    }
}

fn focus(query: &Query, services: &[String]) -> Markup {
    let focus = query.focus.as_deref();
    let unknown = focus.filter(|focus| !services.iter().any(|service| service == focus));
    html! {
        label { "Focus"
            select #graph-focus name="focus" {
                option value="" { "all services" }
                @if let Some(unknown) = unknown { option value=(unknown) selected { (unknown) } }
                @for service in services {
                    option value=(service) selected[focus == Some(service)] { (service) }
                }
            }
        }
    }
}

fn checks(query: &Query) -> Markup {
    let percent = query.unhealthy_percent();
    html! {
        label .check {
            input #graph-unhealthy type="checkbox" name="unhealthy" value=(percent.unwrap_or(1.0))
                checked[percent.is_some()];
            (percent.unwrap_or(1.0)) " % errors or more"
        }
        label .check {
            input #graph-group type="checkbox" name="group" value="namespace" checked[query.by_namespace];
            "Group by namespace"
        }
    }
}

fn reset(query: &Query) -> crate::links::Link {
    let tenant = query.tenant.clone();
    Query {
        tenant,
        ..Query::default()
    }
    .link("/graph")
}
