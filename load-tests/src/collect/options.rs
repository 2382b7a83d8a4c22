//! How many series are collected, how often, and what is ingested meanwhile.

use clap::Args;

use crate::goal::Judging;
use crate::process::ServerOptions;
use crate::traffic::Shape;

/// How collections are measured.
#[derive(Args, Clone, Debug)]
pub struct CollectOptions {
    /// The server.
    #[command(flatten)]
    pub server: ServerOptions,
    /// The traffic that is ingested while collections run.
    #[command(flatten)]
    pub shape: Shape,
    /// Label sets of span metrics, with 19 series each.
    #[arg(long, default_value_t = 52_632)]
    pub label_sets: usize,
    /// Seconds from one collection to the next; one must be over long before.
    #[arg(long, default_value_t = 6.0)]
    pub interval: f64,
    /// Collections whose CPU time is measured, while nothing is ingested.
    #[arg(long, default_value_t = 3)]
    pub collections: usize,
    /// Seconds of ingestion with collections running.
    #[arg(long, default_value_t = 60.0)]
    pub seconds: f64,
    /// Spans a second meanwhile.
    #[arg(long, default_value_t = 40_000.0)]
    pub rate: f64,
    /// Connections that send them, each with one request at a time.
    #[arg(long, default_value_t = 16)]
    pub connections: usize,
    /// What a missed goal means.
    #[command(flatten)]
    pub judging: Judging,
}
