//! Stops the pipeline from its head to its tail, so that what was accepted is sent (DESIGN, stop).

use std::time::{Duration, Instant};

use actix::MailboxError;
use actix_rt::time::{sleep, timeout};
use futures_util::future::join_all;

use super::Pipeline;
use crate::aggregator::DrainAggregator;
use crate::ingest::DrainIngest;
use crate::matcher::{DrainMatcher, Drained, Matcher};
use crate::supervision::{Mailbox, deliver};
use crate::time::Clock;
use crate::timer::StopTimer;
use crate::writer::Drain;

/// How long a matcher is left alone before it is asked again.
const PAUSE: Duration = Duration::from_millis(10);

/// How long after its deadline a writer may take to say what it could not send.
const ANSWER: Duration = Duration::from_secs(1);

/// How long writers go on sending at a stop when what they have is on the disk.
const KEPT: Duration = Duration::from_secs(5);

/// Until when the pipeline may do what as it stops.
#[derive(Clone, Copy, Debug)]
pub struct DrainDeadlines {
    /// What was let in is applied, and all series are collected a last time.
    pub collected: Instant,
    /// Writers have sent it; one with a shorter `remote_write_flush_deadline` gives up earlier.
    pub written: Instant,
}

/// Gives each of the steps before a deadline an even share of the time that is left, so that one that hangs takes no other's.
struct Steps {
    until: Instant,
    left: u32,
}

/// What was left when the pipeline had stopped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DrainReport {
    /// Edges that still waited for a half.
    pub edges_lost: usize,
    /// Samples that no endpoint took before the deadline.
    pub samples_lost: u64,
    /// Steps that did not end in time, or whose actor was dead.
    pub steps_failed: Vec<String>,
}

impl Pipeline {
    /// Closes the gate, waits for what is inside, and drains each actor in turn, those of a role side by side. An actor
    /// that is dead or hangs stops no other.
    pub async fn drain(&self, deadlines: DrainDeadlines) -> DrainReport {
        let mut report = DrainReport::default();
        let mut steps = Steps {
            until: deadlines.collected,
            left: 6,
        };
        self.gate.close();
        let drained = timeout(steps.next(Instant::now()), self.gate.drained()).await;
        report.note("gate", drained.is_ok());
        self.drain_ingest(steps.next(Instant::now()), &mut report).await;
        let is_kept = self
            .make_last_epoch(steps.next(Instant::now()), &mut report)
            .await;
        self.drain_matchers(steps.next(Instant::now()), &mut report).await;
        let stopped = timeout(steps.next(Instant::now()), deliver(&self.timer, StopTimer)).await;
        report.note("timer", matches!(stopped, Ok(Ok(()))));
        self.drain_aggregators(steps.next(Instant::now()), &mut report)
            .await;
        self.drain_writers(deadlines.written, &mut report).await;
        self.finish_state(&mut report).await;
        if is_kept {
            report.edges_lost = 0;
        }
        report
    }

    /// How long writers may go on sending: what is on the disk is sent by the next process too.
    fn flush_time(&self, configured: Duration) -> Duration {
        match self.epochs {
            Some(_) => configured.min(KEPT),
            None => configured,
        }
    }

    /// Keeps all state a last time, when any is; whether it is on the disk.
    async fn make_last_epoch(&self, patience: Duration, report: &mut DrainReport) -> bool {
        let Some(epochs) = &self.epochs else {
            return false;
        };
        let last = async { epochs.lock().await.make_last().await };
        let made = timeout(patience, last).await;
        let is_kept = matches!(made, Ok(Ok(())));
        report.note("epoch", is_kept);
        is_kept
    }

    /// Ends the thread of the state, once writers have told it what they sent.
    async fn finish_state(&self, report: &mut DrainReport) {
        if let Some(epochs) = &self.epochs {
            let finished = timeout(ANSWER, async { epochs.lock().await.finish().await }).await;
            report.note("state", finished == Ok(true));
        }
    }

    async fn drain_ingest(&self, patience: Duration, report: &mut DrainReport) {
        let drains = self
            .ingest
            .iter()
            .map(|ingest| timeout(patience, deliver(ingest.control(), DrainIngest)));
        let drained = join_all(drains).await;
        for (ingest, drained) in self.ingest.iter().zip(drained) {
            report.note(ingest.name(), matches!(drained, Ok(Ok(()))));
        }
    }

    async fn drain_matchers(&self, patience: Duration, report: &mut DrainReport) {
        let drains = self
            .matchers
            .iter()
            .map(|matcher| timeout(patience, drain_matcher(matcher, &self.clock)));
        let drained = join_all(drains).await;
        for (matcher, drained) in self.matchers.iter().zip(drained) {
            match drained {
                Ok(Ok(drained)) => report.edges_lost += drained.edges_lost,
                _ => report.note(matcher.name(), false),
            }
        }
    }

    async fn drain_aggregators(&self, patience: Duration, report: &mut DrainReport) {
        let tenants = self.tenants.all();
        let drains = tenants.iter().map(|tenant| async move {
            let now = self.clock.now();
            let drain = deliver(tenant.handles.aggregator.control(), DrainAggregator { now });
            timeout(patience, drain).await
        });
        let drained = join_all(drains).await;
        for (tenant, drained) in tenants.iter().zip(drained) {
            report.note(tenant.handles.aggregator.name(), matches!(drained, Ok(Ok(()))));
        }
    }

    async fn drain_writers(&self, written: Instant, report: &mut DrainReport) {
        let tenants = self.tenants.all();
        let writers = tenants.iter().flat_map(|tenant| {
            let deadline = tenant.profile.settings.remote_write_flush_deadline;
            let writers = tenant.writers.iter();
            writers.map(move |writer| (writer, deadline))
        });
        let leaving = self.tenants.leaving();
        let leaving = leaving.iter();
        let leaving = leaving.map(|each| (&*each.writer, each.deadline));
        let drains = writers.chain(leaving).map(|(writer, deadline)| async move {
            let deadline = self.flush_time(deadline);
            let deadline = (Instant::now() + deadline).min(written);
            let drain = deliver(writer.control(), Drain { deadline });
            let patience = deadline.saturating_duration_since(Instant::now()) + ANSWER;
            (writer, timeout(patience, drain).await)
        });
        for (writer, drained) in join_all(drains).await {
            match drained {
                Ok(Ok(drained)) => report.samples_lost += drained.unsent.samples,
                _ => report.note(writer.name(), false),
            }
        }
    }
}

/// Asks a matcher until its aggregators had room for all that it has.
async fn drain_matcher(matcher: &Mailbox<Matcher>, clock: &Clock) -> Result<Drained, MailboxError> {
    loop {
        let now = clock.now();
        let drained = deliver(matcher.control(), DrainMatcher { now }).await?;
        if drained.tenants_left == 0 {
            return Ok(drained);
        }
        sleep(PAUSE).await;
    }
}

impl Steps {
    /// How long the next step may take from `now` on.
    fn next(&mut self, now: Instant) -> Duration {
        let share = self.until.saturating_duration_since(now) / self.left.max(1);
        self.left = self.left.saturating_sub(1);
        share
    }
}

impl DrainReport {
    fn note(&mut self, step: impl ToString, is_done: bool) {
        if !is_done {
            self.steps_failed.push(step.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_that_takes_its_share_leaves_the_others_theirs() {
        let (begun, seconds) = (Instant::now(), Duration::from_secs);
        let mut steps = Steps {
            until: begun + seconds(20),
            left: 5,
        };
        assert_eq!(steps.next(begun), seconds(4));
        assert_eq!(steps.next(begun + seconds(4)), seconds(4));
        assert_eq!(
            steps.next(begun + seconds(5)),
            seconds(5),
            "what was quick is shared out"
        );
        assert_eq!(steps.next(begun + seconds(20)), Duration::ZERO);
        assert_eq!(steps.next(begun + seconds(21)), Duration::ZERO);
    }
}
