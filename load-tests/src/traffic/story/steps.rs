//! What services do in a trace: answer, work, call each other, and call what sends no spans.

use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;

use super::recording::{Ended, Opening, Step};
use super::{CallKind, Teller};
use crate::traffic::conventions;
use crate::traffic::mesh::pick;
use crate::traffic::service::Endpoint;

/// The most steps that a service takes before it answers; the first one takes as many as the trace has room for.
const STEPS: usize = 4;

/// What a call of something that sends no spans says.
struct Outside {
    name: String,
    attributes: Vec<KeyValue>,
    failed: bool,
    named: String,
    kind: CallKind,
}

impl<'m> Teller<'m> {
    /// A service takes a request, does some steps, and answers.
    pub(super) fn serve(&mut self, service: usize, caller: Option<usize>, start: i64) -> Option<Ended> {
        let callee = self.service(service)?;
        let endpoint = pick(&callee.endpoints, self.rng)?;
        self.answer(service, endpoint, caller, start)
    }

    fn answer(
        &mut self,
        service: usize,
        endpoint: &'m Endpoint,
        caller: Option<usize>,
        start: i64,
    ) -> Option<Ended> {
        let callee = self.service(service)?;
        let span = self.open(Opening {
            service,
            kind: SpanKind::Server,
            name: conventions::span_name(endpoint),
            parent: caller,
            start,
        });
        let steps = if caller.is_some() {
            self.rng.usize(..=STEPS)
        } else {
            usize::MAX
        };
        let at = self.take_steps(service, span, start, steps) + self.pause(2_000);
        let failed = self.fails();
        let attributes = conventions::server(endpoint, callee, failed, self.rng);
        Some(self.close(Ended { span, at, failed }, attributes))
    }

    fn take_steps(&mut self, service: usize, parent: usize, start: i64, most: usize) -> i64 {
        let mut at = start + self.pause(1_000);
        let mut taken = 0;
        while taken < most && self.room > 0 {
            at = self.step(Step {
                service,
                parent,
                start: at,
            }) + self.pause(500);
            taken += 1;
        }
        at
    }

    /// What a service does next, and when it is done; what it cannot do becomes work of its own.
    fn step(&mut self, step: Step) -> i64 {
        let done = match self.rng.u8(..100) {
            0..25 => None,
            25..45 => self.query(step),
            45..80 => self.call(step),
            80..92 => self.publish(step),
            _ => self.call_company(step),
        };
        done.or_else(|| self.work(step)).unwrap_or(step.start)
    }

    fn call(&mut self, step: Step) -> Option<i64> {
        let callee_position =
            *pick(&self.service(step.service)?.callees, self.rng).filter(|_| self.room > 1)?;
        let callee = self.service(callee_position)?;
        let endpoint = pick(&callee.endpoints, self.rng)?;
        let span = self.open_step(step, SpanKind::Client, conventions::span_name(endpoint));
        let sent = step.start + self.pause(300);
        let served = self.answer(callee_position, endpoint, Some(span), sent)?;
        let attributes = conventions::client(endpoint, callee, served.failed, self.rng);
        let ended = Ended {
            span,
            at: served.at + self.pause(300),
            failed: served.failed,
        };
        self.record(span, Some(served.span), None, CallKind::Request);
        Some(self.close(ended, attributes).at)
    }

    fn query(&mut self, step: Step) -> Option<i64> {
        let caller = self.service(step.service)?;
        let database = caller.database.as_ref()?;
        let failed = self.fails();
        let outside = Outside {
            name: format!("SELECT {}", caller.domain),
            attributes: conventions::query(database, caller.domain, failed),
            failed,
            named: database.address.clone(),
            kind: CallKind::Database,
        };
        Some(self.call_outside(step, outside))
    }

    fn call_company(&mut self, step: Step) -> Option<i64> {
        let company = self.service(step.service)?.company?;
        let failed = self.fails();
        let outside = Outside {
            name: "POST".to_owned(),
            attributes: conventions::company(company, failed),
            failed,
            named: company.to_owned(),
            kind: CallKind::Company,
        };
        Some(self.call_outside(step, outside))
    }

    /// A call of something that sends no spans.
    fn call_outside(&mut self, step: Step, outside: Outside) -> i64 {
        let span = self.open_step(step, SpanKind::Client, outside.name);
        let at = step.start + self.pause(8_000);
        self.record(span, None, Some(outside.named), outside.kind);
        let failed = outside.failed;
        self.close(Ended { span, at, failed }, outside.attributes).at
    }

    /// A message to a topic; the one who reads it does so later, and nobody waits.
    fn publish(&mut self, step: Step) -> Option<i64> {
        let (topic, reader) = self
            .service(step.service)?
            .topic
            .as_ref()
            .filter(|_| self.room > 1)?;
        let producer = self.open_step(step, SpanKind::Producer, format!("send {topic}"));
        let sent = step.start + self.pause(1_000);
        let read_at = sent + self.pause(20_000);
        let consumer = self.open(Opening {
            service: *reader,
            kind: SpanKind::Consumer,
            name: format!("process {topic}"),
            parent: Some(producer),
            start: read_at,
        });
        let failed = self.fails();
        let steps = self.rng.usize(..=STEPS);
        let processed = self.take_steps(*reader, consumer, read_at, steps);
        let ended = Ended {
            span: consumer,
            at: processed,
            failed,
        };
        self.close(ended, conventions::message(topic, "process", failed));
        self.record(producer, Some(consumer), None, CallKind::Message);
        let ended = Ended {
            span: producer,
            at: sent,
            failed: false,
        };
        Some(self.close(ended, conventions::message(topic, "send", false)).at)
    }

    fn work(&mut self, step: Step) -> Option<i64> {
        const FUNCTIONS: [&str; 4] = ["validate", "render", "authorize", "calculateTotals"];
        let function = *pick(&FUNCTIONS, self.rng)?;
        let span = self.open_step(step, SpanKind::Internal, function.to_owned());
        let attributes = conventions::internal(self.service(step.service)?, function);
        let at = step.start + self.pause(1_500);
        Some(
            self.close(
                Ended {
                    span,
                    at,
                    failed: false,
                },
                attributes,
            )
            .at,
        )
    }
}
