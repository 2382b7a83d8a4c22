//! Starts all receivers and takes each case through them in turns.

use std::sync::Arc;
use std::time::Duration;

use super::calm::{idle, latency};
use super::case::{Case, cases};
use super::figures::{CaseReport, Turns, UNCOMPRESSED, figures, over_uncompressed};
use super::goals::goals;
use super::lanes::{Lane, take_turns};
use super::options::{Part, RequestsOptions};
use super::receivers::{Receiver, Receivers};
use super::report::{MemoryReport, RequestsReport};
use crate::process::Usage;
use crate::traffic::Round;

/// Measures what requests cost.
///
/// # Errors
/// When a receiver cannot be started or reached, or answers with a failure.
pub async fn requests(options: &RequestsOptions) -> anyhow::Result<RequestsReport> {
    let receivers = Receivers::start(options).await?;
    let mut report = RequestsReport::default();
    for case in cases(options) {
        let (case, memory) = measure(case, &receivers, options).await?;
        report.cases.push(case);
        report.memory = report.memory.or(memory);
    }
    if options.parts.contains(&Part::Latency) {
        report.latency = Some(latency(&receivers, options).await?);
    }
    if options.parts.contains(&Part::Idle) {
        report.idle_share = Some(idle(&receivers, options).await?);
    }
    report.goals = goals(&report, options.span_bytes);
    Ok(report)
}

async fn measure(
    case: Case,
    receivers: &Receivers,
    options: &RequestsOptions,
) -> anyhow::Result<(CaseReport, Option<MemoryReport>)> {
    let round = case.round(options.seed)?;
    let server = receivers.server(case.framing.transport);
    if case.part == Part::Crowd {
        warm_up(case, &server, &round, options).await?;
    }
    let before = Usage::of(server.pid)?;
    let mut lanes = open_lanes(case, receivers, &round).await?;
    let duration = Duration::try_from_secs_f64(options.seconds)?;
    take_turns(&mut lanes, options.turns, duration).await?;
    // All connections are still there.
    let memory = (case.part == Part::Crowd).then(|| memory(&server, &before, case.connections));
    let memory = memory.transpose()?;
    let turns: Vec<_> = lanes.into_iter().map(Lane::into_turns).collect();
    Ok((report(case, &round, &turns), memory))
}

/// So that what grows afterwards is the connections', and not that of series and tables.
async fn warm_up(
    case: Case,
    server: &Receiver,
    round: &Arc<Round>,
    options: &RequestsOptions,
) -> anyhow::Result<()> {
    let case = Case {
        connections: options.connections,
        ..case
    };
    let mut lane = Lane::open(server.clone(), case, round, fastrand::u64(..)).await?;
    lane.warm_up(Duration::try_from_secs_f64(options.seconds)?)
        .await?;
    Ok(())
}

async fn open_lanes(case: Case, receivers: &Receivers, round: &Arc<Round>) -> anyhow::Result<Vec<Lane>> {
    let mut wanted: Vec<_> = receivers
        .by(case.framing.transport)
        .into_iter()
        .map(|receiver| (receiver, case))
        .collect();
    if case.is_compressed() {
        let server = receivers.server(case.framing.transport);
        let uncompressed = Receiver {
            name: UNCOMPRESSED.to_owned(),
            ..server
        };
        wanted.push((uncompressed, case.uncompressed()));
    }
    let mut lanes = Vec::new();
    for (receiver, case) in wanted {
        // No two lanes share ids: two may lead to one server.
        lanes.push(Lane::open(receiver, case, round, fastrand::u64(..)).await?);
    }
    Ok(lanes)
}

fn memory(server: &Receiver, before: &Usage, connections: u32) -> anyhow::Result<MemoryReport> {
    let grown = Usage::of(server.pid)?.rss_bytes.saturating_sub(before.rss_bytes);
    Ok(MemoryReport {
        connections,
        bytes_per_connection: grown / u64::from(connections.max(1)),
    })
}

fn report(case: Case, round: &Round, turns: &[Turns]) -> CaseReport {
    CaseReport {
        part: case.part,
        transport: case.framing.transport,
        compression: case.framing.compression,
        span_bytes: round.bytes() as f64 / round.spans() as f64,
        wanted_spans: case.spans_per_request,
        spans_per_request: round.spans() as f64 / round.templates().count() as f64,
        connections: case.connections,
        receivers: figures(turns),
        over_uncompressed: over_uncompressed(turns),
    }
}
