//! The ingest actor: walks the requests that are too large for the thread that received them.

use std::sync::Arc;

use actix::prelude::*;

use super::ingestion::{Answer, Ingestion, Submitted};
use crate::activity::ActorMeter;
use crate::supervision::{Lifeline, Queued, set_capacity};

/// Walks requests; one an arbiter.
#[derive(Debug)]
pub struct Ingest {
    ingestion: Ingestion,
    meter: Arc<ActorMeter>,
    lifeline: Lifeline,
}

/// A request for an ingest actor.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct IngestSpans {
    /// The request.
    pub submitted: Submitted,
    /// Where its sender waits. When nobody waits any more as its turn comes, it is dropped.
    pub answer: Answer,
}

/// Asks an ingest actor to end once its mailbox is empty.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct DrainIngest;

impl Ingest {
    /// An actor that does with requests what `ingestion` does.
    #[must_use]
    pub fn new(ingestion: Ingestion, meter: Arc<ActorMeter>, lifeline: Lifeline) -> Self {
        Self {
            ingestion,
            meter,
            lifeline,
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
    type Result = ();

    fn handle(&mut self, queued: Queued<IngestSpans>, _: &mut Self::Context) {
        let (message, _handling) = queued.open();
        let IngestSpans { submitted, answer } = message;
        if !answer.is_closed() {
            self.ingestion.ingest(submitted, answer);
        }
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
