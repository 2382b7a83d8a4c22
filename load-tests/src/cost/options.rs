//! What is measured, and with what.

use clap::Args;

use crate::drive::{Limits, Target};
use crate::goal::Judging;
use crate::process::ServerOptions;
use crate::traffic::Shape;

/// How costs are measured.
#[derive(Args, Clone, Debug)]
pub struct CostOptions {
    /// The server.
    #[command(flatten)]
    pub server: ServerOptions,
    /// The traffic.
    #[command(flatten)]
    pub shape: Shape,
    /// How it is sent; the endpoint counts only with --pid.
    #[command(flatten)]
    pub target: Target,
    /// How much of it, each time.
    #[command(flatten)]
    pub limits: Limits,
    /// Measure the running receiver with this process id, at --endpoint, instead of starting the server.
    #[arg(long)]
    pub pid: Option<u32>,
    /// How often each receiver is measured, in turns; the lowest CPU time counts.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    pub repeat: u32,
    /// Spans that are sent first and not measured.
    #[arg(long, default_value_t = 50_000)]
    pub warm_up: u64,
    /// Leave out the floor receivers.
    #[arg(long)]
    pub no_floors: bool,
    /// What a missed goal means.
    #[command(flatten)]
    pub judging: Judging,
}
