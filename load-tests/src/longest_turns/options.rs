//! How many series there are, and how soon what is measured happens.

use std::path::PathBuf;

use clap::Args;

use super::steps::Step;
use crate::goal::Judging;
use crate::process::ServerOptions;
use crate::state_folder::Mode;

/// How the longest turns are measured.
#[derive(Args, Clone, Debug)]
pub struct LongestTurnsOptions {
    /// The server; it writes to an endpoint that takes everything.
    #[command(flatten)]
    pub server: ServerOptions,
    /// Label sets of span metrics, with 19 series each.
    #[arg(long, default_value_t = 52_632)]
    pub label_sets: usize,
    /// What is done, one after the other. Longest turns are those since the start, so a step that comes later shows only what
    /// is longer than before.
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = Step::ALL)]
    pub steps: Vec<Step>,
    /// Seconds from one collection to the next.
    #[arg(long, default_value_t = 5.0)]
    pub interval: f64,
    /// Seconds after which series are stale, and as long as a period of the limits on labels.
    #[arg(long, default_value_t = 60.0)]
    pub stale: f64,
    /// What outlives the process.
    #[arg(long, value_enum, default_value_t = Mode::None)]
    pub mode: Mode,
    /// Where durable state is kept, in a folder of its own that is removed at the end; without it where temporary files lie.
    #[arg(long)]
    pub folder: Option<PathBuf>,
    /// Where the random numbers of the traffic begin.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// What a missed goal means.
    #[command(flatten)]
    pub judging: Judging,
}
