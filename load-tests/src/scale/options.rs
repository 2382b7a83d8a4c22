//! What is scaled, and how far.

use clap::{Args, ValueEnum};
use serde::Serialize;

use crate::goal::Judging;
use crate::process::ServerOptions;

/// How growth is measured.
#[derive(Args, Clone, Debug)]
pub struct ScaleOptions {
    /// The server; it is started twice for each of what is scaled.
    #[command(flatten)]
    pub server: ServerOptions,
    /// What is scaled, one after the other.
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = Axis::ALL)]
    pub axes: Vec<Axis>,
    /// Services at the end, about; there are about 10 at the start.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(10..=10_000))]
    pub services: u32,
    /// Label sets of span metrics at the end, with 19 series each; there are 53 at the start, of one service.
    #[arg(long, default_value_t = 52_629)]
    pub label_sets: usize,
    /// Tenants at the end; there is one at the start.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    pub tenants: u64,
    /// Spans of one turn, about.
    #[arg(long, default_value_t = 1_000_000)]
    pub spans: u64,
    /// How often each end is measured, in turns; the lowest CPU time counts.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..))]
    pub repeat: u32,
    /// Where the random numbers of the traffic begin.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// What a missed goal means.
    #[command(flatten)]
    pub judging: Judging,
}

/// What is scaled while all else stays as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Axis {
    /// Services that call each other.
    Services,
    /// Series of span metrics.
    Series,
    /// Tenants that send the same.
    Tenants,
}

impl Axis {
    /// All, in the order in which they are measured.
    pub const ALL: [Self; 3] = [Self::Services, Self::Series, Self::Tenants];
}

impl std::fmt::Display for Axis {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(match self {
            Self::Services => "services",
            Self::Series => "series",
            Self::Tenants => "tenants",
        })
    }
}
