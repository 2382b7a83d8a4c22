//! How often a server is killed, and under what load.

use std::path::PathBuf;

use clap::Args;

use crate::goal::Judging;
use crate::process::ServerOptions;
use crate::state_folder::Mode;

/// How a server is killed.
#[derive(Args, Clone, Debug)]
pub struct KillOptions {
    /// The server.
    #[command(flatten)]
    pub server: ServerOptions,
    /// Where the folder with its state is made; without it, where temporary files lie.
    #[arg(long)]
    pub folder: Option<PathBuf>,
    /// What outlives the process.
    #[arg(long, value_enum, default_value_t = Mode::Epochs)]
    pub mode: Mode,
    /// How often it is killed.
    #[arg(long, default_value_t = 100)]
    pub kills: u32,
    /// The longest that a process lives, in seconds from its start; each is killed at a random moment before.
    #[arg(long, default_value_t = 2.5)]
    pub longest_life: f64,
    /// Seconds from one epoch and one collection to the next.
    #[arg(long, default_value_t = 1.0)]
    pub epoch_interval: f64,
    /// Services of the mesh.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(2..=1_000))]
    pub services: u32,
    /// Connections, each with one request at a time.
    #[arg(long, default_value_t = 4)]
    pub connections: usize,
    /// Where the random numbers of the traffic and of the moments begin.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// What a missed goal means.
    #[command(flatten)]
    pub judging: Judging,
}
