//! Walks a request once and hands on what it gave, at once or when it is in the span log, on whatever thread it is.

use std::ops::ControlFlow;
use std::sync::Arc;

use spangraph_storage::span_log::QueuedRequest;
use tokio::sync::oneshot;

use super::Extractor;
use super::application::{Application, Walked, accept_unseen};
use crate::admission::{Accepted, AsReceived, ExportRequest, Refusal, Submission, overloaded};
use crate::aggregator::Aggregator;
use crate::batches::{HalfEdges, SpanUpdates};
use crate::durability::SpanLogHandle;
use crate::matcher::Matcher;
use crate::supervision::{Mailbox, Slot};
use crate::tenants::{Charge, Newcomer, Sender};
use crate::time::{PipelineTime, Stamp};

/// The way of a request to the actors that apply it; cheap to clone.
#[derive(Clone, Debug)]
pub struct Ingestion {
    matchers: Arc<[Mailbox<Matcher>]>,
    /// Where requests are logged before they are applied; none when they are not.
    log: Option<SpanLogHandle>,
}

/// A request that was let in.
#[derive(Debug)]
pub struct Submitted {
    /// Whose spans they are.
    pub sender: Sender,
    /// The spans.
    pub request: ExportRequest,
    /// The request, as the gate counts it until all of it is applied.
    pub submission: Submission,
    /// When it came in.
    pub received: Stamp,
    /// Its position in the log, when an earlier process received it, logged it and counted it as received.
    pub replayed: Option<u64>,
}

/// A request of so many bytes is walked in a third of a millisecond, which keeps nobody else waiting on a thread.
const SMALL: usize = 64 * 1024;

/// Tells a sender once what became of its request: that it is handed on, after it was logged where requests are, or why it
/// is refused. Whoever knows tells it, so that the one who waits is woken once.
pub type Answer = oneshot::Sender<Result<Accepted, Refusal>>;

impl Submitted {
    /// Whether the thread that received it may walk it. What starts a tenant is left to an actor.
    #[must_use]
    pub fn is_small(&self) -> bool {
        self.request.spans.len() <= SMALL && matches!(self.sender, Sender::Running(_))
    }
}

impl Ingestion {
    /// Hands halves to `matchers`, by their trace's hash, after it has written requests to `log`, if any.
    #[must_use]
    pub fn new(matchers: Arc<[Mailbox<Matcher>]>, log: Option<SpanLogHandle>) -> Self {
        Self { matchers, log }
    }

    /// Walks a request and hands on what it gave; `answer` is told at once, or when the request is in the log.
    pub fn ingest(&self, submitted: Submitted, answer: Answer) {
        match self.prepare(submitted) {
            Ok(ControlFlow::Continue(application)) => self.hand_on(application, answer),
            Ok(ControlFlow::Break(accepted)) => tell(answer, Ok(accepted)),
            Err(refusal) => tell(answer, Err(refusal)),
        }
    }

    /// Walks a request and takes the room that it needs, of the gate and of the matchers; all of it or none.
    fn walk(
        &self,
        extractor: &Extractor,
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
        let slots = reserve(&self.matchers, &extracted.shards)?;
        Ok(Walked { extracted, slots })
    }

    /// Walks a request of `sender`; `None` when nothing is to be done for it.
    fn walk_for(
        &self,
        sender: Sender,
        request: &ExportRequest,
        submission: &mut Submission,
        received: PipelineTime,
    ) -> Result<Option<(Charge, Walked)>, Refusal> {
        match sender {
            Sender::Running(charge) => {
                let walked = self.walk(&charge.tenant().extractor, request, submission, received)?;
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
        &self,
        newcomer: &Newcomer,
        request: &ExportRequest,
        submission: &mut Submission,
        received: PipelineTime,
    ) -> Result<Option<(Charge, Walked)>, Refusal> {
        let extractor = Extractor::new(newcomer.settings(), self.matchers.len());
        let walked = self.walk(&extractor, request, submission, received)?;
        if walked.extracted.counts.spans == 0 {
            return Ok(None);
        }
        let charge = newcomer.start()?;
        if *charge.tenant().profile.settings == *newcomer.settings() {
            return Ok(Some((charge, walked)));
        }
        drop(walked);
        let walked = self.walk(&charge.tenant().extractor, request, submission, received)?;
        Ok(Some((charge, walked)))
    }

    /// Whether an earlier process has logged the request.
    fn is_repeated(&self, request: &ExportRequest, now: Stamp) -> bool {
        let (Some(log), Some(as_received)) = (&self.log, &request.as_received) else {
            return false;
        };
        log.is_repeated(request.tenant.as_str(), &as_received.body, now)
    }

    /// Walks a request and takes the room that it needs, all or none: what is to be handed on, or what its sender is told
    /// when nothing is.
    fn prepare(&self, submitted: Submitted) -> Result<ControlFlow<Accepted, Application>, Refusal> {
        let Submitted {
            sender,
            request,
            mut submission,
            received,
            replayed,
        } = submitted;
        if self.is_repeated(&request, received) {
            return Ok(ControlFlow::Break(Accepted::default()));
        }
        let walked = self.walk_for(sender, &request, &mut submission, received.time)?;
        let Some((charge, walked)) = walked else {
            return Ok(ControlFlow::Break(Accepted::default()));
        };
        let handles = &charge.tenant().handles;
        if request.without_metrics {
            let accepted = accept_unseen(&walked.extracted.counts, &handles.metrics);
            charge.settle();
            return Ok(ControlFlow::Break(accepted));
        }
        let span_slot = reserve_for_spans(&handles.aggregator, &walked.extracted.span_updates)?;
        Ok(ControlFlow::Continue(Application {
            charge,
            walked,
            span_slot,
            submission,
            received,
            replayed,
            as_received: request.as_received,
        }))
    }

    /// Hands on what is to be applied: now, or when the request is in the log, in the order of the log.
    fn hand_on(&self, mut application: Application, answer: Answer) {
        if let (Some(log), Some(position)) = (&self.log, application.replayed) {
            // Before it is handed on: what was applied whole is never behind this.
            log.replayed(position + 1);
        }
        let (Some(log), Some(AsReceived { body, packing })) = (&self.log, application.as_received.take())
        else {
            return tell(answer, Ok(application.apply(&self.matchers)));
        };
        let request = QueuedRequest {
            tenant: application.tenant_id().shared(),
            stamp_unix_milliseconds: application.received().unix_milliseconds(),
            encoding: packing,
            body,
        };
        let matchers = Arc::clone(&self.matchers);
        log.append(
            request,
            move || application.apply(&matchers),
            move |outcome| tell(answer, outcome),
        );
    }
}

/// Its sender may have gone meanwhile.
fn tell(answer: Answer, outcome: Result<Accepted, Refusal>) {
    let _ = answer.send(outcome);
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
