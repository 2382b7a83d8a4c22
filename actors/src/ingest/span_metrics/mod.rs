//! Makes the span metrics of a request from its spans (SPEC §3), merged by label set.

mod attribute_label;
mod identity;
mod labels;
mod merge;
mod plan;
mod targets;

use std::sync::Arc;

use spangraph_proto::otlp::Span;
use spangraph_proto::wire::DecodeError;

use self::labels::SpanLabels;
use self::merge::{Measured, MergedSpans};
pub(super) use self::plan::SpanMetricsPlan;
use self::targets::Targets;
use super::attribute_slots::AttributeSlots;
use super::batch_texts::{BatchTexts, TextFailure, usable};
use super::filter::FilterWalk;
use super::resource::Resource;
use super::span_counts::MetricsOutcome;
use crate::batches::{HostInfo, Latency, SpanUpdates, Texts};

/// The span metrics of a request so far.
#[derive(Debug)]
pub(super) struct SpanMetrics<'p, 'r> {
    plan: &'p SpanMetricsPlan,
    filter: FilterWalk<'p>,
    labels: SpanLabels<'p>,
    merged: MergedSpans,
    targets: Targets<'p, 'r>,
}

/// The size of an empty status: Tempo encodes each span anew, always with a status, and counts that (SPEC §3).
const EMPTY_STATUS_BYTES: usize = 2;

/// A span that counts, with all that tells about it.
#[derive(Clone, Copy, Debug)]
pub(super) struct MetricsSpan<'s, 'r> {
    /// The span.
    pub(super) span: &'s Span<'r>,
    /// The trace's id.
    pub(super) trace_id: [u8; 16],
    /// How long it took.
    pub(super) latency: Latency,
    /// How many bytes its encoding has, as it came.
    pub(super) encoded_bytes: usize,
    /// Its resource.
    pub(super) resource: &'s Resource<'r>,
    /// Its own attributes.
    pub(super) attributes: &'s AttributeSlots<'r>,
}

impl MetricsSpan<'_, '_> {
    /// How many bytes the span counts: those that came, and those of a status when it carries none.
    fn size_bytes(&self) -> usize {
        let missing = if self.span.has_status {
            0
        } else {
            EMPTY_STATUS_BYTES
        };
        self.encoded_bytes + missing
    }
}

impl<'p, 'r> SpanMetrics<'p, 'r> {
    /// No spans yet; there is room for about `expected`.
    pub(super) fn new(plan: &'p SpanMetricsPlan, expected: usize) -> Self {
        Self {
            plan,
            filter: FilterWalk::new(&plan.filter),
            labels: SpanLabels::new(&plan.labels),
            merged: MergedSpans::new(plan.labels.width(), expected),
            targets: Targets::new(plan.targets.as_ref()),
        }
    }

    /// Moves on to `resource`.
    pub(super) fn enter_resource(
        &mut self,
        resource: &Resource<'r>,
        texts: &mut BatchTexts,
    ) -> Result<(), DecodeError> {
        self.targets.enter_resource();
        self.filter.enter_resource();
        self.labels.enter_resource(&resource.attributes, texts)
    }

    /// Adds a span unless a filter policy or one of its texts keeps it out.
    pub(super) fn take_span(
        &mut self,
        span: MetricsSpan<'_, 'r>,
        texts: &mut BatchTexts,
    ) -> Result<MetricsOutcome, DecodeError> {
        let attributes = span.resource.attributes_with(span.attributes);
        if !self.filter.admits(span.span, attributes) {
            return Ok(MetricsOutcome::Filtered);
        }
        let added = usable(self.add(span, texts))?;
        Ok(added.map_or_else(MetricsOutcome::from, |()| MetricsOutcome::Updated))
    }

    /// How many targets had a label that is no text.
    pub(super) fn targets_dropped(&self) -> u64 {
        self.targets.dropped()
    }

    /// What the request gives, at its end.
    pub(super) fn into_updates(self, texts: &Arc<Texts>, hosts: Vec<HostInfo>) -> SpanUpdates {
        let (targets, target_labels) = self.targets.into_targets();
        SpanUpdates {
            texts: Arc::clone(texts),
            entries: self.merged.entries,
            labels: self.merged.labels,
            observations: self.merged.observations,
            targets,
            target_labels,
            hosts,
        }
    }

    fn add(&mut self, span: MetricsSpan<'_, 'r>, texts: &mut BatchTexts) -> Result<(), TextFailure> {
        let attributes = span.resource.attributes_with(span.attributes);
        let labels = self.labels.read_span(span.span, attributes, texts)?;
        let measured = Measured {
            latency: span.latency,
            weight: self.plan.multiplier.of(span.span, attributes),
            size_bytes: as_double(span.size_bytes()),
            trace_id: span.trace_id,
        };
        self.merged.add(labels, measured)?;
        let (group, identity) = (span.resource.group, self.labels.identity());
        Ok(self.targets.take_span(group, identity, texts)?)
    }
}

#[expect(clippy::cast_precision_loss, reason = "no span has 2⁵³ bytes")]
fn as_double(bytes: usize) -> f64 {
    bytes as f64
}
