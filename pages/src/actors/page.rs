//! The page of the actors.

use maud::{Markup, html};
use spangraph_actors::activity::Role;

use super::advice;
use super::report::{ActorReport, ActorsReport, GateReport};
use super::sort::{Column, Sort};
use crate::chart::bar;
use crate::frame::{Frame, Html};
use crate::numbers;

/// Seconds between two refreshes.
const REFRESH: u32 = 2;

/// The columns that can be sorted by.
const COLUMNS: [(Column, &str); 6] = [
    (Column::Actor, "Actor"),
    (Column::Mailbox, "Mailbox"),
    (Column::Messages, "Messages"),
    (Column::Wait, "Waits p50 / p99"),
    (Column::Handle, "Takes p50 / p99"),
    (Column::Busy, "Busy"),
];

/// The page of `report`, its rows in the order of `sort`.
pub fn render(report: &ActorsReport, sort: Sort) -> Html {
    let frame = Frame {
        title: "Actors",
        path: "/actors",
        refresh_seconds: REFRESH,
        ..Frame::default()
    };
    frame.render(&html! {
        (gate(&report.gate))
        h2 { "Actors" }
        (findings(&report.actors))
        (table(report, sort))
        h2 { "Which setting to turn" }
        (settings())
    })
}

fn gate(gate: &GateReport) -> Markup {
    let [requests, spans, max_spans] = [gate.requests, gate.spans, gate.max_spans].map(count);
    let [bytes, max_bytes] = [gate.bytes, gate.max_bytes].map(|bytes| numbers::bytes(as_u64(bytes)));
    html! {
        h2 { "Gate" }
        p .quiet { "What was let in and is not yet applied. When a bound is reached, senders are told to come again." }
        div .figures {
            div .figure {
                div .value { (requests) }
                div .name { "requests under way" }
            }
            (filled(&spans, &format!("spans of {max_spans}"), gate.span_share()))
            (filled(&bytes, &format!("bytes of {max_bytes}"), gate.byte_share()))
        }
    }
}

fn filled(value: &str, name: &str, share: f64) -> Markup {
    html! {
        div .figure {
            div .value { (value) }
            div .name { (name) }
            (bar(share, &format!("{} of the bound", numbers::share(share))))
        }
    }
}

fn findings(actors: &[ActorReport]) -> Markup {
    html! {
        ul .findings {
            @for actor in actors {
                @if let Some(what) = &actor.conspicuous {
                    li .finding.warning {
                        h3 { (actor.name) ": " (what) }
                        @if let Some(remedy) = &actor.remedy { p { (remedy) } }
                    }
                }
            }
        }
    }
}

fn table(report: &ActorsReport, sort: Sort) -> Markup {
    html! {
        div .scroll tabindex="0" role="region" aria-label="Actors" {
            table {
                caption { "Rates, times and shares are of the last minute or so. Times are exact to a factor of two." }
                thead {
                    tr {
                        @for (column, name) in COLUMNS {
                            th .number[column != Column::Actor] scope="col" aria-sort=[sort.aria(column)] {
                                a href=(sort.link(column)) { (name) }
                            }
                        }
                        th scope="col" { "Share of the time" }
                    }
                }
                tbody { @for actor in sort.sorted(&report.actors) { (row(actor)) } }
            }
        }
    }
}

fn row(actor: &ActorReport) -> Markup {
    html! {
        tr {
            th scope="row" { (actor.name) }
            td .number { (mailbox(actor)) }
            td .number { (numbers::rate(actor.messages_per_second)) }
            td .number { (times(actor.wait_p50_seconds, actor.wait_p99_seconds)) }
            td .number { (times(actor.handle_p50_seconds, actor.handle_p99_seconds)) }
            td .number { (numbers::share(actor.busy_share)) }
            td { (bar(actor.busy_share, &format!("busy {}", numbers::share(actor.busy_share)))) }
        }
    }
}

fn mailbox(actor: &ActorReport) -> String {
    match (actor.mailbox_length, actor.mailbox_capacity) {
        (Some(length), Some(capacity)) => {
            format!("{} of {}", count(length), count(capacity))
        }
        _ => "–".to_owned(),
    }
}

fn times(median: Option<f64>, high: Option<f64>) -> String {
    let [median, high] = [median, high].map(|time| numbers::seconds(time.unwrap_or(f64::NAN)));
    format!("{median} / {high}")
}

fn settings() -> Markup {
    html! {
        p .quiet {
            "An actor that is busy all the time is the slow one; the mailboxes before it fill first. The timer's waits "
            "are how late its ticks come."
        }
        dl .pairs {
            dt { "gate" }
            dd { "spangraph.admission.max_spans and max_bytes, when memory allows; they bound what is under way, not the speed." }
            @for role in Role::ALL {
                dt { (role.as_str()) }
                dd { (advice::settings(role)) }
            }
        }
    }
}

fn count(count: usize) -> String {
    numbers::count(as_u64(count))
}

fn as_u64(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
