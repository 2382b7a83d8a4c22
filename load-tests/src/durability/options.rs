//! What is measured of durable state, with how much of it.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::goal::Judging;
use crate::process::ServerOptions;

/// How durable state is measured.
#[derive(Args, Clone, Debug)]
pub struct DurabilityOptions {
    /// The server; it is started several times.
    #[command(flatten)]
    pub server: ServerOptions,
    /// Where folders with state are made, on the disk that is measured; without it, where temporary files lie.
    #[arg(long)]
    pub folder: Option<PathBuf>,
    /// What is measured, one after the other.
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = Part::ALL)]
    pub parts: Vec<Part>,
    /// The modes in turns.
    #[command(flatten)]
    pub turns: TurnsOptions,
    /// Large state.
    #[command(flatten)]
    pub large: LargeOptions,
    /// Where the random numbers of the traffic begin.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// What a missed goal means.
    #[command(flatten)]
    pub judging: Judging,
}

/// What can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// CPU time a span, throughput and latency with and without durable state.
    Turns,
    /// What a large state takes: held requests, time of epochs and starts, disk, memory.
    Large,
}

impl Part {
    /// All, in the order in which they are measured.
    pub const ALL: [Self; 2] = [Self::Turns, Self::Large];
}

/// How the modes are compared, in turns.
#[derive(Args, Clone, Debug)]
pub struct TurnsOptions {
    /// Services of the mesh; each brings some 500 series.
    #[arg(long, default_value_t = 220, value_parser = clap::value_parser!(u32).range(2..=10_000))]
    pub services: u32,
    /// Spans a second.
    #[arg(long, default_value_t = 200_000.0)]
    pub rate: f64,
    /// Seconds that half-edges wait while modes are compared: as many wait as come alone in that time.
    #[arg(long, default_value_t = 11)]
    pub turns_wait: u32,
    /// Seconds from one collection to the next; with durable state each is an epoch.
    #[arg(long, default_value_t = 15.0)]
    pub collection_interval: f64,
    /// Collections of a turn.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..))]
    pub collections: u32,
    /// Seconds at the end of each turn in which as much is sent as is taken.
    #[arg(long, default_value_t = 5.0)]
    pub full_seconds: f64,
    /// Connections in these seconds, each with one request at a time; before, it is 32.
    #[arg(long, default_value_t = 64)]
    pub full_connections: usize,
    /// Turns of each mode; the lowest CPU time counts.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    pub repeat: u32,
}

/// What a large state has, and how it is driven.
#[derive(Args, Clone, Debug)]
pub struct LargeOptions {
    /// Label sets of span metrics, with 19 series each; rounded up to whole services of 53.
    #[arg(long, default_value_t = 52_629)]
    pub label_sets: usize,
    /// Half-edges that wait, at least.
    #[arg(long, default_value_t = 1_000_000)]
    pub pending: u64,
    /// Seconds of traffic while epochs are made.
    #[arg(long, default_value_t = 90.0)]
    pub seconds: f64,
    /// Spans a second meanwhile; they change every series again and again.
    #[arg(long, default_value_t = 40_000.0)]
    pub large_rate: f64,
    /// Seconds from one epoch to the next, beside those of collections.
    #[arg(long, default_value_t = 3.0)]
    pub epoch_interval: f64,
}
