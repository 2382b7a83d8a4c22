//! The traces are paired here anew, naively, and must give the graph that is documented.

use std::collections::{BTreeMap, BTreeSet};

use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;

use super::super::services::EDGES;
use super::*;

const NOW: u64 = 1_800_000_000;

struct Reported {
    request: usize,
    service: String,
    span: Span,
}

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(NOW)
}

fn text_of(attributes: &[KeyValue], key: &str) -> Option<String> {
    let found = attributes.iter().find(|attribute| attribute.key == key)?;
    match found.value.as_ref()?.value.as_ref()? {
        Value::StringValue(text) => Some(text.clone()),
        other => panic!("{key} is no text but {other:?}"),
    }
}

fn reported(requests: &[ExportTraceServiceRequest]) -> Vec<Reported> {
    let spans = requests.iter().enumerate().flat_map(|(request, sent)| {
        assert_eq!(sent.resource_spans.len(), 1, "a request is one service's");
        let resource = &sent.resource_spans[0];
        let service = text_of(&resource.resource.as_ref().unwrap().attributes, "service.name").unwrap();
        let spans = resource.scope_spans.iter().flat_map(|scope| scope.spans.clone());
        spans.map(move |span| Reported {
            request,
            service: service.clone(),
            span,
        })
    });
    spans.collect()
}

fn is_client_side(span: &Span) -> bool {
    matches!(span.kind(), SpanKind::Client | SpanKind::Producer)
}

/// The name of the node that never reports, and the connection type, of a client half that stays alone.
fn lonely_server(span: &Span) -> Option<(String, &'static str)> {
    if text_of(&span.attributes, "db.system.name").is_some() {
        return Some((text_of(&span.attributes, "server.address")?, "database"));
    }
    Some((text_of(&span.attributes, "peer.service")?, "virtual_node"))
}

/// Client, server and connection type.
type DrawnEdge = (String, String, &'static str);

/// The spans of a trace by their ids.
type ById<'a> = BTreeMap<Vec<u8>, &'a Reported>;

fn edges_of(requests: &[ExportTraceServiceRequest]) -> Vec<DrawnEdge> {
    let reported = reported(requests);
    let by_id: ById<'_> = reported
        .iter()
        .map(|one| (one.span.span_id.clone(), one))
        .collect();
    assert_eq!(by_id.len(), reported.len(), "span ids are distinct");
    let (clients, servers): (Vec<_>, Vec<_>) = reported.iter().partition(|one| is_client_side(&one.span));
    let served = servers.into_iter().map(|server| edge_to(server, &by_id));
    let lonely = clients
        .into_iter()
        .filter_map(|client| lonely_edge(client, &by_id));
    served.chain(lonely).collect()
}

/// The edge that a server half gives with its client half, or with the user who sent the first request.
fn edge_to(server: &Reported, by_id: &ById<'_>) -> DrawnEdge {
    if server.span.parent_span_id.is_empty() {
        return ("user".to_owned(), server.service.clone(), "virtual_node");
    }
    let client = by_id
        .get(&server.span.parent_span_id)
        .expect("a server half has its client half");
    assert!(is_client_side(&client.span));
    assert_ne!(client.request, server.request);
    assert!(client.span.start_time_unix_nano <= server.span.start_time_unix_nano);
    let messaging = server.span.kind() == SpanKind::Consumer;
    assert_eq!(messaging, client.span.kind() == SpanKind::Producer);
    assert!(messaging || server.span.end_time_unix_nano <= client.span.end_time_unix_nano);
    let connection = if messaging { "messaging_system" } else { "" };
    (client.service.clone(), server.service.clone(), connection)
}

/// The edge of a client half whose server never reports.
fn lonely_edge(client: &Reported, by_id: &ById<'_>) -> Option<DrawnEdge> {
    let parent = by_id
        .get(&client.span.parent_span_id)
        .expect("a client half has its server span");
    assert_eq!(parent.service, client.service);
    let is_server = |one: &&&Reported| one.span.parent_span_id == client.span.span_id;
    let servers = by_id.values().filter(is_server).count();
    let lonely = lonely_server(&client.span);
    let expected = usize::from(lonely.is_none());
    assert_eq!(
        servers, expected,
        "a client half has its server half or names its node"
    );
    lonely.map(|(server, connection)| (client.service.clone(), server, connection))
}

fn documented() -> BTreeSet<DrawnEdge> {
    EDGES
        .iter()
        .map(|(client, server, connection)| ((*client).to_owned(), (*server).to_owned(), *connection))
        .collect()
}

#[test]
fn both_halves_of_every_call_are_there_and_give_the_documented_graph() {
    for seed in 0..20 {
        let mut shop = Shop::new(seed);
        // Ten seconds at the usual pace: virtual nodes appear ten seconds later, so all is there after twenty.
        let seen: BTreeSet<_> = (0..200).flat_map(|_| edges_of(&shop.next_trace(now()))).collect();
        assert_eq!(seen, documented(), "seed {seed}");
    }
}

#[test]
fn every_service_reports_and_nobody_else() {
    let mut shop = Shop::new(3);
    let seen: BTreeSet<_> = (0..200)
        .flat_map(|_| reported(&shop.next_trace(now())))
        .map(|one| one.service)
        .collect();
    let services: BTreeSet<_> = SERVICES.iter().map(|service| service.name.to_owned()).collect();
    assert_eq!(seen, services);
}

#[test]
fn the_seed_decides_everything() {
    let traces = |seed| {
        let mut shop = Shop::new(seed);
        (0..20).map(|_| shop.next_trace(now())).collect::<Vec<_>>()
    };
    assert_eq!(traces(7), traces(7));
    assert_ne!(traces(7), traces(8));
}

#[test]
fn a_trace_has_just_ended_and_took_no_longer_than_a_visitor_would_wait() {
    let mut shop = Shop::new(11);
    let mut roots = Vec::new();
    for _ in 0..500 {
        let reported = reported(&shop.next_trace(now()));
        assert_eq!(
            reported.iter().map(|one| one.span.end_time_unix_nano).max(),
            Some(NOW * 1_000_000_000)
        );
        assert!(
            reported
                .iter()
                .all(|one| one.span.start_time_unix_nano < one.span.end_time_unix_nano)
        );
        let root = reported
            .iter()
            .find(|one| one.span.parent_span_id.is_empty())
            .expect("a root");
        roots.push(root.span.end_time_unix_nano - root.span.start_time_unix_nano);
    }
    roots.sort_unstable();
    let milliseconds = |nanoseconds: u64| nanoseconds / 1_000_000;
    assert!(
        (10..200).contains(&milliseconds(roots[250])),
        "median {}",
        roots[250]
    );
    assert!(milliseconds(roots[499]) < 8_000, "slowest {}", roots[499]);
}

#[test]
fn some_calls_fail_and_most_do_not() {
    let mut shop = Shop::new(5);
    let spans: Vec<_> = (0..2_000)
        .flat_map(|_| reported(&shop.next_trace(now())))
        .map(|one| one.span)
        .collect();
    let failed: Vec<_> = spans
        .iter()
        .filter(|span| span.status.as_ref().is_some_and(|status| status.code == 2))
        .collect();
    assert!(
        failed.len() * 200 > spans.len() && failed.len() * 10 < spans.len(),
        "{} failed",
        failed.len()
    );
    assert!(
        failed
            .iter()
            .all(|span| text_of(&span.attributes, "error.type").is_some())
    );
    assert!(
        failed
            .iter()
            .any(|span| span.events.iter().any(|event| event.name == "exception"))
    );
}

#[test]
fn the_drawing_in_the_documentation_shows_this_graph() {
    let drawing = include_str!("../../../docs/demo.md");
    let drawn: BTreeSet<_> = drawing
        .lines()
        .filter_map(|line| {
            let (client, rest) = line.trim().split_once(" -")?;
            let server = rest.rsplit_once("> ")?.1;
            let node = |text: &str| text.split(['[', '(', '{']).next().unwrap_or(text).to_owned();
            Some((node(client), node(server)))
        })
        .collect();
    let edges: BTreeSet<_> = EDGES
        .iter()
        .map(|(client, server, _)| ((*client).to_owned(), (*server).to_owned()))
        .collect();
    assert_eq!(drawn, edges);
}
