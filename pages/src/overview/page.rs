//! The page of the overview.

use std::time::{Duration, SystemTime};

use maud::{Markup, html};

use super::report::{FlowReport, OverviewReport, ProcessReport, RefusedReport};
use crate::chart::{bar, sparkline};
use crate::frame::{Frame, Html};
use crate::numbers;
use crate::scrapes::age;

/// Seconds between two refreshes.
const REFRESH: u32 = 2;

/// The page of `report`.
pub fn render(report: &OverviewReport) -> Html {
    let frame = Frame {
        title: "Overview",
        path: "/",
        refresh_seconds: REFRESH,
        ..Frame::default()
    };
    frame.render(&html! {
        (state(report))
        h2 { "What needs attention first" }
        (findings(report))
        h2 { "Throughput" }
        (flows(report))
        h2 { "Resources" }
        (resources(report))
        h2 { "Refused requests" }
        (refused(&report.refused))
    })
}

fn state(report: &OverviewReport) -> Markup {
    let uptime = humantime::format_duration(Duration::from_secs(report.uptime_seconds));
    let loaded = age(report.loading.loaded_unix_milliseconds, SystemTime::now());
    let loaded = humantime::format_duration(Duration::from_secs(loaded.as_secs()));
    html! {
        dl .pairs {
            dt { "State" }
            dd {
                @match &report.obstacle {
                    None => strong .good { "ready" },
                    Some(reason) => { strong .bad { "not ready: " } (reason) },
                }
            }
            dt { "Version" }
            dd { (report.version) }
            dt { "Uptime" }
            dd { (uptime) }
            dt { "Configuration" }
            dd { a href="/config" { "loaded" } " " (loaded) " ago" }
            @for (what, attempt) in report.loading.attempts() {
                @let since = age(attempt.unix_milliseconds, SystemTime::now());
                dt { "Last " (what) }
                dd {
                    @if attempt.error.is_some() { strong .bad { "failed" } } @else { (attempt) }
                    ", " (humantime::format_duration(Duration::from_secs(since.as_secs()))) " ago"
                }
            }
        }
    }
}

fn findings(report: &OverviewReport) -> Markup {
    html! {
        ul .findings {
            @if report.attention.is_empty() {
                li .finding.good { p { "Nothing needs attention." } }
            }
            @for finding in &report.attention {
                li .finding.(finding.severity.class()) {
                    h3 { span .quiet { (finding.severity.word()) } " " a href=(finding.page) { (finding.title) } }
                    p { (finding.detail) }
                    p { strong { "Remedy: " } (finding.remedy) }
                }
            }
        }
        @if report.attention_left_out > 0 {
            p { "And " (report.attention_left_out) " more." }
        }
    }
}

fn flows(report: &OverviewReport) -> Markup {
    html! {
        div .figures {
            (flow(&report.spans, "spans", "spans accepted"))
            (flow(&report.edges, "edges", "edges counted"))
            (flow(&report.samples_sent, "samples", "samples sent"))
            (figure(&numbers::count(report.active_series), "series held"))
            (figure(&numbers::count(report.pending_edges), "edges that wait for a half"))
            (figure(&report.tenants.to_string(), "tenants that have sent spans"))
        }
    }
}

fn flow(flow: &FlowReport, what: &str, name: &str) -> Markup {
    let label = format!(
        "{what} a second over the last two minutes, {} now",
        numbers::rate(flow.points.last().copied().unwrap_or(0.0))
    );
    html! {
        div .figure {
            div .value { (numbers::rate(flow.per_second)) }
            (sparkline(&flow.points, &label))
            div .name { (name) ", " (numbers::count(flow.total)) " in all" }
        }
    }
}

fn resources(report: &OverviewReport) -> Markup {
    let gate = numbers::share(report.gate.fill());
    html! {
        div .figures {
            @if let Some(process) = &report.process { (self::process(process)) }
            div .figure {
                div .value { (gate) }
                (bar(report.gate.fill(), &format!("the gate is filled to {gate}")))
                div .name { "of the " a href="/actors" { "gate" } }
            }
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "no machine has that many cores")]
fn process(process: &ProcessReport) -> Markup {
    let share = process.cpu_cores / process.cores.max(1) as f64;
    html! {
        (figure(&numbers::bytes(process.resident_bytes), "memory"))
        div .figure {
            div .value { (numbers::share(share)) }
            (bar(share, &format!("CPU {}", numbers::share(share))))
            div .name { "CPU: " (numbers::short(process.cpu_cores)) " of " (process.cores) " cores" }
        }
    }
}

fn refused(refused: &[RefusedReport]) -> Markup {
    html! {
        @if refused.is_empty() {
            p .quiet { "No request was refused since the start." }
        } @else {
            div .scroll tabindex="0" role="region" aria-label="Refused requests" {
                table {
                    thead {
                        tr {
                            th scope="col" { "Reason" }
                            th .number scope="col" { "Last minute" }
                            th .number scope="col" { "Since the start" }
                        }
                    }
                    tbody {
                        @for refused in refused {
                            tr {
                                th scope="row" { (refused.reason) }
                                td .number { (numbers::count(refused.last_minute)) }
                                td .number { (numbers::count(refused.total)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn figure(value: &str, name: &str) -> Markup {
    html! {
        div .figure {
            div .value { (value) }
            div .name { (name) }
        }
    }
}
