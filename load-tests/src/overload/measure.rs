//! Finds what a server can take, and drives it at that, at half of it, at twice of it, and at half again.

use std::time::Duration;

use anyhow::ensure;

use super::aftermath::{Aftermath, Recovery};
use super::bounded::bounded_memory;
use super::capacity::find_capacity;
use super::options::OverloadOptions;
use super::plan::{beyond_load, full_load, half_again, half_load};
use super::report::OverloadReport;
use super::subject::Subject;
use crate::drive::Driven;

/// How long halves wait unless told otherwise, in seconds: what holds server or sender up for longer parts halves that
/// belong together, and counts are not the model's any more.
const WAIT_SECONDS: u32 = 10;

/// Overloads a server that is started for it.
///
/// # Errors
/// When the server cannot be started or reached, or takes nothing.
pub async fn overload(options: &OverloadOptions) -> anyhow::Result<OverloadReport> {
    let mut server = options.server.clone();
    let wait = *server.wait.get_or_insert(WAIT_SECONDS);
    let subject = Subject::start(options, server).await?;
    let load = &options.load;
    let capacity = find_capacity(&subject, load).await?;
    let full = subject.run(full_load(load, capacity.in_flight)).await?;
    let took = spans_per_second(&full.0)?;
    let before = subject.run(half_load(load, took)).await?;
    let (beyond, after) = tokio::join!(subject.run(beyond_load(load, took)), async {
        tokio::time::sleep(seconds(load.overload_seconds)).await;
        let usage = subject.usage()?;
        let pending = subject.pending_half_edges().await?;
        // What is not yet answered when the load drops is a part of what the server must recover from.
        let after = subject.run(half_again(load, took)).await?;
        anyhow::Ok((after, usage, pending))
    });
    let (mut beyond, (after, dropped_usage, pending)) = (beyond?, after?);
    // The senders of the last phase connect while the others still do; that is not the overload's.
    beyond.1.set_peak(&dropped_usage);
    let dropped = beyond.0.began + seconds(load.overload_seconds);
    let recovery = Recovery::of(dropped, &before.0, &after.0);
    let (drives, phases): (Vec<_>, Vec<_>) = [full, before, beyond, after].into_iter().unzip();
    let drives: Vec<_> = capacity.drives.iter().chain(&drives).collect();
    let findings = subject.check(&drives, wait).await?;
    let cores = subject.cores();
    drop(subject);
    let aftermath = Aftermath {
        steps: capacity.steps,
        in_flight: capacity.in_flight,
        cores,
        bounded: bounded_memory(options, capacity.in_flight).await?,
        pending_half_edges: pending,
        recovery,
        findings,
    };
    Ok(OverloadReport::new(options, phases, aftermath))
}

fn spans_per_second(full: &Driven) -> anyhow::Result<f64> {
    let accepted = full.report.spans_per_second();
    ensure!(accepted > 0.0, "the server took nothing: {:?}", full.report);
    Ok(accepted)
}

fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}
