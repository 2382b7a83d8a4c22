//! The checks on where the series go.

use std::time::Duration;

use super::thresholds::NEARLY_FULL;
use crate::numbers;
use crate::outputs::report::{EndpointReport, EndpointState};
use crate::overview::attention::Attention;
use crate::overview::situation::Situation;
use crate::severity::Severity;

/// How long a new process may go without anyone who takes its series.
const PATIENCE: Duration = Duration::from_secs(120);

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
