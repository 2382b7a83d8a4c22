//! The page of what makes a tenant's series.

use maud::{Markup, html};

use super::report::{CardinalityFinding, CardinalityLimit, CardinalityReport};
use super::tables;
use crate::chart::bar;
use crate::frame::{Frame, Html};
use crate::numbers;
use crate::tenant_choice::TenantChoice;

/// Seconds between two refreshes.
const REFRESH: u32 = 5;

/// The page of `report`.
pub fn render(report: &CardinalityReport, choice: &TenantChoice) -> Html {
    let frame = Frame {
        title: "Cardinality",
        path: "/cardinality",
        tenant: choice.for_links(),
        refresh_seconds: REFRESH,
        ..Frame::default()
    };
    frame.render(&html! {
        p { "What makes the series, and what limits did to them. It is looked at anew every ten seconds at most." }
        (tenants(choice))
        (findings(report))
        (figures(report))
        (limits(report))
        @if report.active_series == 0 {
            p { "There are no series." }
        } @else {
            (tables::metrics(&report.metrics))
            (tables::labels(&report.labels, report.max_cardinality_per_label))
            (tables::dimensions(&report.dimensions))
            (tables::services(&report.services))
        }
    })
}

fn tenants(choice: &TenantChoice) -> Markup {
    html! {
        @if !choice.others.is_empty() {
            form .filters method="get" action="/cardinality" data-live {
                label {
                    "Tenant"
                    select #cardinality-tenant name="tenant" {
                        @for tenant in &choice.others {
                            option value=(tenant) selected[*tenant == choice.tenant] { (tenant) }
                        }
                    }
                }
                button type="submit" { "Show" }
            }
        }
    }
}

fn findings(report: &CardinalityReport) -> Markup {
    html! {
        ul #findings .findings {
            @if report.findings.is_empty() {
                li .finding.good { p { "Nothing stands out." } }
            }
            @for finding in &report.findings { (finding_item(finding)) }
        }
    }
}

fn finding_item(finding: &CardinalityFinding) -> Markup {
    html! {
        li .finding.(finding.severity.class()) {
            h3 { span .quiet { (finding.severity.word()) } " " (finding.title) }
            p { strong { "Remedy: " } (finding.remedy) }
        }
    }
}

fn figures(report: &CardinalityReport) -> Markup {
    html! {
        div #figures .figures {
            (figure(report.active_series, "series now"))
            (figure(report.label_sets, "label sets now"))
            (figure(report.created_series, "series created since the start"))
            (figure(report.removed_series, "series removed since the start"))
            (figure(report.limited_updates, "updates turned away since the start"))
        }
    }
}

fn figure(number: u64, name: &str) -> Markup {
    html! {
        div .figure {
            div .value { (numbers::count(number)) }
            div .name { (name) }
        }
    }
}

fn limits(report: &CardinalityReport) -> Markup {
    html! {
        h2 { "Limits" }
        (limit(&report.limit))
        @if !report.limited_labels.is_empty() { (tables::limited_labels(&report.limited_labels)) }
    }
}

fn limit(limit: &CardinalityLimit) -> Markup {
    html! {
        @match limit.most.zip(limit.used_share) {
            None => p { "There is no limit: " code { (limit.setting) } " is 0." },
            Some((most, used_share)) => {
                p {
                    code { (limit.setting) } ": " (numbers::count(limit.used)) " of " (numbers::count(most)) " used ("
                    (numbers::share(used_share)) "); without the limit it would be about "
                    (numbers::count(limit.demanded)) "."
                }
                (bar(used_share, &format!("{} used to {}", limit.setting, numbers::share(used_share))))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use spangraph_config::TenantId;

    use super::*;
    use crate::cardinality::report::ServiceCardinality;
    use crate::severity::Severity;

    const EVIL: &str = "<script>alert(\"x\")</script>";

    fn shown(report: &CardinalityReport, others: &[&str]) -> String {
        let choice = TenantChoice {
            tenant: TenantId::single(),
            others: others.iter().map(|id| TenantId::parse(id).unwrap()).collect(),
        };
        render(report, &choice).text(None)
    }

    #[test]
    fn names_from_spans_are_escaped() {
        let report = CardinalityReport {
            active_series: 1,
            services: vec![ServiceCardinality {
                service: EVIL.to_owned(),
                series: 1,
                share: 1.0,
                label_sets: 1,
            }],
            findings: vec![CardinalityFinding {
                severity: Severity::Warning,
                title: EVIL.to_owned(),
                remedy: EVIL.to_owned(),
            }],
            ..CardinalityReport::default()
        };
        let page = shown(&report, &[]);
        assert!(
            !page.contains("<script>") && page.contains("&lt;script&gt;alert(&quot;x"),
            "{page}"
        );
    }

    #[test]
    fn an_empty_report_says_that_there_is_nothing() {
        let page = shown(&CardinalityReport::default(), &[]);
        for text in ["Nothing stands out.", "There is no limit", "There are no series."] {
            assert!(page.contains(text), "{page}");
        }
        assert!(!page.contains("<select"), "{page}");
    }

    #[test]
    fn other_tenants_can_be_chosen() {
        let page = shown(&CardinalityReport::default(), &["acme", "single-tenant"]);
        assert!(
            page.contains("<option value=\"single-tenant\" selected>"),
            "{page}"
        );
        assert!(page.contains("<option value=\"acme\">"), "{page}");
    }

    #[test]
    fn a_limit_has_a_bar_of_what_is_used() {
        let report = CardinalityReport {
            limit: CardinalityLimit {
                setting: "max_active_series".to_owned(),
                most: Some(1_000),
                used: 950,
                used_share: Some(0.95),
                demanded: 1_200,
            },
            ..CardinalityReport::default()
        };
        let page = shown(&report, &[]);
        assert!(
            page.contains("aria-label=\"max_active_series used to 95 %\""),
            "{page}"
        );
    }
}
