//! The ingest actor: walks a request once, hands its halves to the matchers and its span metrics to the aggregator.

use std::sync::{Arc, Weak};

use actix::prelude::*;
use foldhash::fast::RandomState;
use hashbrown::HashMap;
use spangraph_config::TenantId;

use super::{Extracted, Extractor, SpanCounts};
use crate::activity::ActorMeter;
use crate::admission::{Accepted, ExportRequest, Refusal, Submission, overloaded};
use crate::aggregator::Aggregator;
use crate::batches::{HalfEdges, SpanUpdates, UpdateSpanMetrics};
use crate::matcher::{MatchHalves, Matcher};
use crate::metrics::TenantMetrics;
use crate::supervision::{Lifeline, Mailbox, Queued, Slot, set_capacity};
use crate::tenants::{Charge, Newcomer, Sender, Tenant};
use crate::time::{PipelineTime, Stamp};

/// Walks requests; one an arbiter.
#[derive(Debug)]
pub struct Ingest {
    matchers: Arc<[Mailbox<Matcher>]>,
    extractors: HashMap<TenantId, Compiled, RandomState>,
    meter: Arc<ActorMeter>,
    lifeline: Lifeline,
}

/// A tenant's settings, compiled.
#[derive(Debug)]
struct Compiled {
    generation: u64,
    extractor: Extractor,
    tenant: Weak<Tenant>,
}

/// A request that was let in.
#[derive(Debug, Message)]
#[rtype(result = "Result<Accepted, Refusal>")]
pub struct IngestSpans {
    /// Whose spans they are.
    pub sender: Sender,
    /// The spans.
    pub request: ExportRequest,
    /// The request, as the gate counts it until all of it is applied.
    pub submission: Submission,
    /// When it came in.
    pub received: Stamp,
}

/// What a walk gave, with a place in the mailbox of every matcher that is to get halves.
struct Walked {
    extracted: Extracted,
    slots: Vec<Option<Slot>>,
}

/// Asks an ingest actor to forget the tenants that are gone.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct ForgetTenants;

/// Asks an ingest actor to end once its mailbox is empty.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct DrainIngest;

impl Ingest {
    /// An actor that hands halves to `matchers`, by their trace's hash.
    #[must_use]
    pub fn new(matchers: Arc<[Mailbox<Matcher>]>, meter: Arc<ActorMeter>, lifeline: Lifeline) -> Self {
        Self {
            matchers,
            extractors: HashMap::default(),
            meter,
            lifeline,
        }
    }

    /// Walks a request of `tenant`, by its settings as they were compiled when it first came with them.
    fn walk(
        &mut self,
        tenant: &Arc<Tenant>,
        request: &ExportRequest,
        submission: &mut Submission,
        received: PipelineTime,
    ) -> Result<Walked, Refusal> {
        let shards = self.matchers.len();
        let compile = || Compiled::new(tenant, shards);
        let compiled = self
            .extractors
            .entry_ref(&tenant.profile.id)
            .or_insert_with(compile);
        if compiled.generation != tenant.profile.generation {
            *compiled = compile();
        }
        walk(&compiled.extractor, &self.matchers, request, submission, received)
    }

    /// Walks a request of `sender`; `None` when nothing is to be done for it.
    fn walk_for(
        &mut self,
        sender: Sender,
        request: &ExportRequest,
        submission: &mut Submission,
        received: PipelineTime,
    ) -> Result<Option<(Charge, Walked)>, Refusal> {
        match sender {
            Sender::Running(charge) => {
                let walked = self.walk(charge.tenant(), request, submission, received)?;
                Ok(Some((charge, walked)))
            }
            Sender::New(newcomer) => self.walk_newcomer(&newcomer, request, submission, received),
        }
    }

    /// Walks a request of a tenant that does not run yet, and starts it when the request can be taken; `None` when it has
    /// no span, for which nothing starts.
    ///
    /// It is walked anew when the tenant got other settings meanwhile.
    fn walk_newcomer(
        &mut self,
        newcomer: &Newcomer,
        request: &ExportRequest,
        submission: &mut Submission,
        received: PipelineTime,
    ) -> Result<Option<(Charge, Walked)>, Refusal> {
        let extractor = Extractor::new(newcomer.settings(), self.matchers.len());
        let walked = walk(&extractor, &self.matchers, request, submission, received)?;
        if walked.extracted.counts.spans == 0 {
            return Ok(None);
        }
        let charge = newcomer.start()?;
        if *charge.tenant().profile.settings == *newcomer.settings() {
            return Ok(Some((charge, walked)));
        }
        drop(walked);
        let walked = self.walk(charge.tenant(), request, submission, received)?;
        Ok(Some((charge, walked)))
    }

    fn send_halves(
        &self,
        shards: Vec<HalfEdges>,
        slots: Vec<Option<Slot>>,
        message: impl Fn(HalfEdges) -> MatchHalves,
    ) {
        for ((matcher, halves), slot) in self.matchers.iter().zip(shards).zip(slots) {
            if let Some(slot) = slot {
                matcher.send(slot, message(halves));
            }
        }
    }
}

impl Actor for Ingest {
    type Context = Context<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        set_capacity(context, &self.meter);
    }
}

impl Handler<Queued<IngestSpans>> for Ingest {
    type Result = Result<Accepted, Refusal>;

    fn handle(&mut self, queued: Queued<IngestSpans>, _: &mut Self::Context) -> Self::Result {
        let (message, _handling) = queued.open();
        let IngestSpans {
            sender,
            request,
            mut submission,
            received,
        } = message;
        let Some((charge, walked)) = self.walk_for(sender, &request, &mut submission, received.time)? else {
            return Ok(Accepted::default());
        };
        let Walked { extracted, slots } = walked;
        let tenant = Arc::clone(charge.tenant());
        let (profile, handles) = (&tenant.profile, &tenant.handles);
        if request.without_metrics {
            charge.settle();
            return Ok(accept_unseen(&extracted.counts, &handles.metrics));
        }
        let span_slot = reserve_for_spans(&handles.aggregator, &extracted.span_updates)?;
        charge.settle();
        let submission = Arc::new(submission);
        self.send_halves(extracted.shards, slots, |halves| MatchHalves {
            tenant: Arc::clone(profile),
            halves,
            submission: Arc::clone(&submission),
            received,
        });
        if let Some(slot) = span_slot {
            let message = UpdateSpanMetrics {
                tenant: Arc::clone(profile),
                updates: extracted.span_updates,
                submission,
                now: received,
            };
            handles.aggregator.send(slot, message);
        }
        count(&extracted.counts, &handles.metrics);
        Ok(answer(&extracted.counts))
    }
}

impl Handler<DrainIngest> for Ingest {
    type Result = ();

    fn handle(&mut self, _: DrainIngest, context: &mut Self::Context) {
        let _handling = self.meter.chore();
        self.lifeline.finish();
        context.stop();
    }
}

impl Handler<ForgetTenants> for Ingest {
    type Result = ();

    fn handle(&mut self, _: ForgetTenants, _: &mut Self::Context) {
        let _handling = self.meter.chore();
        self.extractors
            .retain(|_, compiled| compiled.tenant.strong_count() > 0);
        self.extractors.shrink_to_fit();
    }
}

impl Compiled {
    fn new(tenant: &Arc<Tenant>, shards: usize) -> Self {
        Self {
            generation: tenant.profile.generation,
            extractor: Extractor::new(&tenant.profile.settings, shards),
            tenant: Arc::downgrade(tenant),
        }
    }
}

/// Walks a request and takes the room that it needs, of the gate and of the matchers; all of it or none.
fn walk(
    extractor: &Extractor,
    matchers: &[Mailbox<Matcher>],
    request: &ExportRequest,
    submission: &mut Submission,
    received: PipelineTime,
) -> Result<Walked, Refusal> {
    let now = received.unix_nanoseconds();
    let extracted = extractor
        .extract(&request.spans, now)
        .map_err(|error| Refusal::Malformed(error.to_string()))?;
    if request.without_metrics {
        let slots = Vec::new();
        return Ok(Walked { extracted, slots });
    }
    submission.hold_spans(usize::try_from(extracted.counts.spans).unwrap_or(usize::MAX))?;
    // Texts wait in mailboxes; they are a part of the request's bytes, unless it has numbers of hundreds of digits.
    submission.hold_bytes(extracted.text_bytes())?;
    let slots = reserve(matchers, &extracted.shards)?;
    Ok(Walked { extracted, slots })
}

/// A place in the mailbox of every matcher that is to get halves, or none at all.
fn reserve(matchers: &[Mailbox<Matcher>], shards: &[HalfEdges]) -> Result<Vec<Option<Slot>>, Refusal> {
    let reserve = |(matcher, halves): (&Mailbox<Matcher>, &HalfEdges)| {
        if halves.halves.is_empty() {
            return Ok(None);
        }
        matcher
            .reserve()
            .map(Some)
            .ok_or_else(|| overloaded("spangraph.matcher.mailbox"))
    };
    matchers.iter().zip(shards).map(reserve).collect()
}

/// A place in the mailbox of the tenant's aggregator when there is something to send.
fn reserve_for_spans(
    aggregator: &Mailbox<Aggregator>,
    updates: &SpanUpdates,
) -> Result<Option<Slot>, Refusal> {
    if updates.is_empty() {
        return Ok(None);
    }
    let slot = aggregator.reserve();
    slot.map(Some)
        .ok_or_else(|| overloaded("spangraph.aggregator.mailbox"))
}

fn accept_unseen(counts: &SpanCounts, metrics: &TenantMetrics) -> Accepted {
    let accepted = answer(counts);
    metrics.spans_received.inc_by(accepted.spans);
    metrics.spans_rejected.inc_by(accepted.rejected_spans);
    metrics.discarded.no_generate_metrics.inc_by(accepted.spans);
    accepted
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
