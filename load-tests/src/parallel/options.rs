//! How one core is compared with two.

use clap::Args;

use crate::drive::Transport;
use crate::goal::Judging;
use crate::process::ServerOptions;

/// How one core is compared with two.
#[derive(Args, Clone, Debug)]
pub struct ParallelOptions {
    /// The server; its cores are chosen here.
    #[command(flatten)]
    pub server: ServerOptions,
    /// The transport of OTLP.
    #[arg(long, value_enum, default_value_t = Transport::Grpc)]
    pub transport: Transport,
    /// Encoded bytes of a span.
    #[arg(long, default_value_t = 600)]
    pub span_bytes: u32,
    /// Connections, each with one request at a time.
    #[arg(long, default_value_t = 128)]
    pub connections: usize,
    /// Seconds of each measurement.
    #[arg(long, default_value_t = 5.0)]
    pub seconds: f64,
    /// Seconds that are driven first and not measured.
    #[arg(long, default_value_t = 1.5)]
    pub warm_up: f64,
    /// How often each number of cores is measured, in turns; the median counts.
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..))]
    pub repeat: u32,
    /// What a missed goal means.
    #[command(flatten)]
    pub judging: Judging,
}
