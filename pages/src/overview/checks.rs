//! The checks: what each looks for, from where on it counts, and what to do.

mod durations;
mod tenants;

use std::time::Duration;

use spangraph_serving::receiver_metrics::RefusalReason;

pub use durations::impossible_durations;
pub use tenants::too_many_tenants;

use super::attention::Attention;
use super::situation::{Situation, TenantSituation};
use crate::links::Link;
use crate::loading::Trigger;
use crate::numbers;
use crate::outputs::report::{EndpointReport, EndpointState, share};
use crate::severity::Severity;

/// From this share of a bound on, it is nearly reached.
const NEARLY: f64 = 0.9;

/// The gate and queues swing more, and count earlier.
const NEARLY_FULL: f64 = 0.8;

/// From this share of a tenant's spans on, those outside of the slack are many.
const MANY_OUTSIDE: f64 = 0.2;

/// Below this share of halves that are paired, the graph is more guesses than facts.
const FEW_PAIRED: f64 = 0.5;

/// Shares of fewer than these say little.
const ENOUGH: u64 = 50;

/// How long a new process may go without anyone who takes its series.
const PATIENCE: Duration = Duration::from_secs(120);

/// The server takes no spans.
pub fn obstacle(situation: &Situation<'_>, found: &mut Vec<Attention>) {
    if let Some(reason) = situation.obstacle {
        found.push(Attention {
            severity: Severity::Bad,
            title: "The server takes no spans".to_owned(),
            detail: reason.to_owned(),
            remedy: "Wait until it has started, or look at the log.".to_owned(),
            page: "/status".to_owned(),
        });
    }
}

/// The configuration on disk cannot be loaded.
pub fn loading(situation: &Situation<'_>, found: &mut Vec<Attention>) {
    for (what, attempt) in situation.loading.attempts() {
        let Some(error) = &attempt.error else { continue };
        let title = match attempt.trigger {
            Trigger::OverrideFile => "The override file cannot be loaded",
            Trigger::Signal | Trigger::Request => "The configuration cannot be loaded",
        };
        found.push(Attention {
            severity: Severity::Bad,
            title: title.to_owned(),
            detail: error.clone(),
            remedy: format!("What was in force stays. Mend the file; the next {what} then succeeds."),
            page: "/config".to_owned(),
        });
    }
}

/// Requests were refused because something was full.
pub fn refused(situation: &Situation<'_>, found: &mut Vec<Attention>) {
    let refused = refused_for(situation, RefusalReason::Overloaded);
    if refused > 0 {
        found.push(Attention {
            severity: Severity::Bad,
            title: "Senders are told to come again".to_owned(),
            detail: format!(
                "{} requests were refused in the last minute because a bound was reached",
                numbers::count(refused)
            ),
            remedy: "See which actor is slow or full: more spangraph.ingest.actors or spangraph.matcher.shards when \
                     cores are idle, a larger spangraph.admission when memory allows."
                .to_owned(),
            page: "/actors".to_owned(),
        });
    }
}

/// How many requests were refused for `reason` in the last minute.
fn refused_for(situation: &Situation<'_>, reason: RefusalReason) -> u64 {
    let position = RefusalReason::ALL.iter().position(|each| *each == reason);
    situation.window.increase(|reading| {
        position
            .and_then(|position| reading.refused.get(position))
            .copied()
            .unwrap_or(0)
    })
}

/// The gate is nearly full, or was in the last minute.
pub fn gate(situation: &Situation<'_>, found: &mut Vec<Attention>) {
    let gate = &situation.actors.gate;
    let mut fullest = *gate;
    fullest.spans = gate
        .spans
        .max(situation.window.most(|reading| reading.gate.spans));
    fullest.bytes = gate
        .bytes
        .max(situation.window.most(|reading| reading.gate.bytes));
    if fullest.fill() >= NEARLY_FULL {
        found.push(Attention {
            severity: Severity::Warning,
            title: "The gate is nearly full".to_owned(),
            detail: format!("up to {} of its bounds were taken in the last minute", numbers::share(fullest.fill())),
            remedy: "When it is full, senders are told to come again. Raise spangraph.admission.max_spans or max_bytes \
                     when memory allows, or see which actor is slow."
                .to_owned(),
            page: "/actors".to_owned(),
        });
    }
}

/// An endpoint fails, lags, or its queue is nearly full.
pub fn endpoints(situation: &Situation<'_>, found: &mut Vec<Attention>) {
    for endpoint in &situation.outputs.endpoints {
        let name = format!("Endpoint {} of {}", endpoint.name, endpoint.tenant);
        let (severity, title) = match endpoint.state {
            EndpointState::Unusable => (Severity::Bad, format!("{name} cannot be used")),
            EndpointState::Failing => (Severity::Bad, format!("{name} fails")),
            EndpointState::Impaired => (
                Severity::Warning,
                format!("{name} failed in the last two minutes"),
            ),
            EndpointState::Lagging => (Severity::Warning, format!("{name} lags behind")),
            EndpointState::Idle | EndpointState::Sending if endpoint.fill() >= NEARLY_FULL => (
                Severity::Warning,
                format!("The queue of endpoint {} is nearly full", endpoint.name),
            ),
            EndpointState::Idle | EndpointState::Sending => continue,
        };
        found.push(Attention {
            severity,
            title,
            detail: endpoint_detail(endpoint),
            remedy: endpoint_remedy(endpoint),
            page: "/outputs".to_owned(),
        });
    }
}

fn endpoint_detail(endpoint: &EndpointReport) -> String {
    let queue = format!(
        "its oldest sample waits for {}, {} of the queue are taken",
        numbers::seconds(endpoint.lag_seconds),
        numbers::share(endpoint.fill())
    );
    match &endpoint.last_error {
        Some(error) if endpoint.lag_seconds <= 0.0 => error.message.clone(),
        Some(error) if endpoint.state != EndpointState::Lagging => format!("{}; {queue}", error.message),
        _ => queue,
    }
}

fn endpoint_remedy(endpoint: &EndpointReport) -> String {
    let fix = endpoint
        .last_error
        .as_ref()
        .and_then(|error| error.likely_fix.clone());
    match (endpoint.state, fix) {
        (EndpointState::Unusable, _) => "The log tells why: look for \"endpoint cannot be used\".".to_owned(),
        (EndpointState::Failing | EndpointState::Impaired, Some(fix)) => fix,
        (EndpointState::Failing | EndpointState::Impaired, None) => {
            "Look at what the endpoint says, and at its own log.".to_owned()
        }
        _ => "See why the store is slow; more queue_config.max_shards when it is far away; fewer series."
            .to_owned(),
    }
}

/// Samples were dropped before they were sent.
pub fn samples_dropped(situation: &Situation<'_>, found: &mut Vec<Attention>) {
    let dropped = situation
        .window
        .increase(|reading| reading.totals.delivery.dropped);
    if dropped > 0 {
        found.push(Attention {
            severity: Severity::Bad,
            title: "Samples are dropped".to_owned(),
            detail: format!("{} in the last minute, before they were sent", numbers::count(dropped)),
            remedy: "An endpoint is too slow or down, and its queue is full or its samples too old. Help the endpoint \
                     first; queue_config.capacity × max_shards bounds the queue."
                .to_owned(),
            page: "/outputs".to_owned(),
        });
    }
}

/// An actor cannot keep up, or does not come to the end of a message.
pub fn actors(situation: &Situation<'_>, found: &mut Vec<Attention>) {
    for actor in &situation.actors.actors {
        let (Some(what), Some(remedy)) = (&actor.conspicuous, &actor.remedy) else {
            continue;
        };
        found.push(Attention {
            severity: if actor.is_stuck() {
                Severity::Bad
            } else {
                Severity::Warning
            },
            title: format!("Actor {}: {what}", actor.name),
            detail: format!(
                "busy {} of the time, {} messages wait",
                numbers::share(actor.busy_share),
                actor.mailbox_length.unwrap_or(0)
            ),
            remedy: remedy.clone(),
            page: "/actors".to_owned(),
        });
    }
}

/// A tenant sends more than it may.
pub fn rate_limited(situation: &Situation<'_>, found: &mut Vec<Attention>) {
    for tenant in situation.tenants {
        if tenant.requests_limited == 0 {
            continue;
        }
        found.push(Attention {
            severity: Severity::Bad,
            title: format!("Tenant {} sends more than it may", tenant.id),
            detail: format!(
                "{} requests were refused in the last minute by its ingestion limit",
                numbers::count(tenant.requests_limited)
            ),
            remedy:
                "Its senders are told when to come again, unless a request is larger than the burst. Raise \
                     ingestion.rate_limit_bytes or burst_size_bytes of the tenant, or let it sample."
                    .to_owned(),
            page: Link::to("/tenants").segment(&tenant.id).to_string(),
        });
    }
}

/// A tenant's limit of series or label sets is reached, or nearly.
pub fn limits(situation: &Situation<'_>, found: &mut Vec<Attention>) {
    for tenant in situation.tenants {
        let used = share(tenant.limited, tenant.limit);
        let is_reached = tenant.updates_limited > 0;
        if !is_reached && used < NEARLY {
            continue;
        }
        let how = if is_reached { "reached" } else { "nearly reached" };
        found.push(Attention {
            severity: if is_reached { Severity::Bad } else { Severity::Warning },
            title: format!("Tenant {} has {how} {}", tenant.id, tenant.limit_setting),
            detail: format!(
                "{} of {} are taken; {} updates were turned away in the last minute",
                numbers::count(tenant.limited),
                numbers::count(tenant.limit),
                numbers::count(tenant.updates_limited)
            ),
            remedy: format!(
                "New label sets go to metric_overflow=\"true\". Raise {}, or drop the dimension with the most values.",
                tenant.limit_setting
            ),
            page: of_tenant("/cardinality", tenant),
        });
    }
}

/// A tenant's pending table is full, or nearly.
pub fn pending(situation: &Situation<'_>, found: &mut Vec<Attention>) {
    for tenant in situation.tenants {
        let is_full = tenant.halves_dropped > 0;
        if !is_full && share(tenant.pending_edges, tenant.max_items) < NEARLY {
            continue;
        }
        let how = if is_full { "full" } else { "nearly full" };
        found.push(Attention {
            severity: if is_full { Severity::Bad } else { Severity::Warning },
            title: format!("The pending table of tenant {} is {how}", tenant.id),
            detail: format!(
                "{} of {} edges wait for a half; {} halves found no room in the last minute",
                numbers::count(tenant.pending_edges),
                numbers::count(tenant.max_items),
                numbers::count(tenant.halves_dropped)
            ),
            remedy: "Raise service_graphs.max_items when memory allows, or spangraph.matcher.max_text_bytes when few edges \
                     wait with long texts; see why so many halves wait."
                .to_owned(),
            page: of_tenant("/pairing", tenant),
        });
    }
}

/// A large share of a tenant's spans comes too late or too early.
pub fn outside_slack(situation: &Situation<'_>, found: &mut Vec<Attention>) {
    for tenant in situation.tenants {
        let outside = share(tenant.spans_outside_slack, tenant.spans);
        if tenant.spans < ENOUGH || outside < MANY_OUTSIDE {
            continue;
        }
        found.push(Attention {
            severity: Severity::Bad,
            title: format!("Spans of tenant {} come outside of the slack", tenant.id),
            detail: format!(
                "{} of {} spans in the last minute were discarded",
                numbers::share(outside),
                numbers::count(tenant.spans)
            ),
            remedy: "Raise metrics_generator.metrics_ingestion_time_range_slack when senders hold spans back, as tail \
                     sampling does; else compare the clocks."
                .to_owned(),
            page: of_tenant("/pairing", tenant),
        });
    }
}

/// Few of a tenant's halves find their other half.
pub fn pairing(situation: &Situation<'_>, found: &mut Vec<Attention>) {
    for tenant in situation.tenants {
        let halves = tenant.halves_paired + tenant.halves_alone;
        let paired = share(tenant.halves_paired, halves);
        if halves < ENOUGH || paired >= FEW_PAIRED {
            continue;
        }
        found.push(Attention {
            severity: Severity::Warning,
            title: format!("Few calls of tenant {} find their other side", tenant.id),
            detail: format!(
                "{} of {} halves were paired in the last minute",
                numbers::share(paired),
                numbers::count(halves)
            ),
            remedy: "Look at the pairing page: trace context may not be propagated, a side may not be instrumented or \
                     go to another replica, or service_graphs.wait may be too short."
                .to_owned(),
            page: of_tenant("/pairing", tenant),
        });
    }
}

/// There are series, and nobody takes them.
pub fn nobody_takes(situation: &Situation<'_>, found: &mut Vec<Attention>) {
    let has_series = situation
        .window
        .last()
        .is_some_and(|reading| reading.totals.active_series > 0);
    let is_taken = !situation.outputs.endpoints.is_empty() || situation.outputs.scrapes.count > 0;
    if has_series && !is_taken && situation.uptime >= PATIENCE {
        found.push(Attention {
            severity: Severity::Warning,
            title: "Nobody takes the series".to_owned(),
            detail: "no endpoint is configured, and nobody has scraped /metrics/generated".to_owned(),
            remedy: "Name an endpoint in metrics_generator.storage.remote_write, or let a Prometheus scrape \
                     /metrics/generated."
                .to_owned(),
            page: "/outputs".to_owned(),
        });
    }
}

/// Other hosts reach a listener that asks nobody who they are.
pub fn open_listeners(situation: &Situation<'_>, found: &mut Vec<Attention>) {
    for open in situation.open_listeners {
        found.push(Attention {
            severity: Severity::Warning,
            title: format!("Everybody who reaches {} is let in", open.address),
            detail: format!(
                "the listener of {} is not on loopback, and asks neither for credentials nor for a certificate",
                open.listener
            ),
            remedy: format!(
                "Fill {}, or listen on 127.0.0.1 ({}). See docs/security.md.",
                open.remedy_key, open.address_key
            ),
            page: "/config".to_owned(),
        });
    }
}

fn of_tenant(path: &str, tenant: &TenantSituation) -> String {
    Link::to(path).with("tenant", &tenant.id).to_string()
}

#[cfg(test)]
mod tests;
