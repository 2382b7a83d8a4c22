//! Halves whose other side does not come: context that is lost, services that do not report, traces that are split.

use spangraph_actors::matcher::FateCounts;

use super::{Finding, FindingKind, LEAST_EVIDENCE, Recent, listed, part_of, share};
use crate::numbers;
use crate::severity::Severity;

/// From this share on a side counts as alone.
const MOSTLY: f64 = 0.5;

/// A service most of whose halves stay alone.
struct Lonely<'s> {
    service: &'s str,
    alone: u64,
    settled: u64,
}

/// At most one picture of lost context or split traces; else those of single services.
pub(super) fn diagnose(recent: &Recent<'_>) -> Vec<Finding> {
    if let Some(finding) = context_not_propagated(recent) {
        return vec![finding];
    }
    if late_halves_explain_it(recent) {
        return Vec::new();
    }
    if let Some(finding) = traces_split(recent) {
        return vec![finding];
    }
    callee_missing(recent)
        .into_iter()
        .chain(caller_missing(recent))
        .collect()
}

/// Servers begin traces, and next to no edge has both halves.
fn context_not_propagated(recent: &Recent<'_>) -> Option<Finding> {
    let root_halves = recent.total.server.virtual_node;
    if root_halves < LEAST_EVIDENCE || share(recent.met, recent.met + root_halves) > 0.02 {
        return None;
    }
    let roots = recent.services(|counts| &counts.server);
    let roots = roots.filter(|(_, server)| server.virtual_node >= LEAST_EVIDENCE);
    let roots: Vec<_> = roots.map(|(service, _)| service).collect();
    let (severity, calls) = unanswered_calls(recent, &roots)?;
    Some(Finding {
        severity,
        kind: FindingKind::ContextNotPropagated,
        title: "All edges come from user: trace context is not propagated".to_owned(),
        seen: format!(
            "{} calls of {} came without a caller, {} edges have both halves, and {calls}.",
            numbers::count(root_halves),
            listed(&roots),
            numbers::count(recent.met),
        ),
        cause: "Callers do not send the traceparent header, or a proxy, gateway or queue between them drops it; so \
                each service begins a trace of its own."
            .to_owned(),
        remedy: "Instrument outgoing calls, let both sides use the same propagator (OTEL_PROPAGATORS=tracecontext), \
                 and let proxies pass traceparent and tracestate on."
            .to_owned(),
    })
}

/// What speaks for calls between services: calls of one that is not itself the only root; or, weaker, that there
/// are several roots and no calls at all.
fn unanswered_calls(recent: &Recent<'_>, roots: &[&str]) -> Option<(Severity, String)> {
    let calls_others = |service: &str| roots.iter().any(|root| *root != service);
    let caller = recent
        .services(|counts| &counts.client)
        .map(|(service, client)| (service, client.expired + client.virtual_node))
        .filter(|(service, alone)| {
            *alone >= LEAST_EVIDENCE.max(recent.met.saturating_mul(2)) && calls_others(service)
        })
        .max_by_key(|(_, alone)| *alone);
    match caller {
        Some((service, alone)) => Some((
            Severity::Bad,
            format!("{} calls of {service} met no server", numbers::count(alone)),
        )),
        None if roots.len() > 1 && recent.met == 0 => {
            Some((Severity::Warning, "no calls between services are seen".to_owned()))
        }
        None => None,
    }
}

/// Both sides are alone about as often, and others meet: the spans of one trace do not all come here.
fn traces_split(recent: &Recent<'_>) -> Option<Finding> {
    let (clients, servers) = (recent.total.client.expired, recent.total.server.expired);
    let alike = clients <= servers.saturating_mul(2) && servers <= clients.saturating_mul(2);
    let alone = share(clients, recent.met + clients);
    let enough = clients.min(servers).min(recent.met) >= LEAST_EVIDENCE;
    (enough && alike && (0.1..0.95).contains(&alone)).then(|| Finding {
        severity: Severity::Bad,
        kind: FindingKind::TracesSplit,
        title: "Only a part of the halves meet: spans of one trace go to several replicas".to_owned(),
        seen: format!(
            "{} client halves and {} server halves expired alone, while {} edges have both.",
            numbers::count(clients),
            numbers::count(servers),
            numbers::count(recent.met),
        ),
        cause: "Several replicas share the spans without regard to their trace, or each half is sampled by itself."
            .to_owned(),
        remedy: "Send all spans of a trace to the same replica: a Collector's loadbalancing exporter with \
                 routing_key: traceID in front; and sample by trace, not by span."
            .to_owned(),
    })
}

fn callee_missing(recent: &Recent<'_>) -> Option<Finding> {
    let lonely = lonely(recent.services(|counts| &counts.client));
    let first = lonely.first()?;
    Some(Finding {
        severity: Severity::Warning,
        kind: FindingKind::CalleeMissing,
        title: format!("Client halves of {} never meet a server", names(&lonely)),
        seen: seen(&lonely, "client halves"),
        cause: format!(
            "What {} calls is not instrumented, or its spans go to another replica.",
            first.service
        ),
        remedy: "Instrument the called service, or send its spans here too (by trace id when there are several \
                 replicas). If it can never be instrumented, set peer.service or another of \
                 metrics_generator.processor.service_graphs.peer_attributes on the client span, and it appears as a \
                 virtual node."
            .to_owned(),
    })
}

fn caller_missing(recent: &Recent<'_>) -> Option<Finding> {
    let lonely = lonely(recent.services(|counts| &counts.server));
    let first = lonely.first()?;
    Some(Finding {
        severity: Severity::Warning,
        kind: FindingKind::CallerMissing,
        title: format!("Server halves of {} expire without a client", names(&lonely)),
        seen: seen(&lonely, "server halves"),
        cause: format!(
            "Something passes trace context to {} but sends no client span: a proxy or a caller without client \
             instrumentation, or its spans go to another replica or are sampled away.",
            first.service
        ),
        remedy: "Switch on client spans in the callers, send the spans of proxies and gateways here too, and sample \
                 by trace."
            .to_owned(),
    })
}

/// Late halves have a picture of their own, with a better remedy.
fn late_halves_explain_it(recent: &Recent<'_>) -> bool {
    let given_up =
        recent.total.client.expired + recent.total.client.virtual_node + recent.total.server.expired;
    recent.late >= LEAST_EVIDENCE && recent.late.saturating_mul(4) >= given_up
}

/// The services most of whose halves expired, the one with most of them first.
fn lonely<'s>(services: impl Iterator<Item = (&'s str, &'s FateCounts)>) -> Vec<Lonely<'s>> {
    let lonely = services.map(|(service, counts)| Lonely {
        service,
        alone: counts.expired,
        settled: counts.settled(),
    });
    let mut lonely: Vec<_> = lonely
        .filter(|each| each.alone >= LEAST_EVIDENCE && share(each.alone, each.settled) >= MOSTLY)
        .collect();
    lonely.sort_by_key(|each| std::cmp::Reverse(each.alone));
    lonely
}

fn names(lonely: &[Lonely<'_>]) -> String {
    listed(&lonely.iter().map(|each| each.service).collect::<Vec<_>>())
}

fn seen(lonely: &[Lonely<'_>], halves: &str) -> String {
    let each = |lonely: &Lonely<'_>| {
        format!(
            "{}: {} {halves} expired",
            lonely.service,
            part_of(lonely.alone, lonely.settled)
        )
    };
    let shown: Vec<_> = lonely.iter().take(3).map(each).collect();
    format!("{}.", shown.join("; "))
}
