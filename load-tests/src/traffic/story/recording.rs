//! Writes down the spans and calls of a trace as they happen.

use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link, SpanKind};
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{Span, Status};

use super::{CallKind, StoryCall, StorySpan, Teller};
use crate::traffic::attributes::{fill_up, text};
use crate::traffic::conventions::{self, EXCEPTION};
use crate::traffic::service::Service;

/// W3C's sampled flag, and OTLP's mark that it is known whether the parent is remote.
const SAMPLED: u32 = 0x101;
/// OTLP's mark that the parent is remote.
const REMOTE: u32 = 0x200;
/// Bytes of a span in its request that are not its own: tag, length, and its share of the resource.
const OVERHEAD_BYTES: usize = 6;

/// Where a span begins.
pub(super) struct Opening {
    pub(super) service: usize,
    pub(super) kind: SpanKind,
    pub(super) name: String,
    pub(super) parent: Option<usize>,
    pub(super) start: i64,
}

/// What a service does next: under which span, from when on.
#[derive(Clone, Copy)]
pub(super) struct Step {
    pub(super) service: usize,
    pub(super) parent: usize,
    pub(super) start: i64,
}

/// How a span ended.
pub(super) struct Ended {
    pub(super) span: usize,
    pub(super) at: i64,
    pub(super) failed: bool,
}

impl<'m> Teller<'m> {
    pub(super) fn record(
        &mut self,
        client: usize,
        server: Option<usize>,
        named: Option<String>,
        kind: CallKind,
    ) {
        self.story.calls.push(StoryCall {
            client: Some(client),
            server,
            named,
            kind,
        });
    }

    pub(super) fn open_step(&mut self, step: Step, kind: SpanKind, name: String) -> usize {
        self.open(Opening {
            service: step.service,
            kind,
            name,
            parent: Some(step.parent),
            start: step.start,
        })
    }

    pub(super) fn open(&mut self, opening: Opening) -> usize {
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

    pub(super) fn close(&mut self, ended: Ended, attributes: Vec<KeyValue>) -> Ended {
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

    pub(super) fn service(&self, position: usize) -> Option<&'m Service> {
        self.mesh.services.get(position)
    }

    pub(super) fn fails(&mut self) -> bool {
        self.rng.f64() < self.shape.errors
    }

    /// Nanoseconds around `microseconds`; one in a hundred is far longer.
    pub(super) fn pause(&mut self, microseconds: i64) -> i64 {
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
