//! Packs spans into requests, each one service's export, so that the halves of a call are never in one request.

use std::collections::HashMap;
use std::sync::Arc;

use fastrand::Rng;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::InstrumentationScope;
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message as _;

use super::conventions::SCHEMA_URL;
use super::mesh::Mesh;
use super::model::{Call, Half, SpanSet, SpanSums};
use super::request::Request;
use super::service::Service;
use super::shape::Shape;
use super::story::{Story, StorySpan};
use super::template::Template;

/// The spans of one service that travel together; position 0 is in time, 1 is late.
type Lanes = [Vec<PackedSpan>; 2];

/// Collects stories, then makes requests of them.
pub(super) struct Packer<'m> {
    mesh: &'m Mesh,
    shape: &'m Shape,
    services: Vec<Lanes>,
    calls: Vec<Call>,
    spans: usize,
}

/// A span, and the sides of calls that it is.
struct PackedSpan {
    span: Span,
    side: Option<(usize, Side)>,
}

#[derive(Clone, Copy)]
enum Side {
    Client,
    Server,
}

/// What becomes of the halves of a call.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Sent,
    Late,
    Missing,
}

impl<'m> Packer<'m> {
    /// Nothing yet.
    pub(super) fn new(mesh: &'m Mesh, shape: &'m Shape) -> Self {
        Self {
            mesh,
            shape,
            services: mesh.services.iter().map(|_| Lanes::default()).collect(),
            calls: Vec::new(),
            spans: 0,
        }
    }

    /// How many spans are there.
    pub(super) fn spans(&self) -> usize {
        self.spans
    }

    /// Takes a trace; some of its calls lose a half, or get it late.
    pub(super) fn add(&mut self, story: Story, rng: &mut Rng) {
        let mut sides = vec![(None, Fate::Sent); story.spans.len()];
        for call in &story.calls {
            let position = self.calls.len();
            let mut fates = [Fate::Sent; 2];
            if let (true, Some(fate)) = (call.client.is_some() && call.server.is_some(), self.fate(rng))
                && let Some(chosen) = fates.get_mut(rng.usize(..2))
            {
                *chosen = fate;
            }
            for (span, fate, side) in [
                (call.client, fates[0], Side::Client),
                (call.server, fates[1], Side::Server),
            ] {
                if let Some(entry) = span.and_then(|span| sides.get_mut(span)) {
                    *entry = (Some((position, side)), fate);
                }
            }
            self.calls.push(Call::new(call, &story, self.mesh));
        }
        for (StorySpan { service, span }, (side, fate)) in story.spans.into_iter().zip(sides) {
            self.put(service, PackedSpan { span, side }, fate);
        }
    }

    fn fate(&self, rng: &mut Rng) -> Option<Fate> {
        let lot = rng.f64();
        if lot < self.shape.missing {
            Some(Fate::Missing)
        } else {
            (lot < self.shape.missing + self.shape.late).then_some(Fate::Late)
        }
    }

    fn put(&mut self, service: usize, span: PackedSpan, fate: Fate) {
        let lane = match fate {
            Fate::Sent => 0,
            Fate::Late => 1,
            Fate::Missing => return,
        };
        if let Some(lane) = self
            .services
            .get_mut(service)
            .and_then(|lanes| lanes.get_mut(lane))
        {
            lane.push(span);
            self.spans += 1;
        }
    }

    /// The requests, and the calls with the halves that are in them.
    pub(super) fn pack(mut self) -> anyhow::Result<(Vec<Request>, Vec<Call>)> {
        let mut requests = Vec::new();
        let services = std::mem::take(&mut self.services);
        for (service, lanes) in self.mesh.services.iter().zip(services) {
            for (lane, mut spans) in lanes.into_iter().enumerate() {
                let mut left = chunks(spans.len(), self.shape.spans_per_request as usize);
                while left > 0 && !spans.is_empty() {
                    let rest = spans.split_off(spans.len().div_ceil(left));
                    self.note_halves(&spans, requests.len());
                    requests.push(request(service, spans, lane == 1)?);
                    (spans, left) = (rest, left - 1);
                }
            }
        }
        Ok((requests, self.calls))
    }

    fn note_halves(&mut self, spans: &[PackedSpan], request: usize) {
        for PackedSpan { span, side } in spans {
            let Some((call, side)) = side else { continue };
            let half = Some(Half::of(span, request));
            if let Some(call) = self.calls.get_mut(*call) {
                match side {
                    Side::Client => call.client = half,
                    Side::Server => call.server = half,
                }
            }
        }
    }
}

/// How many requests bring `spans` nearest to `wanted` each.
fn chunks(spans: usize, wanted: usize) -> usize {
    ((spans + wanted / 2) / wanted).max(1)
}

fn request(service: &Service, spans: Vec<PackedSpan>, is_late: bool) -> anyhow::Result<Request> {
    let spans: Vec<_> = spans.into_iter().map(|packed| packed.span).collect();
    let span_sets = span_sets(service, &spans);
    let group = ResourceSpans {
        resource: Some(Resource {
            attributes: service.resource.clone(),
            ..Resource::default()
        }),
        scope_spans: scopes(service, spans),
        schema_url: SCHEMA_URL.to_owned(),
    };
    let request = ExportTraceServiceRequest {
        resource_spans: vec![group],
    };
    Ok(Request {
        template: Template::new(request.encode_to_vec())?,
        is_late,
        span_sets,
    })
}

/// As instrumentation libraries send them: a scope for each.
fn scopes(service: &Service, spans: Vec<Span>) -> Vec<ScopeSpans> {
    let mut scopes: Vec<(&str, Vec<Span>)> = Vec::new();
    for span in spans {
        let library = library(span.kind());
        match scopes.iter_mut().find(|(name, _)| *name == library) {
            Some((_, spans)) => spans.push(span),
            None => scopes.push((library, vec![span])),
        }
    }
    let scope = |(library, spans)| ScopeSpans {
        scope: Some(InstrumentationScope {
            name: format!("io.opentelemetry.{}.{library}", service.language),
            version: "2.20.1".to_owned(),
            ..InstrumentationScope::default()
        }),
        spans,
        schema_url: SCHEMA_URL.to_owned(),
    };
    scopes.into_iter().map(scope).collect()
}

fn library(kind: SpanKind) -> &'static str {
    match kind {
        SpanKind::Server => "http-server",
        SpanKind::Client => "http-client",
        SpanKind::Producer | SpanKind::Consumer => "kafka-clients",
        _ => "application",
    }
}

fn span_sets(service: &Service, spans: &[Span]) -> Vec<(Arc<SpanSet>, SpanSums)> {
    let mut sums: HashMap<SpanSet, SpanSums> = HashMap::new();
    for span in spans {
        sums.entry(SpanSet::of(&service.name, span))
            .or_default()
            .add_span(span);
    }
    let mut sets: Vec<_> = sums
        .into_iter()
        .map(|(set, sums)| (Arc::new(set), sums))
        .collect();
    sets.sort_by(|(left, _), (right, _)| left.cmp(right));
    sets
}
