//! What is left to do for a request once it may be answered: to hand its parts to the actors that apply them.

use std::sync::Arc;

use spangraph_config::TenantId;

use super::{Extracted, SpanCounts};
use crate::admission::{Accepted, AsReceived, Submission};
use crate::batches::{HalfEdges, UpdateSpanMetrics};
use crate::matcher::{MatchHalves, Matcher};
use crate::metrics::TenantMetrics;
use crate::supervision::{Mailbox, Slot};
use crate::tenants::Charge;
use crate::time::{PipelineTime, Stamp};

/// What a walk gave, with a place in the mailbox of every matcher that is to get halves.
pub(super) struct Walked {
    pub(super) extracted: Extracted,
    pub(super) slots: Vec<Option<Slot>>,
}

/// A request that was walked, with all the room that its parts need: it cannot be refused any more, only be dropped whole.
pub(super) struct Application {
    pub(super) charge: Charge,
    pub(super) walked: Walked,
    /// A place in the mailbox of the tenant's aggregator, when there are span metrics for it.
    pub(super) span_slot: Option<Slot>,
    pub(super) submission: Submission,
    pub(super) received: Stamp,
    /// Its position in the log, when an earlier process received it.
    pub(super) replayed: Option<u64>,
    /// Its body as it came, when it is to be logged first.
    pub(super) as_received: Option<AsReceived>,
}

impl Application {
    /// Whose request it is.
    pub(super) fn tenant_id(&self) -> &TenantId {
        &self.charge.tenant().profile.id
    }

    /// When it came in.
    pub(super) fn received(&self) -> PipelineTime {
        self.received.time
    }

    /// Hands the halves to `matchers` and the span metrics to the aggregator; what its sender is told.
    pub(super) fn apply(self, matchers: &[Mailbox<Matcher>]) -> Accepted {
        let Self {
            charge,
            walked: Walked { extracted, slots },
            span_slot,
            submission,
            received,
            replayed,
            as_received: _,
        } = self;
        let Extracted {
            counts,
            shards,
            span_updates,
            ..
        } = extracted;
        let tenant = Arc::clone(charge.tenant());
        let (profile, handles) = (&tenant.profile, &tenant.handles);
        charge.settle();
        let submission = Arc::new(submission);
        send_halves(matchers, shards, slots, |halves| MatchHalves {
            tenant: Arc::clone(profile),
            halves,
            submission: Arc::clone(&submission),
            received,
        });
        if let Some(slot) = span_slot {
            let message = UpdateSpanMetrics {
                tenant: Arc::clone(profile),
                updates: span_updates,
                submission,
                now: received,
            };
            handles.aggregator.send(slot, message);
        }
        if replayed.is_none() {
            count(&counts, &handles.metrics);
        }
        answer(&counts)
    }
}

/// What the sender of a request is told that no processor is to see.
pub(super) fn accept_unseen(counts: &SpanCounts, metrics: &TenantMetrics) -> Accepted {
    let accepted = answer(counts);
    metrics.spans_received.inc_by(accepted.spans);
    metrics.spans_rejected.inc_by(accepted.rejected_spans);
    metrics.discarded.no_generate_metrics.inc_by(accepted.spans);
    accepted
}

fn send_halves(
    matchers: &[Mailbox<Matcher>],
    shards: Vec<HalfEdges>,
    slots: Vec<Option<Slot>>,
    message: impl Fn(HalfEdges) -> MatchHalves,
) {
    for ((matcher, halves), slot) in matchers.iter().zip(shards).zip(slots) {
        if let Some(slot) = slot {
            matcher.send(slot, message(halves));
        }
    }
}

fn answer(counts: &SpanCounts) -> Accepted {
    Accepted {
        spans: counts.spans - counts.invalid,
        rejected_spans: counts.invalid,
        reason: counts.invalid_reason.as_ref().map(ToString::to_string),
    }
}

fn count(counts: &SpanCounts, metrics: &TenantMetrics) {
    metrics.spans_received.inc_by(counts.spans - counts.invalid);
    metrics.spans_rejected.inc_by(counts.invalid);
    let discarded = &metrics.discarded;
    discarded.too_old.inc_by(counts.too_old);
    discarded.too_new.inc_by(counts.too_new);
    discarded.not_an_edge_half.inc_by(counts.not_an_edge_half);
    discarded.no_service_name.inc_by(counts.no_service_name);
    discarded.invalid_utf8.inc_by(counts.invalid_utf8);
    discarded.no_processor.inc_by(counts.no_processor);
    discarded.filtered_root.inc_by(counts.filtered_root);
    discarded.too_much_text.inc_by(counts.too_much_text);
    metrics.impossible_durations.no_start.inc_by(counts.no_start);
    metrics.impossible_durations.too_long.inc_by(counts.too_long);
    let measured = &metrics.measured_spans;
    measured.updated.inc_by(counts.metrics_spans);
    measured.filtered.inc_by(counts.metrics_filtered);
    measured.invalid_utf8.inc_by(counts.metrics_invalid_utf8);
    measured.too_much_text.inc_by(counts.metrics_too_much_text);
    metrics.resource_info_dropped.inc_by(counts.resource_info_dropped);
}
