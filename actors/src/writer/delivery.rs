//! The way of one request: attempts with pauses between them, until it is sent, refused or given up.

use std::time::{Duration, Instant, SystemTime};

use actix::{ActorFutureExt as _, AsyncContext as _, Context, WrapFuture as _};
use bytes::Bytes;

use super::answer::Answer;
use super::client::NoAnswer;
use super::lanes::Ending;
use super::metrics::DropReason;
use super::request::{Group, Request};
use super::retry::{BackOff, Verdict};
use super::{Writer, unix_milliseconds};

/// How often native histograms are tried again when no bound is set: some stores never take any.
const HISTOGRAM_RETRIES: usize = 10;

/// A request under way with its body.
pub(super) struct Delivery {
    request: Request,
    body: Bytes,
    back_off: BackOff,
    /// How often the endpoint itself failed at it; times without an answer do not count.
    failures: usize,
}

impl Writer {
    /// Makes the first attempt to deliver `request`.
    pub(super) fn deliver(&mut self, request: Request, context: &mut Context<Self>) {
        if request.group() == Group::Seeds {
            return self.deliver_seeds(request, context);
        }
        let queue = &self.endpoint.queue;
        let back_off = BackOff::new(queue.min_backoff, queue.max_backoff);
        let delivery = Delivery {
            body: request.body(),
            request,
            back_off,
            failures: 0,
        };
        self.attempt(delivery, context);
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
                self.pause_endpoint(pause, context);
                self.pause(delivery, None, &message, context);
            }
            Verdict::Retry(asked_for) => {
                delivery.failures += usize::from(answer.status >= 500);
                if self.is_given_up_after_retries(&delivery) {
                    self.refused(delivery.request, answer.status, &message);
                } else {
                    self.pause(delivery, asked_for, &message, context);
                }
            }
            Verdict::Never | Verdict::Refused => self.refused(delivery.request, answer.status, &message),
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
        let counts = delivery.request.counts();
        self.retried += counts.samples;
        self.metrics.retried(counts);
        self.remember(error);
        if let Some(requests) = self
            .lines
            .retried(delivery.request.group())
            .note(1, Instant::now())
        {
            let (tenant, endpoint) = (&self.tenant, &self.endpoint.name);
            tracing::warn!(%tenant, %endpoint, error, requests, ?pause, "remote write failed and is retried");
        }
        self.sleep(delivery, pause, context);
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
        let now = unix_milliseconds(SystemTime::now());
        let dropped = self.queue.drop_too_old_of(&mut delivery.request, now);
        self.note_dropped(dropped, DropReason::TooOld);
        if delivery.request.parts().is_empty() {
            self.queue.finish(delivery.request, Ending::Failed);
            self.pump(context);
        } else {
            if !dropped.is_empty() {
                delivery.body = delivery.request.body();
            }
            self.attempt(delivery, context);
        }
    }

    /// Whether the endpoint failed at these native histograms too often; other requests are never given up.
    ///
    /// A Prometheus that was not started for native histograms answers 500 to them, for ever.
    fn is_given_up_after_retries(&self, delivery: &Delivery) -> bool {
        delivery.request.group() == Group::NativeHistograms
            && delivery.failures > self.endpoint.queue.max_retries.unwrap_or(HISTOGRAM_RETRIES)
    }

    /// Ends the task of `delivery`; true when it was given up: actix may still run a cancelled task that is ready.
    fn is_given_up(&mut self, delivery: &Delivery) -> bool {
        self.tasks.remove(&delivery.request.id()).is_none()
    }
}
