//! Starts the server, drives it with traffic in which things go wrong, and checks every count.

use std::sync::Arc;
use std::time::Duration;

use anyhow::ensure;
use clap::Args;
use serde::Serialize;

use super::checks::wait_until_exact;
use crate::drive::{DriveReport, Driven, Limits, Target, drive};
use crate::process::{Server, ServerOptions};
use crate::traffic::{Expected, Round, Shape};

/// Time beside the wait for what is under way.
const SLACK: Duration = Duration::from_secs(20);
/// How long halves wait unless told otherwise; late halves and duplicates must come later.
const WAIT_SECONDS: u32 = 2;

/// How a server is verified.
#[derive(Args, Clone, Debug)]
pub struct VerifyOptions {
    /// The server.
    #[command(flatten)]
    pub server: ServerOptions,
    /// The traffic.
    #[command(flatten)]
    pub shape: Shape,
    /// How it is sent; the endpoint is the started server's.
    #[command(flatten)]
    pub target: Target,
    /// How much of it.
    #[command(flatten)]
    pub limits: Limits,
}

/// What was found.
#[derive(Clone, Debug, Serialize)]
pub struct Verdict {
    /// What was sent.
    pub report: DriveReport,
    /// Edges that the model has.
    pub edges: usize,
    /// Label sets of span metrics that the model has.
    pub span_sets: usize,
    /// What is not as it must be.
    pub wrong: Vec<String>,
}

/// What holding a server against the model gave.
#[derive(Clone, Debug)]
pub struct Findings {
    /// Edges that the model has.
    pub edges: usize,
    /// Label sets of span metrics that the model has.
    pub span_sets: usize,
    /// What is not as it must be.
    pub wrong: Vec<String>,
}

/// Verifies a server that is started for it.
///
/// # Errors
/// When the server does not start, cannot be reached, or the options do not fit together.
pub async fn verify(options: VerifyOptions) -> anyhow::Result<Verdict> {
    let VerifyOptions {
        mut server,
        shape,
        mut target,
        limits,
    } = options;
    let wait = *server.wait.get_or_insert(WAIT_SECONDS);
    ensure!(
        limits.late_by >= f64::from(wait) * 2.0,
        "--late-by must be at least twice --wait, else what is late comes in time"
    );
    let server = Server::start(&server).await?;
    server.receiver(target.transport).clone_into(&mut target.endpoint);
    let round = Arc::new(Round::new(&shape)?);
    let driven = drive(&round, &target, &limits, shape.seed).await?;
    let findings = check_drives(server.pages(), &round, &[&driven], wait).await?;
    Ok(Verdict {
        edges: findings.edges,
        span_sets: findings.span_sets,
        report: driven.report,
        wrong: findings.wrong,
    })
}

/// Holds what a server shows on its pages against all that `drives` sent it, once nothing waits any more.
///
/// `wait` is how long halves wait, in seconds.
///
/// # Errors
/// When a page cannot be read.
pub async fn check_drives(
    pages: &str,
    round: &Round,
    drives: &[&Driven],
    wait: u32,
) -> anyhow::Result<Findings> {
    let expected = Expected::of(round, drives.iter().flat_map(|driven| &driven.rounds));
    let deadline = Duration::from_secs(u64::from(wait)) + SLACK;
    let mut wrong = wait_until_exact(pages, &expected, deadline).await?;
    let reports = drives.iter().map(|driven| &driven.report);
    let in_doubt = reports.filter(|report| report.unknown_requests() > 0);
    wrong.extend(in_doubt.map(|report| format!("requests of unknown outcome: {:?}", report.unknown)));
    Ok(Findings {
        edges: expected.edges.len(),
        span_sets: expected.span_sets.len(),
        wrong,
    })
}
