//! The one walk over a request: each span becomes a half-edge or a count.

use spangraph_proto::otlp::{self, ResourceSpans, Span};
use spangraph_proto::wire::DecodeError;

use super::batch_texts::TextFailure;
use super::edge_kind::edge_kind;
use super::extractor::Extracted;
use super::half_builder::{HalfBuilder, HalfSpan};
use super::plan::Plan;
use super::resource::Resource;
use super::shards::ShardedHalves;
use super::span_counts::{Outcome, SpanCounts};
use super::span_ids::SpanIds;
use super::span_reader::SpanReader;
use super::time_window::TimeWindow;
use crate::half_edge::{CallKey, EdgeKind, HalfEdge, Side};
use crate::texts::TextError;

/// What one request has given so far, and where the walk is.
#[derive(Debug)]
pub(super) struct Walk<'p, 'r> {
    plan: &'p Plan,
    window: TimeWindow,
    resource: Resource<'r>,
    reader: SpanReader<'p, 'r>,
    builder: HalfBuilder<'p>,
    halves: ShardedHalves,
    counts: SpanCounts,
}

impl<'p, 'r> Walk<'p, 'r> {
    /// A walk at its start.
    pub(super) fn new(plan: &'p Plan, shards: usize, now_unix_nanoseconds: u64) -> Self {
        Self {
            plan,
            window: TimeWindow::around(now_unix_nanoseconds, plan.slack_nanoseconds),
            resource: Resource::new(plan),
            reader: SpanReader::new(&plan.span_keys),
            builder: HalfBuilder::new(plan),
            halves: ShardedHalves::new(shards),
            counts: SpanCounts::default(),
        }
    }

    /// Walks `request` to its end.
    pub(super) fn run(mut self, request: &'r [u8]) -> Result<Extracted, DecodeError> {
        for group in otlp::resource_spans(request) {
            self.walk_resource(group?)?;
        }
        let texts = self.builder.into_texts().into_texts();
        Ok(Extracted {
            shards: self.halves.into_batches(texts),
            counts: self.counts,
        })
    }

    fn walk_resource(&mut self, group: ResourceSpans<'r>) -> Result<(), DecodeError> {
        self.resource.enter(self.plan, group, self.builder.texts())?;
        let wanted = self.plan.service_graphs && self.resource.service.is_some();
        for message in group.spans() {
            let span = self.reader.read(message?, wanted)?;
            let outcome = self.take(&span)?;
            self.counts.record(outcome);
        }
        Ok(())
    }

    fn take(&mut self, span: &Span<'r>) -> Result<Outcome, DecodeError> {
        let (key, kind) = match self.eligible(span) {
            Ok(eligible) => eligible,
            Err(outcome) => return Ok(outcome),
        };
        let (resource, attributes) = (&self.resource, self.reader.attributes());
        let half = HalfSpan {
            span,
            key,
            kind,
            resource,
            attributes,
        };
        if !self.plan.filter.admits(span, half.all_attributes()) {
            return Ok(self.take_filtered(key, kind));
        }
        match self.builder.build(half) {
            Ok(half) => Ok(self.push(half, Outcome::Half)),
            Err(TextFailure::Malformed(error)) => Err(error),
            Err(TextFailure::Unusable(TextError::InvalidUtf8)) => Ok(Outcome::InvalidUtf8),
            Err(TextFailure::Unusable(TextError::Full)) => Ok(Outcome::TooMuchText),
        }
    }

    /// The call and kind of a span that is a half, filter policies aside; else what becomes of it.
    fn eligible(&self, span: &Span<'r>) -> Result<(CallKey, EdgeKind), Outcome> {
        let ids = SpanIds::of(span).map_err(Outcome::Invalid)?;
        if let Some(outcome) = self.window.outcome_outside(span.end_time_unix_nano) {
            return Err(outcome);
        }
        let kind = edge_kind(span.kind).ok_or(Outcome::NotAnEdgeHalf)?;
        if self.resource.service.is_none() {
            return Err(Outcome::NoServiceName);
        }
        if !self.plan.service_graphs {
            return Err(Outcome::NoProcessor);
        }
        Ok((ids.call(kind.side()), kind))
    }

    /// Leaves a marker, which a root server half does not (SPEC §2).
    fn take_filtered(&mut self, key: CallKey, kind: EdgeKind) -> Outcome {
        if kind.side() == Side::Server && key.is_root() {
            return Outcome::FilteredRoot;
        }
        let marker = self.builder.build_marker(key, kind);
        self.push(marker, Outcome::FilteredHalf)
    }

    fn push(&mut self, half: HalfEdge, outcome: Outcome) -> Outcome {
        self.halves.push(half, self.builder.dimensions());
        outcome
    }
}
