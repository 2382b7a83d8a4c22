//! The way of one request: attempts with pauses between them, until it is sent, refused or given up.

use std::time::{Duration, Instant, SystemTime};

use actix::{ActorFutureExt as _, AsyncContext as _, Context, WrapFuture as _};
use bytes::Bytes;

use super::answer::Answer;
use super::client::NoAnswer;
use super::counts::Counts;
use super::lanes::Ending;
use super::metrics::DropReason;
use super::pieces::name_of_only_series;
use super::request::{Group, Request};
use super::retry::{BackOff, Verdict};
use super::suspicion::Next;
use super::{Writer, unix_milliseconds};

/// The status of a failure that can lie in what was sent. Every other 5xx tells of the endpoint, or of a proxy before it.
const CAN_BE_THE_CONTENT: u16 = 500;
/// The longest pause of a series that is suspected while others succeed: until it is known, its lane waits.
const SOON: Duration = Duration::from_millis(200);

/// What an endpoint said when it failed.
struct Failure<'a> {
    answer: &'a Answer,
    asked_for: Option<Duration>,
    message: String,
}

/// A request under way with its body.
pub(super) struct Delivery {
    request: Request,
    body: Bytes,
    back_off: BackOff,
}

impl Writer {
    /// Makes the first attempt to deliver `request`.
    pub(super) fn deliver(&mut self, request: Request, context: &mut Context<Self>) {
        if request.group() == Group::Seeds {
            return self.deliver_seeds(request, context);
        }
        let delivery = Delivery {
            body: Bytes::new(),
            back_off: request.back_off.unwrap_or_else(|| self.back_off()),
            request,
        };
        self.go_on(delivery, context);
    }

    fn attempt(&mut self, delivery: Delivery, context: &mut Context<Self>) {
        let Some(client) = self.client.clone() else { return };
        let (id, body, started) = (delivery.request.id(), delivery.body.clone(), Instant::now());
        let attempt = async move { client.send(body).await };
        let attempt = attempt.into_actor(self).map(move |result, writer, context| {
            writer.attempted(delivery, result, started.elapsed(), context);
        });
        self.tasks.insert(id, context.spawn(attempt));
    }

    fn attempted(
        &mut self,
        delivery: Delivery,
        result: Result<Answer, NoAnswer>,
        took: Duration,
        context: &mut Context<Self>,
    ) {
        let _handling = self.meter.chore();
        if self.is_given_up(&delivery) {
            return;
        }
        match result {
            Err(error) => {
                self.metrics.answered(error.code(), took);
                self.queue.troubled(delivery.request.group());
                self.pause(delivery, None, &error.to_string(), context);
            }
            Ok(answer) => {
                self.metrics.answered(&answer.status.to_string(), took);
                self.answered(delivery, &answer, context);
            }
        }
        self.pump(context);
    }

    fn answered(&mut self, mut delivery: Delivery, answer: &Answer, context: &mut Context<Self>) {
        let message = format!("{}: {}", answer.status, answer.words);
        match answer.verdict(SystemTime::now()) {
            Verdict::Sent => {
                self.last_sent = Some(SystemTime::now());
                self.metrics.sent(delivery.request.counts(), delivery.body.len());
                self.queue.finish(delivery.request, Ending::Sent);
            }
            Verdict::Pause(pause) => {
                self.queue.troubled(delivery.request.group());
                self.pause_endpoint(pause, context);
                self.pause(delivery, None, &message, context);
            }
            Verdict::Retry(asked_for) if answer.status < 500 => {
                self.queue.troubled(delivery.request.group());
                self.pause(delivery, asked_for, &message, context);
            }
            Verdict::Retry(asked_for) => {
                let next = self.suspect(&mut delivery.request, answer.status);
                let failure = Failure {
                    answer,
                    asked_for,
                    message,
                };
                self.failed(delivery, next, &failure, context);
            }
            Verdict::Never if self.queue.refused(&delivery.request) == Next::Cut => {
                if let Some(delivery) = self.cut(delivery, &message) {
                    self.refused(delivery.request, answer.status, &message);
                }
            }
            Verdict::Never => self.convicted(delivery.request, answer.status, &message),
            Verdict::Refused => self.refused(delivery.request, answer.status, &message),
        }
    }

    /// What is to be done with a request at which the endpoint failed.
    fn suspect(&mut self, request: &mut Request, status: u16) -> Next {
        if status == CAN_BE_THE_CONTENT {
            self.queue.failed(request)
        } else {
            self.queue.failed_by_itself(request)
        }
    }

    fn failed(
        &mut self,
        mut delivery: Delivery,
        next: Next,
        failure: &Failure<'_>,
        context: &mut Context<Self>,
    ) {
        let Failure {
            answer,
            asked_for,
            message,
        } = failure;
        match next {
            Next::Again => self.pause(delivery, *asked_for, message, context),
            Next::Soon => {
                delivery.back_off = delivery.back_off.at_most(SOON);
                self.pause(delivery, *asked_for, message, context);
            }
            Next::Drop => self.refused(delivery.request, answer.status, message),
            Next::Convict => self.convicted(delivery.request, answer.status, message),
            Next::Cut | Next::Probe => {
                if next == Next::Cut {
                    delivery.back_off = self.back_off();
                }
                if let Some(delivery) = self.cut(delivery, message) {
                    self.pause(delivery, *asked_for, message, context);
                }
            }
        }
    }

    /// Cuts the request, so that what the endpoint takes of it arrives; gives it back when there is nothing to cut.
    fn cut(&mut self, mut delivery: Delivery, message: &str) -> Option<Delivery> {
        let counts = delivery.request.counts();
        delivery.request.back_off = Some(delivery.back_off);
        if let Some(request) = self.queue.cut(delivery.request) {
            return Some(Delivery { request, ..delivery });
        }
        self.metrics.cut();
        self.note_retried(counts, message);
        None
    }

    /// Ends a request that stands for what the endpoint does not take; if that is one series, it goes alone from now on.
    fn convicted(&mut self, request: Request, status: u16, message: &str) {
        self.queue.convict(&request);
        match name_of_only_series(request.parts()) {
            Some(series) => self.refused(request, status, &format!("{message} (series {series})")),
            None => self.refused(request, status, message),
        }
    }

    /// Sends nothing to the endpoint for as long as it asked for; what is under way already is waited for.
    pub(super) fn pause_endpoint(&mut self, asked_for: Duration, context: &mut Context<Self>) {
        let now = Instant::now();
        let longer = self.pause.extend(asked_for, now);
        if longer.is_zero() {
            return;
        }
        self.metrics.paused(longer);
        let wake = context.run_later(self.pause.left(now), Self::pump);
        if let Some(before) = self.wake.replace(wake) {
            context.cancel_future(before);
        }
    }

    /// Keeps the request, and with it its lanes, for another attempt.
    fn pause(
        &mut self,
        mut delivery: Delivery,
        asked_for: Option<Duration>,
        error: &str,
        context: &mut Context<Self>,
    ) {
        let pause = delivery
            .back_off
            .pause(fastrand::f64())
            .max(asked_for.unwrap_or_default())
            .max(self.pause.left(Instant::now()));
        self.note_retried(delivery.request.counts(), error);
        let line = self.lines.retried(delivery.request.group());
        if let Some(requests) = line.note(1, Instant::now()) {
            let (tenant, endpoint) = (&self.tenant, &self.endpoint.name);
            tracing::warn!(%tenant, %endpoint, error, requests, ?pause, "remote write failed and is retried");
        }
        if delivery.request.is_suspected() {
            self.queue.rest(delivery.request.id());
        }
        self.sleep(delivery, pause, context);
    }

    fn note_retried(&mut self, counts: Counts, error: &str) {
        self.retried += counts.samples;
        self.metrics.retried(counts);
        self.remember(error);
    }

    fn sleep(&mut self, delivery: Delivery, pause: Duration, context: &mut Context<Self>) {
        let id = delivery.request.id();
        let sleep = actix_rt::time::sleep(pause).into_actor(self);
        let task = context.spawn(sleep.map(move |(), writer, context| writer.resume(delivery, context)));
        self.tasks.insert(id, task);
    }

    fn resume(&mut self, mut delivery: Delivery, context: &mut Context<Self>) {
        let _handling = self.meter.chore();
        if self.is_given_up(&delivery) {
            return;
        }
        // Another request may have been answered with a pause meanwhile.
        let paused = self.pause.left(Instant::now());
        if !paused.is_zero() {
            return self.sleep(delivery, paused, context);
        }
        if delivery.request.is_suspected() {
            delivery.request.back_off = Some(delivery.back_off);
            self.queue.hold(delivery.request);
        } else {
            self.go_on(delivery, context);
        }
        self.pump(context);
    }

    /// Makes an attempt with what is not too old by now.
    fn go_on(&mut self, mut delivery: Delivery, context: &mut Context<Self>) {
        let now = unix_milliseconds(SystemTime::now());
        let dropped = self.queue.drop_too_old_of(&mut delivery.request, now);
        self.note_dropped(dropped, DropReason::TooOld);
        if delivery.request.parts().is_empty() {
            return self.queue.finish(delivery.request, Ending::Failed);
        }
        if delivery.body.is_empty() || !dropped.is_empty() {
            delivery.body = delivery.request.body();
        }
        self.attempt(delivery, context);
    }

    /// Ends the task of `delivery`; true when it was given up: actix may still run a cancelled task that is ready.
    fn is_given_up(&mut self, delivery: &Delivery) -> bool {
        self.tasks.remove(&delivery.request.id()).is_none()
    }
}
