//! The way of a request of seeds: a few short attempts, in halves where need be, and then the values behind them go on.

use std::time::{Duration, Instant, SystemTime};

use actix::{ActorFutureExt as _, AsyncContext as _, Context, WrapFuture as _};
use tokio::time::timeout;

use super::answer::Answer;
use super::client::NoAnswer;
use super::counts::Counts;
use super::lanes::Ending;
use super::metrics::DropReason;
use super::request::Request;
use super::retry::{BackOff, Verdict};
use super::seeds::{SeedTrials, Trying};
use super::{Writer, unix_milliseconds};

/// Seeds under way.
pub(super) struct SeedDelivery {
    /// What holds the lanes; its parts are in `trials`.
    request: Request,
    trials: SeedTrials,
    back_off: BackOff,
}

/// An attempt that was made.
struct Attempted {
    result: Result<Answer, NoAnswer>,
    bytes: usize,
    took: Duration,
}

/// What an attempt means for the seeds of its request.
struct Judgement {
    trying: Trying,
    /// How long the endpoint wants to be left alone.
    asked_for: Option<Duration>,
    message: String,
}

impl Writer {
    /// Makes the first attempt to deliver a request of seeds.
    pub(super) fn deliver_seeds(&mut self, mut request: Request, context: &mut Context<Self>) {
        let delivery = SeedDelivery {
            trials: SeedTrials::new(std::mem::take(&mut request.parts)),
            back_off: self.back_off(),
            request,
        };
        self.try_seeds(delivery, context);
    }

    /// Makes the next attempt, or ends the request when nothing is left to try.
    fn try_seeds(&mut self, mut delivery: SeedDelivery, context: &mut Context<Self>) {
        let Some(client) = self.client.clone() else { return };
        let started = Instant::now();
        let paused = self.pause.left(started);
        if !paused.is_zero() && delivery.trials.lanes() != 0 {
            return self.pause_seeds(delivery, paused, context);
        }
        let Some(attempt) = delivery.trials.begin(started) else {
            self.queue.finish(delivery.request, Ending::Failed);
            return self.pump(context);
        };
        let (id, bytes, patience) = (delivery.request.id(), attempt.body.len(), attempt.patience);
        let sending = async move {
            let answer = timeout(patience, client.send(attempt.body)).await;
            answer.unwrap_or(Err(NoAnswer::TimedOut(patience)))
        };
        let sending = sending.into_actor(self).map(move |result, writer, context| {
            let took = started.elapsed();
            writer.tried_seeds(delivery, Attempted { result, bytes, took }, context);
        });
        self.tasks.insert(id, context.spawn(sending));
    }

    fn tried_seeds(&mut self, mut delivery: SeedDelivery, attempted: Attempted, context: &mut Context<Self>) {
        let _handling = self.meter.chore();
        if self.tasks.remove(&delivery.request.id()).is_none() {
            return;
        }
        let judgement = self.judge_seeds(&attempted, context);
        let (id, tried) = (delivery.request.id(), delivery.trials.counts());
        let refused = delivery.trials.end(judgement.trying, Instant::now());
        let lanes = delivery.trials.lanes();
        if judgement.trying == Trying::Taken {
            self.last_sent = Some(SystemTime::now());
            self.metrics.sent(tried, attempted.bytes);
            self.queue.settle(id, tried, Ending::Sent, lanes);
            delivery.back_off = self.back_off();
        }
        if judgement.trying == Trying::Refused && self.may_repeat() {
            // The endpoint has them, and later samples of their series.
            self.queue.settle(id, refused, Ending::Sent, lanes);
            self.metrics.seeds_repeated(refused.seeds);
        } else {
            self.queue.settle(id, refused, Ending::Failed, lanes);
            self.note_refused_seeds(refused, &judgement.message);
        }
        self.go_on_with_seeds(delivery, &judgement, context);
        self.pump(context);
    }

    fn judge_seeds(&mut self, attempted: &Attempted, context: &mut Context<Self>) -> Judgement {
        match &attempted.result {
            Err(error) => {
                self.metrics.answered(error.code(), attempted.took);
                Judgement {
                    trying: judge_error(error),
                    asked_for: None,
                    message: error.to_string(),
                }
            }
            Ok(answer) => {
                self.metrics.answered(&answer.status.to_string(), attempted.took);
                let verdict = answer.verdict(SystemTime::now());
                if let Verdict::Pause(pause) = verdict {
                    self.pause_endpoint(pause, context);
                }
                judge_answer(answer, verdict)
            }
        }
    }

    /// Tries on at once after an answer that decided something, and after a pause when the endpoint failed. When it
    /// fails at all seeds, those that wait are not tried either, so that each costs the values behind it no time of its own.
    fn go_on_with_seeds(
        &mut self,
        mut delivery: SeedDelivery,
        judgement: &Judgement,
        context: &mut Context<Self>,
    ) {
        if !judgement.is_failure() {
            return self.try_seeds(delivery, context);
        }
        self.remember(&judgement.message);
        let (pause, now) = (delivery.back_off.pause(fastrand::f64()), Instant::now());
        let pause = pause.max(judgement.asked_for.unwrap_or_default());
        if pause > delivery.trials.left(now) && judgement.is_about_seeds() {
            let given_up = delivery.trials.give_up();
            self.note_refused_seeds(given_up, &judgement.message);
        }
        if delivery.trials.is_endpoint_failing(now) {
            self.give_up_waiting_seeds(&judgement.message);
        }
        if delivery.trials.lanes() == 0 {
            self.try_seeds(delivery, context);
        } else {
            self.pause_seeds(delivery, pause, context);
        }
    }

    fn pause_seeds(&mut self, delivery: SeedDelivery, pause: Duration, context: &mut Context<Self>) {
        let id = delivery.request.id();
        let sleep = actix_rt::time::sleep(pause).into_actor(self);
        let task =
            context.spawn(sleep.map(move |(), writer, context| writer.resume_seeds(delivery, context)));
        self.tasks.insert(id, task);
    }

    fn resume_seeds(&mut self, mut delivery: SeedDelivery, context: &mut Context<Self>) {
        let _handling = self.meter.chore();
        let id = delivery.request.id();
        if self.tasks.remove(&id).is_none() {
            return;
        }
        let now = unix_milliseconds(SystemTime::now());
        if let Some(oldest) = self.queue.oldest_allowed(now) {
            let dropped = delivery.trials.drop_older_than(oldest);
            let lanes = delivery.trials.lanes();
            self.queue.settle(id, dropped, Ending::Dropped, lanes);
            self.note_dropped(dropped, DropReason::TooOld);
        }
        self.try_seeds(delivery, context);
    }

    fn give_up_waiting_seeds(&mut self, message: &str) {
        let waiting = self.queue.give_up_seeds();
        self.note_refused_seeds(waiting, message);
        let (tenant, endpoint) = (&self.tenant, &self.endpoint.name);
        if let Some(times) = self.lines.seeds_given_up().note(1, Instant::now()) {
            tracing::warn!(%tenant, %endpoint, message, times, "the endpoint fails at seeds, which are dropped");
        }
    }

    fn note_refused_seeds(&self, refused: Counts, message: &str) {
        if !refused.is_empty() {
            let (tenant, endpoint) = (&self.tenant, &self.endpoint.name);
            tracing::debug!(%tenant, %endpoint, message, seeds = refused.seeds, "seeds were refused");
            self.metrics.seeds_refused(refused.seeds);
        }
    }

    pub(super) fn back_off(&self) -> BackOff {
        let queue = &self.endpoint.queue;
        BackOff::new(queue.min_backoff, queue.max_backoff)
    }
}

impl Judgement {
    /// Whether it is worth a pause before the next attempt.
    fn is_failure(&self) -> bool {
        self.is_about_seeds() || matches!(self.trying, Trying::Unreached | Trying::Paused)
    }

    /// Whether it is a failure that only seeds may meet, so that a pause would hold up the values behind them.
    fn is_about_seeds(&self) -> bool {
        matches!(self.trying, Trying::Failed | Trying::TimedOut)
    }
}

fn judge_error(error: &NoAnswer) -> Trying {
    match error {
        NoAnswer::TimedOut(_) => Trying::TimedOut,
        error if error.is_unreached() => Trying::Unreached,
        _ => Trying::Failed,
    }
}

fn judge_answer(answer: &Answer, verdict: Verdict) -> Judgement {
    let (trying, asked_for) = match verdict {
        Verdict::Sent => (Trying::Taken, None),
        // All else waits too.
        Verdict::Pause(pause) => (Trying::Paused, Some(pause)),
        Verdict::Never => (Trying::Refused, None),
        Verdict::Retry(asked_for) => (Trying::Failed, asked_for),
        Verdict::Refused if is_about_content(answer.status) => (Trying::Refused, None),
        Verdict::Refused => (Trying::RefusedAll, None),
    };
    Judgement {
        trying,
        asked_for,
        message: format!("{}: {}", answer.status, answer.words),
    }
}

/// Whether a refusal with `status` can be for one seed of many: others are for who sends, or where to.
fn is_about_content(status: u16) -> bool {
    matches!(status, 400 | 409 | 413 | 422)
}
