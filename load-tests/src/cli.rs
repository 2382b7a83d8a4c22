//! The command line: making, sending and verifying traffic, and measuring what it costs.

mod generate;
mod measurement;
mod replay;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Parser, Subcommand};
use tokio::net::TcpListener;

use crate::drive::{Limits, Target, drive};
use crate::floor::{FloorOptions, serve};
use crate::process::LISTENING;
use crate::traffic::{Round, Shape};
use crate::verify::{VerifyOptions, verify};

pub use generate::GenerateOptions;
pub use measurement::Measurement;

/// Sends traces as SDKs do, checks what a server made of them, and measures what that cost.
#[derive(Debug, Parser)]
#[command(name = "spangraph-load", version, max_term_width = 100)]
pub struct CommandLine {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write traffic to a file of frames.
    Generate(GenerateOptions),
    /// Send traffic to a receiver; prints one JSON line.
    Drive(DriveOptions),
    /// Start the server, send it traffic in which things go wrong, and check every count; fails when one is wrong.
    Verify(VerifyOptions),
    /// Measure what something costs.
    #[command(flatten)]
    Measure(Measurement),
    /// Be a receiver that does next to nothing.
    Floor(FloorOptions),
}

/// What is sent where.
#[derive(Args, Debug)]
pub struct DriveOptions {
    /// The traffic.
    #[command(flatten)]
    pub shape: Shape,
    /// Where it is sent.
    #[command(flatten)]
    pub target: Target,
    /// How much of it.
    #[command(flatten)]
    pub limits: Limits,
    /// Send what this file of frames holds, instead of making traffic.
    #[arg(long)]
    pub frames: Option<PathBuf>,
}

/// Does what the command line asks for.
///
/// # Errors
/// When that cannot be done.
pub async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Generate(options) => generate::generate(&options)?,
        Command::Drive(options) => return run_drive(&options).await,
        Command::Verify(options) => return run_verify(options).await,
        Command::Measure(measurement) => return measurement.take().await,
        Command::Floor(options) => {
            let listener = TcpListener::bind(options.listen).await?;
            print(&format!("{LISTENING}{}", listener.local_addr()?));
            serve(listener, options.mode, options.transport).await?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn run_drive(options: &DriveOptions) -> anyhow::Result<ExitCode> {
    let round = match &options.frames {
        Some(file) => replay::round(file)?,
        None => Round::new(&options.shape)?,
    };
    // A replay may be repeated within the time that halves wait; its ids must differ then.
    let driven = drive(
        &Arc::new(round),
        &options.target,
        &options.limits,
        options.shape.seed,
    )
    .await?;
    print(&serde_json::to_string(&driven.report)?);
    let accepted = driven.report.accepted_requests > 0;
    Ok(if accepted {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

async fn run_verify(options: VerifyOptions) -> anyhow::Result<ExitCode> {
    let verdict = verify(options).await?;
    print(&serde_json::to_string(&verdict)?);
    Ok(if verdict.wrong.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

#[expect(clippy::print_stdout, reason = "the answer of a command")]
fn print(line: &str) {
    println!("{line}");
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        CommandLine::command().debug_assert();
    }
}
