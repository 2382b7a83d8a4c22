//! Plays visits to the shop: every visit is one trace.

use std::time::{Duration, SystemTime};

use fastrand::Rng;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;

use super::conventions;
use super::operations::{Call, Endpoint, ExternalCall, JOURNEYS, Operation, Query};
use super::outcome::Outcome;
use super::services::{SERVICES, Service};
use super::trace::{Frame, Trace};

/// The median of the time that a request or a response is on its way.
const NETWORK: Duration = Duration::from_micros(300);
/// The median of the time that a broker takes to confirm a message.
const CONFIRMATION: Duration = Duration::from_millis(2);
/// The median of the time that a message lies in its topic.
const QUEUEING: Duration = Duration::from_millis(120);

/// The shop; the same seed gives the same visits.
pub struct Shop {
    random: Rng,
    /// The instance ids of the services, in the order of [`SERVICES`].
    instances: Vec<String>,
}

/// One visit that is being played.
struct Visit<'a> {
    random: &'a mut Rng,
    trace: Trace,
}

/// The side of a call that waits for it.
#[derive(Clone, Copy)]
struct Caller {
    service: &'static Service,
    span: [u8; 8],
}

/// When and how a call ended.
type Ending = (Duration, Outcome);

impl Shop {
    /// A shop whose visits are drawn with `seed`.
    pub fn new(seed: u64) -> Self {
        let mut random = Rng::with_seed(seed);
        let instances = SERVICES
            .iter()
            .map(|_| format!("{:032x}", random.u128(..)))
            .collect();
        Self { random, instances }
    }

    /// The export requests of one visit, one a service and in any order, whose last span ends at `now`.
    pub fn next_trace(&mut self, now: SystemTime) -> Vec<ExportTraceServiceRequest> {
        let journey = self.choose_journey();
        let trace = Trace::new(self.random.u128(1..).to_be_bytes());
        let mut visit = Visit {
            random: &mut self.random,
            trace,
        };
        visit.serve(journey, None, Duration::ZERO);
        let mut requests = visit.trace.into_requests(now, &self.instances);
        self.random.shuffle(&mut requests);
        requests
    }

    fn choose_journey(&mut self) -> &'static Operation {
        let [(_, first), ..] = JOURNEYS;
        let mut draw = self.random.u32(0..JOURNEYS.iter().map(|(share, _)| share).sum());
        for (share, journey) in JOURNEYS {
            match draw.checked_sub(share) {
                Some(rest) => draw = rest,
                None => return journey,
            }
        }
        first
    }
}

impl Visit<'_> {
    /// The called side of a call.
    fn serve(&mut self, operation: &'static Operation, parent: Option<[u8; 8]>, start: Duration) -> Ending {
        let (service, id) = (operation.service, self.span_id());
        let (end, outcome) = self.work(operation, Caller { service, span: id }, start);
        let kind = match operation.endpoint {
            Endpoint::Topic(_) => SpanKind::Consumer,
            Endpoint::Http(..) | Endpoint::Rpc(_) => SpanKind::Server,
        };
        self.report_server(
            &Frame {
                service,
                kind,
                id,
                parent,
                start,
                end,
                outcome,
            },
            &operation.endpoint,
        );
        (end, outcome)
    }

    /// Works and calls others in turn, up to the first failure that matters.
    fn work(&mut self, operation: &'static Operation, caller: Caller, start: Duration) -> Ending {
        let slices = u32::try_from(operation.steps.len() + 1).unwrap_or(1);
        let slice = self.latency(operation.work) / slices;
        let mut time = start + slice;
        if self.draw(operation.failure_rate, Outcome::Broken) == Outcome::Broken {
            return (time, Outcome::Broken);
        }
        for step in operation.steps {
            let (end, answer) = self.call(&step.call, caller, time);
            time = end + slice;
            if step.required && answer.is_failure() {
                return (time, Outcome::Unavailable);
            }
        }
        (time, Outcome::Success)
    }

    fn call(&mut self, call: &Call, caller: Caller, start: Duration) -> Ending {
        match call {
            Call::Service(operation) => self.call_service(operation, caller, start),
            Call::Publish(consumer) => self.publish(consumer, caller, start),
            Call::Database(query) => self.query(query, caller, start),
            Call::External(external) => self.call_outside(external, caller, start),
        }
    }

    fn call_service(&mut self, operation: &'static Operation, caller: Caller, start: Duration) -> Ending {
        let id = self.span_id();
        let arrival = start + self.latency(NETWORK);
        let (answered, outcome) = self.serve(operation, Some(id), arrival);
        let end = answered + self.latency(NETWORK);
        self.report_client(
            &caller.frame(SpanKind::Client, id, start..end, outcome),
            operation,
        );
        (end, outcome)
    }

    /// The producer goes on as soon as the broker has the message; the consumer comes to it later.
    fn publish(&mut self, consumer: &'static Operation, caller: Caller, start: Duration) -> Ending {
        let id = self.span_id();
        let end = start + self.latency(CONFIRMATION);
        self.report_client(
            &caller.frame(SpanKind::Producer, id, start..end, Outcome::Success),
            consumer,
        );
        let received = end + self.latency(QUEUEING);
        self.serve(consumer, Some(id), received);
        (end, Outcome::Success)
    }

    fn query(&mut self, query: &Query, caller: Caller, start: Duration) -> Ending {
        let id = self.span_id();
        let end = start + self.latency(query.latency);
        let outcome = self.draw(query.failure_rate, Outcome::Broken);
        let frame = caller.frame(SpanKind::Client, id, start..end, outcome);
        self.trace.push(
            &frame,
            conventions::query_summary(query),
            conventions::query(query, outcome),
        );
        (end, outcome)
    }

    fn call_outside(&mut self, external: &ExternalCall, caller: Caller, start: Duration) -> Ending {
        let id = self.span_id();
        let end = start + self.latency(external.latency);
        let outcome = self.draw(external.failure_rate, Outcome::Unavailable);
        let frame = caller.frame(SpanKind::Client, id, start..end, outcome);
        self.trace.push(
            &frame,
            "POST".to_owned(),
            conventions::external(external, outcome),
        );
        (end, outcome)
    }

    fn report_server(&mut self, frame: &Frame, endpoint: &Endpoint) {
        let path = match endpoint {
            Endpoint::Http(_, route) => route.replace("{id}", &self.random.u32(1..=60).to_string()),
            Endpoint::Rpc(_) | Endpoint::Topic(_) => String::new(),
        };
        let mut attributes = conventions::call(endpoint, frame.outcome);
        attributes.extend(conventions::server(endpoint, frame.service, &path));
        if frame.parent.is_none() {
            let address = format!("198.51.100.{}", self.random.u8(1..=254));
            attributes.push(conventions::text("client.address", &address));
        }
        self.trace
            .push(frame, conventions::span_name(endpoint, "process"), attributes);
    }

    fn report_client(&mut self, frame: &Frame, operation: &Operation) {
        let mut attributes = conventions::call(&operation.endpoint, frame.outcome);
        attributes.extend(conventions::client(&operation.endpoint, operation.service));
        self.trace.push(
            frame,
            conventions::span_name(&operation.endpoint, "send"),
            attributes,
        );
    }

    fn span_id(&mut self) -> [u8; 8] {
        self.random.u64(1..).to_be_bytes()
    }

    /// A time with this median, at least 0.6 of it and with an exponential tail.
    fn latency(&mut self, median: Duration) -> Duration {
        let tail = -(1.0 - self.random.f64()).ln() * 0.4 / std::f64::consts::LN_2;
        median.mul_f64(0.6 + tail)
    }

    fn draw(&mut self, failure_rate: f64, failure: Outcome) -> Outcome {
        if self.random.f64() < failure_rate {
            failure
        } else {
            Outcome::Success
        }
    }
}

impl Caller {
    fn frame(self, kind: SpanKind, id: [u8; 8], time: std::ops::Range<Duration>, outcome: Outcome) -> Frame {
        let (service, parent) = (self.service, Some(self.span));
        Frame {
            service,
            kind,
            id,
            parent,
            start: time.start,
            end: time.end,
            outcome,
        }
    }
}

#[cfg(test)]
mod tests;
