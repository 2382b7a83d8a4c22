//! The page of the outputs.

use std::time::{Duration, SystemTime};

use maud::{Markup, html};

use super::report::{
    CountsReport, EndpointReport, EndpointState, LastErrorReport, OutputsReport, ScrapesReport,
};
use crate::pages::chart::bar;
use crate::pages::frame::{Frame, Html};
use crate::pages::numbers;
use crate::pages::scrapes::age;

/// Seconds between two refreshes.
const REFRESH: u32 = 5;

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
            (no_endpoint())
        } @else {
            (table(&report.endpoints, now))
            @for endpoint in &report.endpoints {
                (details(endpoint, now))
            }
        }
        h2 { "Scrape" }
        (scrapes(&report.scrapes, now))
    })
}

fn no_endpoint() -> Markup {
    html! {
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
            td .number { (numbers::seconds(endpoint.lag_seconds)) }
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
                caption { (endpoint.requests_under_way) " requests are under way. Failed seeds are expected after a restart and no loss." }
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

fn ago(unix_milliseconds: Option<u64>, now: SystemTime) -> String {
    let Some(then) = unix_milliseconds else {
        return "never".to_owned();
    };
    let seconds = age(then, now).as_secs();
    format!("{} ago", humantime::format_duration(Duration::from_secs(seconds)))
}
