//! The model against a naive pairing of the very bytes that are sent.

use std::collections::BTreeMap;

use fastrand::Rng;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;

use super::*;
use crate::traffic::Shape;

/// Services and connection type, failed, halves.
type Edges = BTreeMap<(String, String, String), (u64, u64, u64)>;

/// A service and its span.
type Half = (String, Span);

#[derive(Default)]
struct Pending {
    client: Option<Half>,
    server: Option<Half>,
}

#[derive(Default)]
struct Naive {
    pending: BTreeMap<(Vec<u8>, Vec<u8>), Pending>,
    edges: Edges,
    expired: u64,
    spans: u64,
}

fn text<'a>(attributes: &'a [KeyValue], key: &str) -> Option<&'a str> {
    let attribute = attributes.iter().find(|attribute| attribute.key == key)?;
    match attribute.value.as_ref()?.value.as_ref()? {
        Value::StringValue(text) => Some(text),
        _ => None,
    }
}

fn failed(span: &Span) -> bool {
    span.status.as_ref().is_some_and(|status| status.code == 2)
}

fn is_client(span: &Span) -> bool {
    matches!(span.kind(), SpanKind::Client | SpanKind::Producer)
}

impl Naive {
    fn count(&mut self, client: &str, server: &str, connection: &str, failed: bool) {
        let key = (client.to_owned(), server.to_owned(), connection.to_owned());
        let entry = self.edges.entry(key).or_default();
        entry.0 += 1;
        entry.1 += u64::from(failed);
    }

    fn receive(&mut self, request: &[u8]) {
        let request = ExportTraceServiceRequest::decode(request).unwrap();
        for group in request.resource_spans {
            let resource = group.resource.unwrap();
            let service = text(&resource.attributes, "service.name").unwrap().to_owned();
            for span in group.scope_spans.into_iter().flat_map(|scope| scope.spans) {
                self.spans += 1;
                self.receive_span(&service, span);
            }
        }
    }

    fn receive_span(&mut self, service: &str, span: Span) {
        match span.kind() {
            SpanKind::Internal => {}
            _ if is_client(&span) && text(&span.attributes, "db.namespace").is_some() => {
                let database = text(&span.attributes, "server.address").unwrap();
                self.count(service, database, "database", failed(&span));
            }
            _ => self.pair(service, span),
        }
    }

    fn pair(&mut self, service: &str, span: Span) {
        let is_client = is_client(&span);
        let id = if is_client {
            &span.span_id
        } else {
            &span.parent_span_id
        };
        let key = (span.trace_id.clone(), id.clone());
        let mut pending = self.pending.remove(&key).unwrap_or_default();
        let side = if is_client {
            &mut pending.client
        } else {
            &mut pending.server
        };
        *side = Some((service.to_owned(), span));
        match (&pending.client, &pending.server) {
            (Some(client), Some(server)) => self.count_pair(client, server),
            _ => drop(self.pending.insert(key, pending)),
        }
    }

    fn count_pair(&mut self, client: &Half, server: &Half) {
        let messaging = client.1.kind() == SpanKind::Producer || server.1.kind() == SpanKind::Consumer;
        let connection = if messaging { "messaging_system" } else { "" };
        let failed = failed(&client.1) || failed(&server.1);
        self.count(&client.0, &server.0, connection, failed);
    }

    fn expire_all(&mut self) {
        for ((_, id), pending) in std::mem::take(&mut self.pending) {
            match (pending.client, pending.server) {
                (Some((service, span)), None) => match text(&span.attributes, "peer.service") {
                    Some(peer) => self.count(&service, peer, "virtual_node", failed(&span)),
                    None => self.expired += 1,
                },
                (None, Some((service, span))) if id.is_empty() => {
                    self.count("user", &service, "virtual_node", failed(&span));
                }
                _ => self.expired += 1,
            }
        }
    }
}

fn check(shape: &Shape, refused_share: f64) {
    let round = Round::new(shape).unwrap();
    let mut rng = Rng::with_seed(11);
    let mut answers = RoundAnswers::none(&round);
    let mut naive = Naive::default();
    let mut phase = 0;
    for (position, delivery) in round.deliveries().iter().enumerate() {
        if delivery.delays != phase {
            naive.expire_all();
            phase = delivery.delays;
        }
        if rng.f64() >= refused_share {
            answers.accept(position);
            naive.receive(round.template(delivery.request).unwrap().bytes());
        }
    }
    naive.expire_all();
    let expected = Expected::of(&round, [&answers]);
    let edges: Edges = expected
        .edges
        .iter()
        .map(|(key, sums)| {
            let key = (
                key.client.clone(),
                key.server.clone(),
                key.connection_type.clone(),
            );
            (key, (sums.calls, sums.failed, 0))
        })
        .collect();
    assert_eq!(edges, naive.edges);
    assert_eq!((expected.expired(), expected.spans), (naive.expired, naive.spans));
    let kinds: u64 = expected.by_kind.values().sum();
    let sets: u64 = expected.span_sets.values().map(|sums| sums.calls).sum();
    assert_eq!((kinds, sets), (naive.spans, naive.spans));
}

fn troubled() -> Shape {
    Shape {
        services: 12,
        errors: 0.1,
        missing: 0.1,
        late: 0.1,
        duplicates: 0.3,
        ..Shape::default()
    }
}

#[test]
fn the_model_agrees_with_pairing_the_bytes_when_all_is_well() {
    check(
        &Shape {
            missing: 0.0,
            ..Shape::default()
        },
        0.0,
    );
}

#[test]
fn the_model_agrees_when_halves_are_missing_late_and_sent_twice() {
    check(&troubled(), 0.0);
}

#[test]
fn the_model_agrees_when_requests_were_refused() {
    for seed in 0..5 {
        check(&Shape { seed, ..troubled() }, 0.3);
    }
}

#[test]
fn many_complete_rounds_count_as_many_times_one() {
    let round = Round::new(&troubled()).unwrap();
    let all = RoundAnswers::all(&round);
    let one = Expected::of(&round, [&all]);
    let three = Expected::of(&round, [&all, &all, &all]);
    assert_eq!(
        (three.spans, three.paired_halves),
        (3 * one.spans, 3 * one.paired_halves)
    );
    for (key, sums) in &one.edges {
        let tripled = &three.edges[key];
        assert_eq!(
            (tripled.calls, tripled.server.buckets),
            (3 * sums.calls, sums.server.buckets.map(|count| 3 * count))
        );
    }
}

#[test]
fn halves_and_internal_spans_are_all_spans() {
    let round = Round::new(&troubled()).unwrap();
    let expected = Expected::of(&round, [&RoundAnswers::all(&round)]);
    let halves = expected.paired_halves + expected.virtual_halves + expected.expired();
    assert_eq!(halves + expected.by_kind["SPAN_KIND_INTERNAL"], expected.spans);
}
