//! The one walk over a request: each span becomes a half-edge or a count, and a part of the span metrics.

use std::sync::Arc;

use spangraph_proto::otlp::{self, ResourceSpans, Span};
use spangraph_proto::wire::DecodeError;

use super::batch_texts::{BatchTexts, usable};
use super::edge_kind::edge_kind;
use super::extracted::Extracted;
use super::half_builder::{HalfBuilder, HalfSpan};
use super::hosts::Hosts;
use super::plan::Plan;
use super::resource::Resource;
use super::shards::ShardedHalves;
use super::span_counts::{Outcome, SpanCounts};
use super::span_ids::SpanIds;
use super::span_metrics::{MetricsSpan, SpanMetrics, SpanMetricsPlan};
use super::span_reader::{Opened, SpanReader};
use super::time_window::TimeWindow;
use crate::batches::{HalfEdge, Latency, Side, SpanUpdates, TextId};

/// What one request has given so far, and where the walk is.
#[derive(Debug)]
pub(super) struct Walk<'p, 'r> {
    plan: &'p Plan,
    window: TimeWindow,
    resource: Resource<'r>,
    reader: SpanReader<'p, 'r>,
    texts: BatchTexts,
    /// Service graphs, when they are on.
    builder: Option<HalfBuilder<'p>>,
    halves: ShardedHalves,
    /// Span metrics, when they are on.
    metrics: Option<SpanMetrics<'p, 'r>>,
    hosts: Hosts<'p>,
    counts: SpanCounts,
}

/// A span inside the slack, with how long it took.
#[derive(Clone, Copy, Debug)]
struct Timed<'s, 'r> {
    span: &'s Span<'r>,
    latency: Latency,
}

/// Room for one half and one observation is taken for so many bytes of a request: it is right for long spans, and
/// a small part of the request for short ones.
const BYTES_FOR_EACH: usize = 512;

impl<'p, 'r> Walk<'p, 'r> {
    /// A walk over a request of `bytes` bytes, at its start.
    pub(super) fn new(plan: &'p Plan, shards: usize, bytes: usize, now_unix_nanoseconds: u64) -> Self {
        let expected = bytes / BYTES_FOR_EACH;
        Self {
            plan,
            window: TimeWindow::around(now_unix_nanoseconds, plan.slack_nanoseconds),
            resource: Resource::new(&plan.resource),
            reader: SpanReader::new(&plan.span_keys),
            texts: BatchTexts::new(plan.text_limits, bytes),
            builder: plan.graphs.as_ref().map(HalfBuilder::new),
            halves: ShardedHalves::new(shards, if plan.graphs.is_some() { expected } else { 0 }),
            metrics: plan
                .span_metrics
                .as_ref()
                .map(|plan| SpanMetrics::new(plan, expected)),
            hosts: Hosts::new(&plan.host_identifiers),
            counts: SpanCounts::default(),
        }
    }

    /// Walks `request` to its end.
    pub(super) fn run(mut self, request: &'r [u8]) -> Result<Extracted, DecodeError> {
        for group in otlp::resource_spans(request) {
            self.walk_resource(group?)?;
        }
        Ok(self.finish())
    }

    fn finish(mut self) -> Extracted {
        let targets_dropped = self.metrics.as_ref().map_or(0, SpanMetrics::targets_dropped);
        self.counts.resource_info_dropped = targets_dropped + self.hosts.dropped();
        let texts = Arc::new(self.texts.into_texts());
        let hosts = self.hosts.into_hosts();
        let span_updates = match self.metrics {
            Some(metrics) => metrics.into_updates(&texts, hosts),
            None => SpanUpdates::of_hosts(&texts, hosts),
        };
        Extracted {
            shards: self.halves.into_batches(&texts),
            span_updates,
            counts: self.counts,
        }
    }

    fn walk_resource(&mut self, group: ResourceSpans<'r>) -> Result<(), DecodeError> {
        self.resource.enter(&self.plan.resource, group)?;
        let mut spans = group.spans();
        let mut next = spans.next();
        if next.is_none() {
            return Ok(());
        }
        self.begin_spans()?;
        let opened = self.opened();
        while let Some(message) = next {
            let message = message?;
            let span = self.reader.read(message, opened)?;
            let outcome = self.take(&span, message.len())?;
            self.counts.record(outcome);
            next = spans.next();
        }
        Ok(())
    }

    /// Finds what the spans of the resource share; of resources without spans there may be very many.
    fn begin_spans(&mut self) -> Result<(), DecodeError> {
        self.texts.enter_resource();
        self.resource.begin_spans(&self.plan.resource, &mut self.texts)?;
        self.hosts.enter_resource();
        if let Some(builder) = &mut self.builder {
            builder.enter_resource();
        }
        if let Some(metrics) = &mut self.metrics {
            metrics.enter_resource(&self.resource, &mut self.texts)?;
        }
        Ok(())
    }

    /// Of which spans of the resource the attributes count: of server sides often only where a peer is needed.
    fn opened(&self) -> Opened {
        let metrics = self.plan.span_metrics.as_ref();
        if metrics.is_some_and(SpanMetricsPlan::reads_span_attributes) {
            return Opened::All;
        }
        match (&self.plan.graphs, self.resource.service) {
            (None, _) | (_, None) => Opened::None,
            (Some(graphs), Some(service)) if graphs.reads_servers || service == TextId::EMPTY => {
                Opened::Halves
            }
            (Some(_), Some(_)) => Opened::ClientsAndRoots,
        }
    }

    fn take(&mut self, span: &Span<'r>, encoded_bytes: usize) -> Result<Outcome, DecodeError> {
        let ids = match SpanIds::of(span) {
            Ok(ids) => ids,
            Err(invalid) => return Ok(Outcome::Invalid(invalid)),
        };
        if let Some(outcome) = self.window.outcome_outside(span.end_time_unix_nano) {
            return Ok(outcome);
        }
        self.hosts.take_span(&self.resource.attributes, &mut self.texts)?;
        let timed = Timed {
            span,
            latency: self.latency(span),
        };
        self.measure(timed, ids.trace_id(), encoded_bytes)?;
        self.take_half(timed, &ids)
    }

    fn latency(&mut self, span: &Span<'r>) -> Latency {
        let impossible = self.plan.durations.judge(span);
        self.counts.record_duration(impossible);
        self.plan.durations.latency(span, impossible)
    }

    fn measure(
        &mut self,
        timed: Timed<'_, 'r>,
        trace_id: [u8; 16],
        encoded_bytes: usize,
    ) -> Result<(), DecodeError> {
        let Some(metrics) = &mut self.metrics else {
            return Ok(());
        };
        let span = MetricsSpan {
            span: timed.span,
            trace_id,
            latency: timed.latency,
            encoded_bytes,
            resource: &self.resource,
            attributes: self.reader.attributes(),
        };
        let outcome = metrics.take_span(span, &mut self.texts)?;
        self.counts.record_metrics(outcome);
        Ok(())
    }

    fn take_half(&mut self, timed: Timed<'_, 'r>, ids: &SpanIds) -> Result<Outcome, DecodeError> {
        let Some(kind) = edge_kind(timed.span.kind) else {
            return Ok(Outcome::NotAnEdgeHalf);
        };
        if self.resource.service.is_none() {
            return Ok(Outcome::NoServiceName);
        }
        let Some(builder) = &mut self.builder else {
            return Ok(Outcome::NoProcessor);
        };
        let half = HalfSpan {
            span: timed.span,
            key: ids.call(kind.side()),
            kind,
            latency: timed.latency,
            resource: &self.resource,
            attributes: self.reader.attributes(),
        };
        if !builder.admits(half) {
            return Ok(take_filtered(builder, &mut self.halves, half));
        }
        Ok(match usable(builder.build(half, &mut self.texts))? {
            Ok(half) => push(builder, &mut self.halves, half, Outcome::Half),
            Err(error) => error.into(),
        })
    }
}

/// Leaves a marker, which a root server half does not (SPEC §2).
fn take_filtered(
    builder: &mut HalfBuilder<'_>,
    halves: &mut ShardedHalves,
    half: HalfSpan<'_, '_>,
) -> Outcome {
    if half.kind.side() == Side::Server && half.key.is_root() {
        return Outcome::FilteredRoot;
    }
    let marker = builder.build_marker(half);
    push(builder, halves, marker, Outcome::FilteredHalf)
}

fn push(builder: &HalfBuilder<'_>, halves: &mut ShardedHalves, half: HalfEdge, outcome: Outcome) -> Outcome {
    halves.push(half, builder.dimensions());
    outcome
}
