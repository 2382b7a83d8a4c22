//! Sends traces as SDKs do, checks what a server made of them, and measures what that cost.

use std::process::ExitCode;

use clap::Parser as _;
use spangraph_load::cli::{CommandLine, run};

#[tokio::main]
async fn main() -> ExitCode {
    match run(CommandLine::parse().command).await {
        Ok(code) => code,
        Err(error) => fail(&error),
    }
}

#[expect(clippy::print_stderr, reason = "there is no other log")]
fn fail(error: &anyhow::Error) -> ExitCode {
    eprintln!("spangraph-load: {error:#}");
    ExitCode::FAILURE
}
