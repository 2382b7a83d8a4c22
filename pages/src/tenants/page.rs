//! One tenant for people.

use maud::{Markup, html};

use super::activity::{NamedCount, TenantActivity};
use super::list_page::{elsewhere, usage};
use super::report::{TenantEndpoint, TenantLimits, TenantReport, TenantWriter};
use crate::configuration::page::yaml;
use crate::frame::{Frame, Html};
use crate::numbers::{bytes, count, seconds};

/// The page of `report`; links lead on with the tenant when there are others.
pub fn render(report: &TenantReport, multitenancy_enabled: bool) -> Html {
    let frame = Frame {
        title: &format!("Tenant {}", report.id),
        path: "/tenants",
        tenant: multitenancy_enabled.then_some(report.id.as_str()),
        refresh_seconds: 5,
        scripts: &[],
    };
    frame.render(&html! {
        p { a href="/tenants" { "All tenants" } " · " (elsewhere(&report.id)) }
        h2 { "Limits" }
        (limits(&report.limits))
        @match &report.activity {
            Some(activity) => (counts(activity)),
            None => p { "It has sent no span since the start." },
        }
        h2 { "Endpoints" }
        (endpoints(report))
        h2 { "Overrides" }
        @if report.overrides.is_empty() {
            p { "It has what the main file gives to all tenants." }
        } @else {
            p { "What it has instead of what the main file gives to all tenants:" }
            (yaml(&report.overrides, "Overrides"))
        }
        h2 { "Settings in force" }
        (yaml(&report.settings, "Settings in force"))
    })
}

fn limits(limits: &TenantLimits) -> Markup {
    html! {
        dl .pairs {
            dt { "Bytes received" }
            dd {
                @match (limits.bytes_per_second, limits.burst_bytes) {
                    (Some(rate), Some(burst)) => {
                        "at most " (bytes(rate)) " a second, " (bytes(burst)) " at once"
                    },
                    _ => "no limit",
                }
            }
            dt { "Pending edges" } dd { (usage(limits.pending_edges, "pending edges")) }
            dt { "Series" } dd { (usage(limits.series, "series")) }
            dt { "Label sets" } dd { (usage(limits.entities, "label sets")) }
            dt { "Values of a label" }
            dd {
                @match limits.values_per_label {
                    Some(most) => { "at most " (count(most)) },
                    None => "no limit",
                }
            }
        }
    }
}

fn counts(activity: &TenantActivity) -> Markup {
    let spans = [
        ("received", activity.spans_received),
        ("rejected", activity.spans_rejected),
    ];
    let requests = [("bytes received", activity.bytes_received)];
    let halves = [("waiting now", activity.pending_half_edges)];
    let edges = [("dropped by a filter policy", activity.edges_dropped)];
    html! {
        h2 { "Since the start" }
        div .groups {
            (group("Requests, and those limited by reason", &requests, &activity.requests_limited))
            (group("Spans", &spans, &[]))
            (group("Spans without a half-edge, by reason", &[], &activity.spans_discarded))
            (group("Spans whose duration cannot be, by reason", &[], &activity.impossible_durations))
            (group("Half-edges by outcome", &halves, &activity.half_edges))
            (group("Edges by connection type", &edges, &activity.edges))
            (group("Expired edges, by the kind of the last half", &[], &activity.edges_expired))
            (group("Spans measured, by outcome", &[], &activity.measured_spans))
            (group("Series", &series(activity), &[]))
        }
    }
}

fn series(activity: &TenantActivity) -> [(&'static str, u64); 8] {
    let series = &activity.series;
    [
        ("created", series.created),
        ("removed as stale", series.removed),
        ("wanted, about", series.demanded),
        ("label sets wanted, about", series.demanded_entities),
        ("updates limited", series.limited_updates),
        ("span name patterns", series.span_name_patterns),
        ("targets and hosts left out", activity.resource_info_dropped),
        ("collections", series.collections),
    ]
}

fn group(title: &str, own: &[(&str, u64)], named: &[NamedCount]) -> Markup {
    let named = named.iter().map(|named| (named.name, named.count));
    html! {
        div {
            table {
                caption { (title) }
                tbody {
                    @for (name, number) in own.iter().copied().chain(named) {
                        tr { th scope="row" { (name) } td .number { (count(number)) } }
                    }
                }
            }
        }
    }
}

fn endpoints(report: &TenantReport) -> Markup {
    html! {
        @if report.endpoints.is_empty() {
            p { "None: its series are there to scrape at " code { "/metrics/generated" } "." }
        }
        @for endpoint in &report.endpoints {
            (self::endpoint(endpoint, report.writers.iter().find(|writer| writer.endpoint == endpoint.name)))
        }
    }
}

fn endpoint(endpoint: &TenantEndpoint, writer: Option<&TenantWriter>) -> Markup {
    html! {
        h3 { (endpoint.name) }
        dl .pairs {
            dt { "URL" } dd { code { (endpoint.url) } }
            @match writer {
                Some(writer) => (self::writer(writer)),
                None => { dt { "Writer" } dd { "has not started, or does not answer" } },
            }
        }
    }
}

fn writer(writer: &TenantWriter) -> Markup {
    let values = [
        ("Requests under way", writer.requests),
        ("Sent", writer.sent),
        ("Refused", writer.failed),
        ("Dropped", writer.dropped),
        ("Sent again", writer.retried),
    ];
    html! {
        dt { "Samples queued" } dd { (usage(writer.queued, "the queue")) }
        dt { "Oldest sample waits" } dd { (seconds(writer.lag_seconds)) }
        @for (name, value) in values {
            dt { (name) } dd { (count(value)) }
        }
        dt { "Last error" } dd { (writer.last_error.as_deref().unwrap_or("none")) }
    }
}

#[cfg(test)]
mod tests {
    use spangraph_actors::metrics::PipelineMetrics;
    use spangraph_config::{Config, PrintMode, TenantId};

    use super::*;
    use crate::tenants::list::Usage;

    fn report(activity: Option<TenantActivity>) -> TenantReport {
        let (config, id) = (Config::default(), TenantId::single());
        TenantReport {
            id: id.to_string(),
            activity,
            limits: TenantLimits {
                bytes_per_second: Some(3_000_000),
                burst_bytes: Some(5),
                pending_edges: Usage::new(0, 10),
                series: Usage::new(0, 0),
                entities: Usage::new(0, 0),
                values_per_label: None,
            },
            writers: vec![TenantWriter {
                endpoint: "store".to_owned(),
                queued: Usage::new(1, 2),
                requests: 1,
                lag_seconds: 0.5,
                sent: 1,
                failed: 2,
                dropped: 3,
                retried: 4,
                last_error: Some("<b>no</b>".to_owned()),
            }],
            endpoints: vec![TenantEndpoint {
                name: "store".to_owned(),
                url: "http://store/write".to_owned(),
            }],
            overrides: config.print_tenant(&id, PrintMode::Diff),
            settings: config.print_tenant(&id, PrintMode::Effective),
        }
    }

    #[test]
    fn everything_that_is_counted_is_shown() {
        let metrics = PipelineMetrics::default().tenant(&TenantId::single());
        metrics.discarded.too_much_text.inc_by(4321);
        let page = render(&report(Some(TenantActivity::of(&metrics))), true).text(None);
        for part in [
            "too_much_text",
            "larger_than_burst",
            "a second, ",
            "4\u{202f}321",
            "virtual_node",
            "producer",
            "filtered",
            "&lt;b&gt;no",
        ] {
            assert!(page.contains(part), "{part} in {page}");
        }
        assert!(
            page.contains("max_items: 10000") && page.contains("what the main file gives"),
            "{page}"
        );
    }

    #[test]
    fn a_tenant_without_spans_has_settings_all_the_same() {
        let page = render(&report(None), false).text(None);
        assert!(page.contains("no span since the start") && page.contains("max_items: 10000"));
    }
}
