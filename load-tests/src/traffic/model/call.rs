//! One call of the traffic, and what comes of it by which of its halves were accepted.

use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;

use super::sums::{EdgeKey, EdgeSums, Latencies, seconds};
use crate::traffic::mesh::Mesh;
use crate::traffic::round::Acceptance;
use crate::traffic::story::{CallKind, Story, StoryCall};

/// What the caller of a root is called.
const UNKNOWN_CLIENT: &str = "user";

/// A call; halves that are never sent are absent.
#[derive(Debug)]
pub(in crate::traffic) struct Call {
    pub(in crate::traffic) client: Option<Half>,
    pub(in crate::traffic) server: Option<Half>,
    kind: CallKind,
    is_root: bool,
    /// The caller, as its own resource names it.
    client_name: String,
    /// The called side, as its own resource or the caller's span names it.
    server_name: String,
}

/// One side of a call.
#[derive(Clone, Copy, Debug)]
pub(in crate::traffic) struct Half {
    /// The position of its request in the round.
    pub(in crate::traffic) request: usize,
    kind: SpanKind,
    failed: bool,
    seconds: f64,
}

/// What comes of a call.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Outcome {
    /// An edge.
    Edge(Box<NewEdge>),
    /// A half of this kind waited in vain.
    Expired(SpanKind),
}

/// One edge.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct NewEdge {
    pub(super) key: EdgeKey,
    pub(super) sums: EdgeSums,
    /// How many halves it is made of.
    pub(super) halves: u64,
}

/// Whether a request was accepted, and whether it was sent late.
pub(super) struct Arrival {
    pub(super) acceptance: Acceptance,
    pub(super) is_late: bool,
}

impl Half {
    /// The half that `span` is.
    pub(in crate::traffic) fn of(span: &Span, request: usize) -> Self {
        Self {
            request,
            kind: span.kind(),
            failed: span
                .status
                .as_ref()
                .is_some_and(|status| status.code() == StatusCode::Error),
            seconds: seconds(span),
        }
    }
}

impl Call {
    /// A call of `story`, whose halves are in no request yet.
    pub(in crate::traffic) fn new(call: &StoryCall, story: &Story, mesh: &Mesh) -> Self {
        let service = |span: Option<usize>| {
            let span = span.and_then(|span| story.spans.get(span));
            let service = span.and_then(|span| mesh.services.get(span.service));
            service.map(|service| service.name.clone())
        };
        Self {
            client: None,
            server: None,
            kind: call.kind,
            is_root: call.client.is_none(),
            client_name: service(call.client).unwrap_or_else(|| UNKNOWN_CLIENT.to_owned()),
            server_name: service(call.server)
                .or_else(|| call.named.clone())
                .unwrap_or_default(),
        }
    }

    /// What comes of it. A late half comes when the other one has been given up, a duplicate when all is over.
    pub(super) fn outcomes(&self, arrival: impl Fn(usize) -> Arrival) -> Vec<Outcome> {
        let arrived = |half: &Option<Half>| half.map(|half| (half, arrival(half.request)));
        let (client, server) = (arrived(&self.client), arrived(&self.server));
        let is_late = [&client, &server]
            .into_iter()
            .flatten()
            .any(|(_, arrival)| arrival.is_late);
        let first = |side: &Option<(Half, Arrival)>| {
            side.as_ref()
                .and_then(|(half, arrival)| arrival.acceptance.first.then_some(*half))
        };
        let again = |side: &Option<(Half, Arrival)>| {
            side.as_ref()
                .and_then(|(half, arrival)| arrival.acceptance.again.then_some(*half))
        };
        let mut outcomes = if is_late {
            vec![self.of(first(&client), None), self.of(None, first(&server))]
        } else {
            vec![self.of(first(&client), first(&server))]
        };
        // The duplicates of two halves come at about the same time, and meet.
        outcomes.push(self.of(again(&client), again(&server)));
        outcomes.into_iter().flatten().collect()
    }

    fn of(&self, client: Option<Half>, server: Option<Half>) -> Option<Outcome> {
        Some(match (client, server) {
            (None, None) => return None,
            (Some(client), None) if self.kind == CallKind::Database => {
                self.edge("database", Some(client), Some(client), 1)
            }
            (Some(client), Some(server)) => {
                let connection = if self.kind == CallKind::Message {
                    "messaging_system"
                } else {
                    ""
                };
                self.edge(connection, Some(client), Some(server), 2)
            }
            (Some(client), None) if self.kind == CallKind::Company => {
                self.edge("virtual_node", Some(client), None, 1)
            }
            (None, Some(server)) if self.is_root => self.edge("virtual_node", None, Some(server), 1),
            (Some(half), None) | (None, Some(half)) => Outcome::Expired(half.kind),
        })
    }

    fn edge(
        &self,
        connection_type: &str,
        client: Option<Half>,
        server: Option<Half>,
        halves: u64,
    ) -> Outcome {
        let key = EdgeKey {
            client: self.client_name.clone(),
            server: self.server_name.clone(),
            connection_type: connection_type.to_owned(),
        };
        let failed = [client, server].into_iter().flatten().any(|half| half.failed);
        let latencies = |half: Option<Half>| Latencies::of(half.map_or(0.0, |half| half.seconds));
        let sums = EdgeSums {
            calls: 1,
            failed: u64::from(failed),
            client: latencies(client),
            server: latencies(server),
        };
        Outcome::Edge(Box::new(NewEdge { key, sums, halves }))
    }
}
