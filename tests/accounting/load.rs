//! The load of the accounting tests: eight connections whose spans meet each other's, and a model of the outcome.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use prost::Message;

use crate::harness::Server;
use crate::harness::otlp::{ALL_ACCEPTED, Answer, GrpcSender, HttpSender, Sender};
use crate::harness::spans::{SpanExt, of_resource, of_service, request, span};

/// Connections; even ones are gRPC, odd ones HTTP. Two and two send the halves of the same edges.
pub const WORKERS: u32 = 8;

/// What one request holds: client halves whose servers the partner sends, and as many the other way round.
pub const PAIRS: u32 = 200;
/// Calls of a database, edges at once.
pub const DATABASES: u32 = 20;
/// Client spans that name a peer which never reports.
pub const PEERS: u32 = 20;
/// Client spans that stay alone and name nobody.
pub const LONELY: u32 = 20;
/// Server spans without a parent.
pub const ROOTS: u32 = 20;
/// Internal spans.
pub const INTERNALS: u32 = 10;
/// Spans that ended too long ago.
pub const TOO_OLD: u32 = 5;
/// Spans of a resource without a service name.
pub const NAMELESS: u32 = 5;
/// All of them.
pub const SPANS: u32 = 2 * PAIRS + DATABASES + PEERS + LONELY + ROOTS + INTERNALS + TOO_OLD + NAMELESS;

/// How much is sent, and how eagerly.
pub struct Load {
    /// Requests of each worker.
    pub rounds: u32,
    /// A worker pauses while more requests are refused than accepted.
    pub paced: bool,
}

/// How one request was answered.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Answered {
    Accepted,
    Refused,
    RefusedWithoutHint,
}

/// The answers by worker and round.
pub struct Outcome {
    answers: Vec<Vec<Answered>>,
}

impl Load {
    /// Sends everything and gives back the answers; nothing is sent twice.
    pub fn send(&self, server: &Server) -> Outcome {
        let (accepted, refused) = (AtomicU32::new(0), AtomicU32::new(0));
        let answers = thread::scope(|scope| {
            let workers: Vec<_> = (0..WORKERS)
                .map(|worker| {
                    let counts = (&accepted, &refused);
                    scope.spawn(move || self.send_of(worker, server, counts))
                })
                .collect();
            workers
                .into_iter()
                .map(|worker| worker.join().expect("worker ends well"))
                .collect()
        });
        Outcome { answers }
    }

    fn send_of(&self, worker: u32, server: &Server, counts: (&AtomicU32, &AtomicU32)) -> Vec<Answered> {
        let (accepted, refused) = counts;
        let mut sender = connect(worker, server);
        let mut answers = Vec::new();
        for round in 0..self.rounds {
            if self.paced && refused.load(Ordering::Relaxed) > accepted.load(Ordering::Relaxed) {
                // Different pauses keep the workers from coming back all at once.
                thread::sleep(Duration::from_millis(u64::from(5 * (worker + 1))));
            }
            let answer = answered(sender.send(request_of(worker, round)));
            let count = if answer == Answered::Accepted {
                accepted
            } else {
                refused
            };
            count.fetch_add(1, Ordering::Relaxed);
            answers.push(answer);
        }
        answers
    }
}

fn connect(worker: u32, server: &Server) -> Box<dyn Sender> {
    if worker.is_multiple_of(2) {
        Box::new(GrpcSender::connect(&server.otlp_grpc()))
    } else {
        Box::new(HttpSender::new(&server.otlp_http()))
    }
}

fn answered(answer: Answer) -> Answered {
    match answer {
        ALL_ACCEPTED => Answered::Accepted,
        Answer::Overloaded {
            retry_after: Some(pause),
        } if pause > Duration::ZERO => Answered::Refused,
        Answer::Overloaded { .. } => Answered::RefusedWithoutHint,
        other => panic!("neither accepted nor overloaded: {other:?}"),
    }
}

/// The service that a worker's client spans are of.
pub fn client(worker: u32) -> String {
    format!("client-{worker}")
}

/// The service that a worker's server spans are of.
pub fn server(worker: u32) -> String {
    format!("server-{worker}")
}

/// The worker that sends the other halves.
fn partner(worker: u32) -> u32 {
    worker ^ 1
}

/// How many bytes a request has, about.
pub fn request_bytes() -> usize {
    request_of(0, 0).encoded_len()
}

/// A trace of its own for each worker, round and place in the request.
fn trace(worker: u32, round: u32, place: u32) -> u64 {
    (u64::from(worker) << 48) | (u64::from(round) << 24) | u64::from(place + 1)
}

fn request_of(worker: u32, round: u32) -> ExportTraceServiceRequest {
    let mine = |place| trace(worker, round, place);
    let theirs = |place| trace(partner(worker), round, place);
    let calls = (0..PAIRS).map(|place| span(mine(place), 1, SpanKind::Client));
    let served = (0..PAIRS).map(|place| span(theirs(place), 2, SpanKind::Server).parent(1));
    let mut next = PAIRS..;
    let mut some = |count: u32, kind: SpanKind| -> Vec<Span> {
        next.by_ref()
            .take(usize::try_from(count).unwrap())
            .map(|place| span(mine(place), 1, kind))
            .collect()
    };
    let databases = some(DATABASES, SpanKind::Client)
        .into_iter()
        .map(|span| span.attribute("db.name", "orders"));
    let peers = some(PEERS, SpanKind::Client)
        .into_iter()
        .map(|span| span.attribute("peer.service", "stripe"));
    let lonely = some(LONELY, SpanKind::Client);
    let roots = some(ROOTS, SpanKind::Server);
    let internals = some(INTERNALS, SpanKind::Internal);
    let too_old = some(TOO_OLD, SpanKind::Client)
        .into_iter()
        .map(|span| span.started(-600_000));
    let nameless = some(NAMELESS, SpanKind::Client);
    let of_client = calls
        .chain(databases)
        .chain(peers)
        .chain(lonely)
        .chain(internals)
        .chain(too_old);
    request(vec![
        of_service(&client(worker), of_client.collect()),
        of_service(&server(worker), served.chain(roots).collect()),
        of_resource(Vec::new(), nameless),
    ])
}

impl Outcome {
    fn count(&self, answer: Answered) -> u32 {
        let all = self.answers.iter().flatten().filter(|other| **other == answer);
        u32::try_from(all.count()).expect("few requests")
    }

    /// Requests that were accepted.
    pub fn accepted(&self) -> u32 {
        self.count(Answered::Accepted)
    }

    /// Requests that were refused.
    pub fn refused(&self) -> u32 {
        self.count(Answered::Refused) + self.refused_without_hint()
    }

    /// Requests that were refused and not told when to come again.
    pub fn refused_without_hint(&self) -> u32 {
        self.count(Answered::RefusedWithoutHint)
    }

    /// Requests of one worker that were accepted.
    pub fn accepted_of(&self, worker: u32) -> u32 {
        u32::try_from(self.rounds_of(worker).filter(|accepted| *accepted).count()).expect("few requests")
    }

    /// Spans that were accepted.
    pub fn accepted_spans(&self) -> f64 {
        self.per_accepted(SPANS)
    }

    /// So many for each accepted request.
    pub fn per_accepted(&self, count: u32) -> f64 {
        f64::from(self.accepted() * count)
    }

    fn rounds_of(&self, worker: u32) -> impl Iterator<Item = bool> {
        let answers = &self.answers[usize::try_from(worker).expect("few workers")];
        answers.iter().map(|answer| *answer == Answered::Accepted)
    }

    /// Edges between two services, and those to databases: a pair is one when both requests were accepted.
    pub fn edges(&self) -> BTreeMap<(String, String), f64> {
        let mut edges = BTreeMap::new();
        for worker in 0..WORKERS {
            let both = self
                .rounds_of(worker)
                .zip(self.rounds_of(partner(worker)))
                .filter(|both| *both == (true, true));
            let count = u32::try_from(both.count()).expect("few requests") * PAIRS;
            edges.insert((client(worker), server(partner(worker))), f64::from(count));
            edges.insert(
                (client(worker), "orders".to_owned()),
                f64::from(self.accepted_of(worker) * DATABASES),
            );
        }
        edges.retain(|_, count| *count > 0.0);
        edges
    }

    /// Halves that still wait when `paired` edges had both halves and no half was old enough to go.
    pub fn pending_when_nothing_expired(&self, paired: f64) -> f64 {
        self.per_accepted(2 * PAIRS + PEERS + LONELY + ROOTS) - 2.0 * paired
    }
}
