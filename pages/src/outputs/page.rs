//! The page of the outputs.

use std::time::{Duration, SystemTime};

use maud::{Markup, html};

use super::report::{
    CountsReport, EndpointReport, EndpointState, LastErrorReport, OutputsReport, ScrapesReport,
};
use crate::chart::bar;
use crate::frame::{Frame, Html};
use crate::numbers;
use crate::scrapes::age;

/// Seconds between two refreshes.
const REFRESH: u32 = 5;

/// Of so many endpoints all details are shown.
const FEW: usize = 10;

/// The page of `report`.
pub fn render(report: &OutputsReport) -> Html {
    let now = SystemTime::now();
    let frame = Frame {
        title: "Outputs",
        path: "/outputs",
        refresh_seconds: REFRESH,
        ..Frame::default()
    };
    frame.render(&html! {
        h2 { "Remote write" }
        @if report.endpoints.is_empty() {
            (no_endpoint(report.tenants))
        } @else {
            (table(&report.endpoints, now))
            @for endpoint in with_details(&report.endpoints) {
                (details(endpoint, now))
            }
        }
        h2 { "Scrape" }
        (scrapes(&report.scrapes, now))
    })
}

/// Those with trouble, and when there are few the others too.
fn with_details(endpoints: &[EndpointReport]) -> impl Iterator<Item = &EndpointReport> {
    let are_few = endpoints.len() <= FEW;
    endpoints
        .iter()
        .filter(move |endpoint| are_few || endpoint.state > EndpointState::Sending)
}

fn no_endpoint(tenants: usize) -> Markup {
    html! {
        @if tenants == 0 {
            p { "No spans have come yet. A tenant's endpoints are set up with its first spans." }
        }
        p {
            "No tenant that has sent spans has an endpoint to write to. The series are there to be scraped at "
            a href="/metrics/generated" { "/metrics/generated" } "."
        }
        p { "To write them, name an endpoint:" }
        pre { "metrics_generator:\n  storage:\n    remote_write:\n      - url: http://prometheus:9090/api/v1/write" }
    }
}

fn table(endpoints: &[EndpointReport], now: SystemTime) -> Markup {
    html! {
        div .scroll tabindex="0" role="region" aria-label="Endpoints" {
            table {
                caption { "Counts are since the start." }
                thead {
                    tr {
                        th scope="col" { "Endpoint" }
                        th scope="col" { "Tenant" }
                        th scope="col" { "State" }
                        th .number scope="col" { "Queue" }
                        th scope="col" { "Queue of its bound" }
                        th .number scope="col" { "Lag" }
                        th .number scope="col" { "Sent" }
                        th .number scope="col" { "Failed" }
                        th .number scope="col" { "Dropped" }
                        th .number scope="col" { "Retried" }
                        th .number scope="col" { "Last taken" }
                    }
                }
                tbody { @for endpoint in endpoints { (row(endpoint, now)) } }
            }
        }
    }
}

fn row(endpoint: &EndpointReport, now: SystemTime) -> Markup {
    let waiting = total(endpoint.queued) + total(endpoint.under_way);
    html! {
        tr {
            th scope="row" { (endpoint.name) }
            td { (endpoint.tenant) }
            td { span .tag.(class(endpoint.state)) { (endpoint.state.word()) } }
            td .number { (numbers::count(waiting)) " of " (numbers::count(endpoint.capacity)) }
            td { (bar(endpoint.fill(), &format!("queue filled to {}", numbers::share(endpoint.fill())))) }
            td .number { (lag(endpoint.lag_seconds)) }
            td .number { (numbers::count(total(endpoint.sent))) }
            td .number { (numbers::count(lost(endpoint.failed))) }
            td .number { (numbers::count(lost(endpoint.dropped))) }
            td .number { (numbers::count(endpoint.samples_retried)) }
            td .number { (ago(endpoint.last_sent_unix_milliseconds, now)) }
        }
    }
}

fn details(endpoint: &EndpointReport, now: SystemTime) -> Markup {
    html! {
        section {
            h3 { (endpoint.name) " of " (endpoint.tenant) }
            p { code { (endpoint.url) } }
            @if endpoint.state == EndpointState::Unusable {
                div .finding.bad {
                    p { "Its writer does not run or does not answer. The log tells why: look for \"endpoint cannot be used\"." }
                }
            }
            @if endpoint.paused_seconds > 0.0 {
                div .finding.warning {
                    p { "The endpoint asked for a pause (Retry-After). Sending goes on in " (numbers::seconds(endpoint.paused_seconds)) "." }
                }
            }
            @if let Some(error) = &endpoint.last_error {
                (failure(error, endpoint.state, now))
            }
            (counts(endpoint))
        }
    }
}

fn failure(error: &LastErrorReport, state: EndpointState, now: SystemTime) -> Markup {
    html! {
        div .finding.(class(state)) {
            p { "Last error, " (ago(Some(error.unix_milliseconds), now)) ": " code { (error.message) } }
            @if let Some(fix) = &error.likely_fix {
                p { strong { "Likely fix: " } (fix) }
            }
        }
    }
}

fn counts(endpoint: &EndpointReport) -> Markup {
    let rows = [
        ("queued", endpoint.queued),
        ("under way", endpoint.under_way),
        ("sent", endpoint.sent),
        ("failed", endpoint.failed),
        ("dropped", endpoint.dropped),
    ];
    html! {
        div .scroll tabindex="0" role="region" aria-label={ "Counts of " (endpoint.name) } {
            table {
                caption { (endpoint.requests_under_way) " requests are under way. Failed seeds are no loss of values." }
                thead {
                    tr {
                        th scope="col" { "What" }
                        @for kind in ["Samples", "Exemplars", "Native histograms", "Seeds"] {
                            th .number scope="col" { (kind) }
                        }
                    }
                }
                tbody {
                    @for (name, counts) in rows {
                        tr {
                            th scope="row" { (name) }
                            @for count in [counts.samples, counts.exemplars, counts.histograms, counts.seeds] {
                                td .number { (numbers::count(count)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn scrapes(report: &ScrapesReport, now: SystemTime) -> Markup {
    html! {
        @if report.count == 0 {
            p { "Nobody has scraped " a href="/metrics/generated" { "/metrics/generated" } " since the start." }
        } @else {
            p {
                a href="/metrics/generated" { "/metrics/generated" } " was scraped "
                strong { (numbers::count(report.count)) } " times, last " (ago(report.last_unix_milliseconds, now)) "."
            }
        }
        p { "A Prometheus scrapes the series with:" }
        pre {
            "scrape_configs:\n  - job_name: spangraph-generated\n    metrics_path: /metrics/generated\n    "
            "honor_labels: true\n    static_configs:\n      - targets: [\"HOST:3200\"]"
        }
        p .quiet { "With multi-tenancy, add " code { "params: {tenant: [ID]}" } ", a job for each tenant." }
    }
}

/// How bad a state is, as a class of the stylesheet.
fn class(state: EndpointState) -> &'static str {
    match state {
        EndpointState::Idle => "quiet",
        EndpointState::Sending => "good",
        EndpointState::Lagging | EndpointState::Impaired => "warning",
        EndpointState::Failing | EndpointState::Unusable => "bad",
    }
}

fn total(counts: CountsReport) -> u64 {
    counts.samples + counts.exemplars + counts.histograms + counts.seeds
}

/// Seeds are no loss.
fn lost(counts: CountsReport) -> u64 {
    total(counts) - counts.seeds
}

fn lag(seconds: f64) -> String {
    if seconds > 0.0 {
        numbers::seconds(seconds)
    } else {
        "none".to_owned()
    }
}

fn ago(unix_milliseconds: Option<u64>, now: SystemTime) -> String {
    let Some(then) = unix_milliseconds else {
        return "never".to_owned();
    };
    let seconds = age(then, now).as_secs();
    format!("{} ago", humantime::format_duration(Duration::from_secs(seconds)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(state: EndpointState, message: &str) -> OutputsReport {
        let endpoint = EndpointReport {
            tenant: "shop".to_owned(),
            name: "<script>main".to_owned(),
            url: "http://host/".to_owned(),
            state,
            queued: CountsReport::default(),
            under_way: CountsReport::default(),
            requests_under_way: 0,
            capacity: 10,
            lag_seconds: 0.0,
            sent: CountsReport::default(),
            failed: CountsReport::default(),
            dropped: CountsReport::default(),
            samples_retried: 0,
            last_sent_unix_milliseconds: None,
            last_error: Some(LastErrorReport {
                message: message.to_owned(),
                unix_milliseconds: 1,
                likely_fix: None,
            }),
            paused_seconds: 0.0,
        };
        OutputsReport {
            endpoints: vec![endpoint],
            tenants: 1,
            scrapes: ScrapesReport::default(),
        }
    }

    #[test]
    fn what_an_endpoint_says_is_escaped() {
        let page = render(&report(EndpointState::Failing, "404: <script>alert(1)</script>"));
        let page = page.text(None);
        assert!(
            page.contains("&lt;script&gt;alert") && page.contains("&lt;script&gt;main"),
            "{page}"
        );
        assert!(!page.contains("<script>"), "{page}");
    }

    #[test]
    fn of_many_endpoints_only_those_with_trouble_have_details() {
        let details = |state, copies| {
            let endpoints = report(state, "").endpoints;
            let endpoints = endpoints.iter().cycle().take(copies).cloned().collect::<Vec<_>>();
            with_details(&endpoints).count()
        };
        assert_eq!(details(EndpointState::Sending, FEW), FEW);
        assert_eq!(details(EndpointState::Sending, FEW + 1), 0);
        assert_eq!(details(EndpointState::Failing, FEW + 1), FEW + 1);
    }
}
