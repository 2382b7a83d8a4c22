//! How much the server is made to hold.

use clap::Args;

use crate::goal::Judging;
use crate::process::ServerOptions;

/// How memory is measured.
#[derive(Args, Clone, Debug)]
pub struct MemoryOptions {
    /// The server; it is started twice.
    #[command(flatten)]
    pub server: ServerOptions,
    /// Half-edges that wait at the end, at least.
    #[arg(long, default_value_t = 1_000_000)]
    pub pending: u64,
    /// Label sets of span metrics at the end, with 19 series each.
    #[arg(long, default_value_t = 100_000)]
    pub label_sets: usize,
    /// Spans that are sent before the memory is read for the first time.
    #[arg(long, default_value_t = 50_000)]
    pub warm_up: u64,
    /// Where the random numbers of the traffic begin.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// What a missed goal means.
    #[command(flatten)]
    pub judging: Judging,
}
