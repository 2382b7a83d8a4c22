//! One trace through the mesh: its spans, and the calls that service graphs are to find in it.

use fastrand::Rng;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link, SpanKind};
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{Span, Status};

use super::attributes::{fill_up, text};
use super::conventions::{self, EXCEPTION};
use super::mesh::{Endpoint, Mesh, Service, pick};
use super::shape::Shape;

/// W3C's sampled flag, and OTLP's mark that it is known whether the parent is remote.
const SAMPLED: u32 = 0x101;
/// OTLP's mark that the parent is remote.
const REMOTE: u32 = 0x200;
/// Spans of a trace.
const SPANS: std::ops::RangeInclusive<usize> = 5..=60;
/// The most steps that a service takes before it answers; the first one takes as many as the trace has room for.
const STEPS: usize = 4;
/// Bytes of a span in its request that are not its own: tag, length, and its share of the resource.
const OVERHEAD_BYTES: usize = 6;

/// One trace; times are nanoseconds before (below zero) the moment at which all of it is over.
#[derive(Debug, Default)]
pub(super) struct Story {
    pub(super) spans: Vec<StorySpan>,
    pub(super) calls: Vec<StoryCall>,
}

/// A span and the position of its service in the mesh.
#[derive(Debug)]
pub(super) struct StorySpan {
    pub(super) service: usize,
    pub(super) span: Span,
}

/// A call; its sides are positions in the story's spans.
#[derive(Debug)]
pub(super) struct StoryCall {
    pub(super) client: Option<usize>,
    pub(super) server: Option<usize>,
    /// What the client's span calls the other side, for databases and companies outside.
    pub(super) named: Option<String>,
    pub(super) kind: CallKind,
}

/// What connects the sides of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CallKind {
    Request,
    Message,
    Database,
    Company,
}

/// Where a span begins.
struct Opening {
    service: usize,
    kind: SpanKind,
    name: String,
    parent: Option<usize>,
    start: i64,
}

/// What a service does next: under which span, from when on.
#[derive(Clone, Copy)]
struct Step {
    service: usize,
    parent: usize,
    start: i64,
}

/// What a call of something that sends no spans says.
struct Outside {
    name: String,
    attributes: Vec<KeyValue>,
    failed: bool,
    named: String,
    kind: CallKind,
}

/// How a span ended.
struct Ended {
    span: usize,
    at: i64,
    failed: bool,
}

/// Makes a story up as it goes along.
struct Teller<'m> {
    mesh: &'m Mesh,
    shape: &'m Shape,
    rng: &'m mut Rng,
    trace_id: [u8; 16],
    room: usize,
    story: Story,
}

impl Story {
    /// A trace that enters `mesh` at one of its first services.
    pub(super) fn tell(mesh: &Mesh, shape: &Shape, rng: &mut Rng) -> Self {
        let mut teller = Teller {
            mesh,
            shape,
            trace_id: rng.u128(1..).to_be_bytes(),
            room: rng.usize(SPANS),
            rng,
            story: Self::default(),
        };
        let entry = teller.rng.usize(..mesh.entries());
        if let Some(root) = teller.serve(entry, None, 0) {
            teller.story.calls.push(StoryCall {
                client: None,
                server: Some(root.span),
                named: None,
                kind: CallKind::Request,
            });
        }
        let rest = teller.rng.i64(0..100_000_000);
        teller.story.end_before_zero(rest);
        teller.story
    }

    fn end_before_zero(&mut self, rest: i64) {
        let ends = self
            .spans
            .iter()
            .map(|each| each.span.end_time_unix_nano.cast_signed());
        let end = ends.max().unwrap_or_default() + rest;
        let earlier = |time: &mut u64| *time = time.wrapping_sub(end.cast_unsigned());
        for StorySpan { span, .. } in &mut self.spans {
            earlier(&mut span.start_time_unix_nano);
            earlier(&mut span.end_time_unix_nano);
            span.events
                .iter_mut()
                .for_each(|event| earlier(&mut event.time_unix_nano));
        }
    }
}

impl<'m> Teller<'m> {
    /// A service takes a request, does some steps, and answers.
    fn serve(&mut self, service: usize, caller: Option<usize>, start: i64) -> Option<Ended> {
        let callee = self.service(service)?;
        let endpoint = pick(&callee.endpoints, self.rng)?;
        self.answer(service, endpoint, caller, start)
    }

    fn answer(
        &mut self,
        service: usize,
        endpoint: &'m Endpoint,
        caller: Option<usize>,
        start: i64,
    ) -> Option<Ended> {
        let callee = self.service(service)?;
        let span = self.open(Opening {
            service,
            kind: SpanKind::Server,
            name: conventions::span_name(endpoint),
            parent: caller,
            start,
        });
        let steps = if caller.is_some() {
            self.rng.usize(..=STEPS)
        } else {
            usize::MAX
        };
        let at = self.take_steps(service, span, start, steps) + self.pause(2_000);
        let failed = self.fails();
        let attributes = conventions::server(endpoint, callee, failed, self.rng);
        Some(self.close(Ended { span, at, failed }, attributes))
    }

    fn take_steps(&mut self, service: usize, parent: usize, start: i64, most: usize) -> i64 {
        let mut at = start + self.pause(1_000);
        let mut taken = 0;
        while taken < most && self.room > 0 {
            at = self.step(Step {
                service,
                parent,
                start: at,
            }) + self.pause(500);
            taken += 1;
        }
        at
    }

    /// What a service does next, and when it is done; what it cannot do becomes work of its own.
    fn step(&mut self, step: Step) -> i64 {
        let done = match self.rng.u8(..100) {
            0..25 => None,
            25..45 => self.query(step),
            45..80 => self.call(step),
            80..92 => self.publish(step),
            _ => self.call_company(step),
        };
        done.or_else(|| self.work(step)).unwrap_or(step.start)
    }

    fn call(&mut self, step: Step) -> Option<i64> {
        let callee_position =
            *pick(&self.service(step.service)?.callees, self.rng).filter(|_| self.room > 1)?;
        let callee = self.service(callee_position)?;
        let endpoint = pick(&callee.endpoints, self.rng)?;
        let span = self.open_step(step, SpanKind::Client, conventions::span_name(endpoint));
        let sent = step.start + self.pause(300);
        let served = self.answer(callee_position, endpoint, Some(span), sent)?;
        let attributes = conventions::client(endpoint, callee, served.failed, self.rng);
        let ended = Ended {
            span,
            at: served.at + self.pause(300),
            failed: served.failed,
        };
        self.record(span, Some(served.span), None, CallKind::Request);
        Some(self.close(ended, attributes).at)
    }

    fn query(&mut self, step: Step) -> Option<i64> {
        let caller = self.service(step.service)?;
        let database = caller.database.as_ref()?;
        let failed = self.fails();
        let outside = Outside {
            name: format!("SELECT {}", caller.domain),
            attributes: conventions::query(database, caller.domain, failed),
            failed,
            named: database.address.clone(),
            kind: CallKind::Database,
        };
        Some(self.call_outside(step, outside))
    }

    fn call_company(&mut self, step: Step) -> Option<i64> {
        let company = self.service(step.service)?.company?;
        let failed = self.fails();
        let outside = Outside {
            name: "POST".to_owned(),
            attributes: conventions::company(company, failed),
            failed,
            named: company.to_owned(),
            kind: CallKind::Company,
        };
        Some(self.call_outside(step, outside))
    }

    /// A call of something that sends no spans.
    fn call_outside(&mut self, step: Step, outside: Outside) -> i64 {
        let span = self.open_step(step, SpanKind::Client, outside.name);
        let at = step.start + self.pause(8_000);
        self.record(span, None, Some(outside.named), outside.kind);
        let failed = outside.failed;
        self.close(Ended { span, at, failed }, outside.attributes).at
    }

    /// A message to a topic; the one who reads it does so later, and nobody waits.
    fn publish(&mut self, step: Step) -> Option<i64> {
        let (topic, reader) = self
            .service(step.service)?
            .topic
            .as_ref()
            .filter(|_| self.room > 1)?;
        let producer = self.open_step(step, SpanKind::Producer, format!("send {topic}"));
        let sent = step.start + self.pause(1_000);
        let read_at = sent + self.pause(20_000);
        let consumer = self.open(Opening {
            service: *reader,
            kind: SpanKind::Consumer,
            name: format!("process {topic}"),
            parent: Some(producer),
            start: read_at,
        });
        let failed = self.fails();
        let steps = self.rng.usize(..=STEPS);
        let processed = self.take_steps(*reader, consumer, read_at, steps);
        let ended = Ended {
            span: consumer,
            at: processed,
            failed,
        };
        self.close(ended, conventions::message(topic, "process", failed));
        self.record(producer, Some(consumer), None, CallKind::Message);
        let ended = Ended {
            span: producer,
            at: sent,
            failed: false,
        };
        Some(self.close(ended, conventions::message(topic, "send", false)).at)
    }

    fn work(&mut self, step: Step) -> Option<i64> {
        const FUNCTIONS: [&str; 4] = ["validate", "render", "authorize", "calculateTotals"];
        let function = *pick(&FUNCTIONS, self.rng)?;
        let span = self.open_step(step, SpanKind::Internal, function.to_owned());
        let attributes = conventions::internal(self.service(step.service)?, function);
        let at = step.start + self.pause(1_500);
        Some(
            self.close(
                Ended {
                    span,
                    at,
                    failed: false,
                },
                attributes,
            )
            .at,
        )
    }

    fn record(&mut self, client: usize, server: Option<usize>, named: Option<String>, kind: CallKind) {
        self.story.calls.push(StoryCall {
            client: Some(client),
            server,
            named,
            kind,
        });
    }

    fn open_step(&mut self, step: Step, kind: SpanKind, name: String) -> usize {
        self.open(Opening {
            service: step.service,
            kind,
            name,
            parent: Some(step.parent),
            start: step.start,
        })
    }

    fn open(&mut self, opening: Opening) -> usize {
        self.room = self.room.saturating_sub(1);
        let parent = opening.parent.and_then(|position| self.story.spans.get(position));
        let parent_span_id = parent
            .map(|parent| parent.span.span_id.clone())
            .unwrap_or_default();
        let receives = matches!(opening.kind, SpanKind::Server | SpanKind::Consumer);
        let is_remote = receives && !parent_span_id.is_empty();
        let links = (opening.kind == SpanKind::Consumer).then(|| self.link(&parent_span_id));
        let span = Span {
            trace_id: self.trace_id.to_vec(),
            span_id: self.rng.u64(1..).to_be_bytes().to_vec(),
            parent_span_id,
            flags: if is_remote { SAMPLED | REMOTE } else { SAMPLED },
            name: opening.name,
            kind: opening.kind.into(),
            start_time_unix_nano: opening.start.cast_unsigned(),
            links: links.into_iter().collect(),
            ..Span::default()
        };
        self.story.spans.push(StorySpan {
            service: opening.service,
            span,
        });
        self.story.spans.len() - 1
    }

    fn close(&mut self, ended: Ended, attributes: Vec<KeyValue>) -> Ended {
        let goal = self.shape.span_bytes as usize * self.rng.usize(80..=120) / 100 - OVERHEAD_BYTES;
        let Some(StorySpan { service, span }) = self.story.spans.get_mut(ended.span) else {
            return ended;
        };
        span.attributes = attributes;
        let start = span.start_time_unix_nano.cast_signed();
        let end = ended.at.max(start + 1_000);
        span.end_time_unix_nano = end.cast_unsigned();
        if ended.failed {
            span.status = Some(Status {
                code: StatusCode::Error.into(),
                ..Status::default()
            });
            span.events.extend(exception(span.kind(), end));
        }
        if let Some(service) = self.mesh.services.get(*service) {
            let optional = conventions::optional(span.kind(), service, self.rng);
            fill_up(span, goal, optional, self.rng);
        }
        ended
    }

    /// Consumers point at the message's producer by a link as well.
    fn link(&self, producer: &[u8]) -> Link {
        Link {
            trace_id: self.trace_id.to_vec(),
            span_id: producer.to_vec(),
            flags: SAMPLED | REMOTE,
            ..Link::default()
        }
    }

    fn service(&self, position: usize) -> Option<&'m Service> {
        self.mesh.services.get(position)
    }

    fn fails(&mut self) -> bool {
        self.rng.f64() < self.shape.errors
    }

    /// Nanoseconds around `microseconds`; one in a hundred is far longer.
    fn pause(&mut self, microseconds: i64) -> i64 {
        let pause = self.rng.i64(0..=2_000 * microseconds);
        if self.rng.u8(..100) == 0 {
            40 * pause
        } else {
            pause
        }
    }
}

/// Only where a failure arose does the SDK record what it was.
fn exception(kind: SpanKind, end: i64) -> Option<Event> {
    matches!(kind, SpanKind::Server | SpanKind::Consumer).then(|| Event {
        time_unix_nano: end.cast_unsigned(),
        name: "exception".to_owned(),
        attributes: vec![
            text("exception.type", EXCEPTION),
            text(
                "exception.message",
                "upstream connect error or disconnect before headers",
            ),
        ],
        dropped_attributes_count: 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stories(count: usize) -> (Mesh, Vec<Story>) {
        let mut rng = Rng::with_seed(3);
        let mesh = Mesh::new(20, &mut rng);
        let shape = Shape::default();
        let stories = (0..count).map(|_| Story::tell(&mesh, &shape, &mut rng)).collect();
        (mesh, stories)
    }

    #[test]
    fn traces_have_five_to_sixty_spans_of_every_kind() {
        let (_, stories) = stories(200);
        let lengths: Vec<_> = stories.iter().map(|story| story.spans.len()).collect();
        assert!(lengths.iter().all(|length| SPANS.contains(length)), "{lengths:?}");
        let kinds: std::collections::BTreeSet<_> = stories
            .iter()
            .flat_map(|story| &story.spans)
            .map(|each| each.span.kind)
            .collect();
        assert_eq!(kinds.len(), 5, "{kinds:?}");
    }

    #[test]
    fn a_trace_is_over_before_zero_and_no_span_ends_before_it_starts() {
        let (_, stories) = stories(200);
        for StorySpan { span, .. } in stories.iter().flat_map(|story| &story.spans) {
            let (start, end) = (
                span.start_time_unix_nano.cast_signed(),
                span.end_time_unix_nano.cast_signed(),
            );
            assert!(
                start < end && end <= 0 && start > -20_000_000_000,
                "{start} to {end}"
            );
        }
    }

    #[test]
    fn the_two_sides_of_a_call_are_of_different_services_and_of_one_trace() {
        let (_, stories) = stories(200);
        let mut checked = 0;
        for story in &stories {
            for call in &story.calls {
                let (Some(client), Some(server)) = (call.client, call.server) else {
                    continue;
                };
                let (client, server) = (&story.spans[client], &story.spans[server]);
                assert_ne!(client.service, server.service);
                assert_eq!(client.span.span_id, server.span.parent_span_id);
                assert_eq!(client.span.trace_id, server.span.trace_id);
                checked += 1;
            }
        }
        assert!(checked > 500, "{checked}");
    }

    #[test]
    fn every_span_that_takes_part_in_a_call_is_in_exactly_one() {
        let (_, stories) = stories(200);
        for story in &stories {
            let mut sides: Vec<_> = story
                .calls
                .iter()
                .flat_map(|call| [call.client, call.server])
                .flatten()
                .collect();
            sides.sort_unstable();
            let internal = SpanKind::Internal as i32;
            let expected: Vec<_> = (0..story.spans.len())
                .filter(|span| story.spans[*span].span.kind != internal)
                .collect();
            assert_eq!(sides, expected);
        }
    }
}
