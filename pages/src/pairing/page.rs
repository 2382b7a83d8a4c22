//! The pairing page.

mod durations;
mod services;

use maud::{Markup, html};

use self::durations::Durations;
use super::diagnosis::Finding;
use super::report::PairingReport;
use super::sorting::Sorting;
use crate::severity::Severity;
use crate::tenant_choice::TenantChoice;
use crate::{chart, numbers};

/// What the page shows, and how it was asked for.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// The report.
    pub report: &'a PairingReport,
    /// The order of services.
    pub sorting: Sorting,
    /// The tenant and the others.
    pub choice: &'a TenantChoice,
}

/// The content of the page.
#[must_use]
pub fn show(view: &View<'_>) -> Markup {
    let report = view.report;
    html! {
        p { "Each call has two halves, a client span and a server span. Here is how they find each other, and what \
             to do when they do not." }
        (tenant_form(view))
        section #diagnosis { h2 { "Diagnosis" } (diagnosis(report)) }
        section #pending { h2 { "Waiting" } (pending(report)) }
        section #services { h2 { "By service and side" } (services::table(view)) }
        section #gaps { h2 { "Time between the halves" } (gaps(report)) }
        section #late { h2 { "Late halves" } (late(report)) }
        section #slack { h2 { "Outside the slack" } (slack(report)) }
    }
}

fn tenant_form(view: &View<'_>) -> Markup {
    html! {
        @if !view.choice.others.is_empty() {
            form .filters method="get" action="/pairing" data-live {
                label {
                    "Tenant"
                    select name="tenant" {
                        @for tenant in &view.choice.others {
                            option value=(tenant) selected[*tenant == view.choice.tenant] { (tenant) }
                        }
                    }
                }
                button type="submit" { "Show" }
            }
        }
    }
}

fn diagnosis(report: &PairingReport) -> Markup {
    html! {
        p .quiet { "From " (window(report)) "." }
        @if report.findings.is_empty() {
            p { "Too few halves have come for a diagnosis." }
        } @else {
            ul .findings { @for each in &report.findings { (finding(each)) } }
        }
    }
}

fn finding(finding: &Finding) -> Markup {
    html! {
        li .finding.(finding.severity.class()) data-key=(format!("{:?}", finding.kind)) {
            h3 { (finding.severity.word()) " " (finding.title) }
            p { (finding.seen) }
            @if finding.severity == Severity::Good {
                p { (finding.cause) }
            } @else {
                p { "Likely cause: " (finding.cause) }
                p { "What to do: " (finding.remedy) }
            }
        }
    }
}

fn pending(report: &PairingReport) -> Markup {
    let pending = &report.pending;
    #[expect(clippy::cast_precision_loss, reason = "a share needs no more than 53 bits")]
    let full = pending.edges as f64 / pending.limit.max(1) as f64;
    let level = format!(
        "{} of {}",
        numbers::count(pending.edges),
        numbers::count(pending.limit)
    );
    html! {
        div .figures {
            div .figure {
                div .value { (numbers::count(pending.edges)) }
                div .name { "edges wait, of " (numbers::count(pending.limit)) " (max_items)" }
                (chart::bar(full, &level))
            }
            (figure(pending.client_halves, "client halves"))
            (figure(pending.server_halves, "server halves"))
            div .figure {
                div .value { (numbers::seconds(report.wait_seconds)) }
                div .name { "is how long a half waits (wait)" }
            }
        }
        (durations::table(&Durations { caption: "Edges by how long they have waited", unit: "Edges", counts: &pending.ages }))
    }
}

fn gaps(report: &PairingReport) -> Markup {
    html! {
        p { "How long the first half waited for the second, of edges that have both, from " (window(report)) "." }
        (durations::table(&Durations { caption: "Edges by gap between their halves", unit: "Edges", counts: &report.gaps }))
    }
}

fn late(report: &PairingReport) -> Markup {
    html! {
        p { "Halves that came within " (numbers::seconds(report.wait_seconds)) " after their edge was given up, by \
             how late they were, from " (window(report)) "." }
        @if report.lateness.iter().all(|each| each.count == 0) {
            p { "None." }
        } @else {
            (durations::table(&Durations { caption: "Late halves", unit: "Halves", counts: &report.lateness }))
        }
    }
}

fn slack(report: &PairingReport) -> Markup {
    let (recent, all) = (&report.recent_spans, &report.spans);
    let rows = [
        ("Too old", recent.too_old, all.too_old),
        ("Too new", recent.too_new, all.too_new),
        ("All spans", recent.received, all.received),
    ];
    html! {
        p { "Spans that end more than " (numbers::seconds(report.slack_seconds)) " before or after now are \
             discarded (metrics_ingestion_time_range_slack)." }
        div .scroll {
            table {
                caption { "Spans" }
                thead { tr {
                    th scope="col" { "Spans" }
                    th .number scope="col" { "Recently" }
                    th .number scope="col" { "Since the start" }
                } }
                tbody {
                    @for (name, recent, all) in rows {
                        tr {
                            th scope="row" { (name) }
                            td .number { (numbers::count(recent)) }
                            td .number { (numbers::count(all)) }
                        }
                    }
                }
            }
        }
    }
}

fn figure(value: u64, name: &str) -> Markup {
    html! {
        div .figure {
            div .value { (numbers::count(value)) }
            div .name { (name) }
        }
    }
}

fn window(report: &PairingReport) -> String {
    report
        .recent_seconds
        .map_or("all since the start".to_owned(), |seconds| {
            format!("the last {}", numbers::seconds(seconds))
        })
}

#[cfg(test)]
mod tests;
