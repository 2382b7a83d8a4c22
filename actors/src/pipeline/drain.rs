//! Stops the pipeline from its head to its tail, so that what was accepted is sent (DESIGN, stop).

use std::time::{Duration, Instant};

use actix_rt::time::{sleep, timeout};

use super::Pipeline;
use crate::aggregator::DrainAggregator;
use crate::ingest::DrainIngest;
use crate::matcher::DrainMatcher;
use crate::moment::Moment;
use crate::timer::StopTimer;
use crate::writer::Drain;

/// How long any one step may take, but for the writers, whose deadline is configured.
const STEP: Duration = Duration::from_secs(10);

/// How long a matcher is left alone before it is asked again.
const PAUSE: Duration = Duration::from_millis(10);

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
    /// Closes the gate, waits for what is inside, and drains each actor in turn; a dead actor stops no other.
    pub async fn drain(&self) -> DrainReport {
        let mut report = DrainReport::default();
        self.gate.close();
        if timeout(STEP, self.gate.drained()).await.is_err() {
            report.steps_failed.push("gate".to_owned());
        }
        self.drain_ingest(&mut report).await;
        self.drain_matchers(&mut report).await;
        if !matches!(timeout(STEP, self.timer.send(StopTimer)).await, Ok(Ok(()))) {
            report.steps_failed.push("timer".to_owned());
        }
        self.drain_aggregators(&mut report).await;
        self.drain_writers(&mut report).await;
        report
    }

    async fn drain_ingest(&self, report: &mut DrainReport) {
        for (index, ingest) in self.ingest.iter().enumerate() {
            if !matches!(
                timeout(STEP, ingest.control().send(DrainIngest)).await,
                Ok(Ok(()))
            ) {
                report.steps_failed.push(format!("ingest {index}"));
            }
        }
    }

    async fn drain_matchers(&self, report: &mut DrainReport) {
        for (index, matcher) in self.matchers.iter().enumerate() {
            let drained = timeout(STEP, async {
                loop {
                    let drained = matcher
                        .control()
                        .send(DrainMatcher { now: Moment::now() })
                        .await?;
                    if drained.tenants_left == 0 {
                        return Ok::<_, actix::MailboxError>(drained);
                    }
                    sleep(PAUSE).await;
                }
            });
            match drained.await {
                Ok(Ok(drained)) => report.edges_lost += drained.edges_lost,
                _ => report.steps_failed.push(format!("matcher {index}")),
            }
        }
    }

    async fn drain_aggregators(&self, report: &mut DrainReport) {
        for tenant in self.tenants.all() {
            let drain = tenant
                .aggregator
                .control()
                .send(DrainAggregator { now: Moment::now() });
            if !matches!(timeout(STEP, drain).await, Ok(Ok(()))) {
                report.steps_failed.push(format!("aggregator {}", tenant.id));
            }
        }
    }

    async fn drain_writers(&self, report: &mut DrainReport) {
        let tenants = self.tenants.all();
        let writers = tenants.iter().flat_map(|tenant| {
            let deadline = tenant.settings.remote_write_flush_deadline;
            let writers = tenant.writers.iter();
            writers.map(move |writer| (&tenant.id, writer, deadline))
        });
        let leaving = self.tenants.leaving();
        let leaving = leaving.iter();
        let leaving = leaving.map(|each| (&each.tenant, &*each.writer, each.deadline));
        let drains = writers.chain(leaving).map(|(id, writer, deadline)| {
            let drain = writer.control().send(Drain {
                deadline: Instant::now() + deadline,
            });
            async move { (id, timeout(deadline + STEP, drain).await) }
        });
        for (id, drained) in futures_util::future::join_all(drains).await {
            match drained {
                Ok(Ok(drained)) => report.samples_lost += drained.unsent.samples,
                _ => report.steps_failed.push(format!("writer {id}")),
            }
        }
    }
}
