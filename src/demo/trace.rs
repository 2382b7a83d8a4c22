//! One trace that is being made up: its spans, and how they are sent, one request a service.

use std::time::{Duration, SystemTime};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link, SpanKind};
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};

use super::conventions::{self, SCHEMA_URL};
use super::outcome::Outcome;
use super::services::{SERVICES, Service};

/// W3C's sampled flag, and OTLP's mark that it is known whether the parent is remote.
const SAMPLED: u32 = 0x101;
/// OTLP's mark that the parent is remote.
const REMOTE: u32 = 0x200;

/// Where a span stands: all times are since the start of the trace.
pub struct Frame {
    /// Who reports it.
    pub service: &'static Service,
    /// Its kind.
    pub kind: SpanKind,
    /// Its id.
    pub id: [u8; 8],
    /// The id of its parent; none at the root.
    pub parent: Option<[u8; 8]>,
    /// Its start.
    pub start: Duration,
    /// Its end.
    pub end: Duration,
    /// How it ended.
    pub outcome: Outcome,
}

/// A trace that is being made up.
pub struct Trace {
    id: [u8; 16],
    spans: Vec<(&'static Service, Span)>,
    end: Duration,
}

impl Trace {
    /// A trace without spans.
    pub fn new(id: [u8; 16]) -> Self {
        Self {
            id,
            spans: Vec::new(),
            end: Duration::ZERO,
        }
    }

    /// Adds a span; an error is marked in its status and, where it arose, by an exception.
    pub fn push(&mut self, frame: &Frame, name: String, attributes: Vec<KeyValue>) {
        let remote = frame.parent.is_some() && matches!(frame.kind, SpanKind::Server | SpanKind::Consumer);
        let span = Span {
            trace_id: self.id.to_vec(),
            span_id: frame.id.to_vec(),
            parent_span_id: frame.parent.map(Vec::from).unwrap_or_default(),
            flags: if remote { SAMPLED | REMOTE } else { SAMPLED },
            name,
            kind: frame.kind.into(),
            start_time_unix_nano: nanoseconds(frame.start),
            end_time_unix_nano: nanoseconds(frame.end),
            attributes,
            events: exception(frame).into_iter().collect(),
            links: self.message_link(frame).into_iter().collect(),
            status: frame.outcome.is_failure().then(|| Status {
                code: StatusCode::Error.into(),
                ..Status::default()
            }),
            ..Span::default()
        };
        self.end = self.end.max(frame.end);
        self.spans.push((frame.service, span));
    }

    /// One request a service, with all spans moved so that the last one ends at `now`.
    pub fn into_requests(mut self, now: SystemTime, instances: &[String]) -> Vec<ExportTraceServiceRequest> {
        let now = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let start = nanoseconds(now.saturating_sub(self.end));
        for (_, span) in &mut self.spans {
            span.start_time_unix_nano += start;
            span.end_time_unix_nano += start;
            span.events
                .iter_mut()
                .for_each(|event| event.time_unix_nano += start);
        }
        let request = |(service, instance): (&&'static Service, &String)| {
            let spans = self.spans.iter().filter(|(owner, _)| owner == service);
            let spans: Vec<_> = spans.map(|(_, span)| span.clone()).collect();
            (!spans.is_empty()).then(|| request(service, instance, spans))
        };
        SERVICES.iter().zip(instances).filter_map(request).collect()
    }

    /// Consumers point at the message's producer by a link as well.
    fn message_link(&self, frame: &Frame) -> Option<Link> {
        let producer = frame.parent.filter(|_| frame.kind == SpanKind::Consumer)?;
        Some(Link {
            trace_id: self.id.to_vec(),
            span_id: producer.to_vec(),
            flags: SAMPLED | REMOTE,
            ..Link::default()
        })
    }
}

fn exception(frame: &Frame) -> Option<Event> {
    (frame.outcome == Outcome::Broken).then(|| Event {
        time_unix_nano: nanoseconds(frame.end),
        name: "exception".to_owned(),
        attributes: vec![
            conventions::text("exception.type", conventions::EXCEPTION),
            conventions::text("exception.message", "the demo lets some calls fail"),
        ],
        dropped_attributes_count: 0,
    })
}

fn request(service: &Service, instance: &str, spans: Vec<Span>) -> ExportTraceServiceRequest {
    let scope = InstrumentationScope {
        name: "spangraph.demo".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        ..InstrumentationScope::default()
    };
    let scope_spans = vec![ScopeSpans {
        scope: Some(scope),
        spans,
        schema_url: SCHEMA_URL.to_owned(),
    }];
    let resource = Some(conventions::resource(service, instance));
    let schema_url = SCHEMA_URL.to_owned();
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            resource,
            scope_spans,
            schema_url,
        }],
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
