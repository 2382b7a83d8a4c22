//! The commands that measure: each prints one line of JSON, then a table with its goals.

use std::fmt::Display;
use std::process::ExitCode;

use clap::Subcommand;
use serde::Serialize;

use super::print;
use crate::collect::{CollectOptions, collect};
use crate::cost::{CostOptions, cost};
use crate::durability::{DurabilityOptions, durability};
use crate::goal::{Goal, Judging};
use crate::kill::{KillOptions, kill};
use crate::longest_turns::{LongestTurnsOptions, longest_turns};
use crate::memory::{MemoryOptions, memory};
use crate::overload::{OverloadOptions, overload};
use crate::parallel::{ParallelOptions, parallel};
use crate::requests::{RequestsOptions, requests};
use crate::scale::{ScaleOptions, scale};

/// What is measured.
#[derive(Debug, Subcommand)]
pub enum Measurement {
    /// Measure CPU time a span, memory and latency, beside receivers that do next to nothing.
    Cost(CostOptions),
    /// Measure what a request costs, small and large, over few connections and many, beside a receiver that drops it.
    Requests(RequestsOptions),
    /// Measure what collecting many series costs, and whether ingestion notices it.
    Collect(CollectOptions),
    /// Send the server twice what it can take, and look at its memory, refusals, counts, and how it recovers.
    Overload(OverloadOptions),
    /// Measure how much more the server takes with two cores than with one.
    Parallel(ParallelOptions),
    /// Measure the memory of each half-edge that waits, and of each label set of span metrics.
    Memory(MemoryOptions),
    /// Measure whether CPU time a span grows with services, series and tenants.
    Scale(ScaleOptions),
    /// Measure what durable state costs: CPU time, held requests, epochs, starts, disk and memory.
    Durability(DurabilityOptions),
    /// Kill the server again and again under load, and look at what its store has seen and what it counted.
    Kill(KillOptions),
    /// Measure the longest turn that an actor has when something concerns all of a million series.
    LongestTurns(LongestTurnsOptions),
}

impl Measurement {
    /// Takes it, and prints what came out.
    ///
    /// # Errors
    /// When it cannot be taken.
    pub(super) async fn take(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Cost(options) => conclude(&cost(&options).await?, |it| &it.goals, options.judging),
            Self::Requests(options) => conclude(&requests(&options).await?, |it| &it.goals, options.judging),
            Self::Collect(options) => conclude(&collect(&options).await?, |it| &it.goals, options.judging),
            Self::Overload(options) => conclude(&overload(&options).await?, |it| &it.goals, options.judging),
            Self::Parallel(options) => conclude(&parallel(&options).await?, |it| &it.goals, options.judging),
            Self::Memory(options) => conclude(&memory(&options).await?, |it| &it.goals, options.judging),
            Self::Scale(options) => conclude(&scale(&options).await?, |it| &it.goals, options.judging),
            Self::Durability(options) => {
                conclude(&durability(&options).await?, |it| &it.goals, options.judging)
            }
            Self::Kill(options) => conclude(&kill(&options).await?, |it| &it.goals, options.judging),
            Self::LongestTurns(options) => {
                conclude(&longest_turns(&options).await?, |it| &it.goals, options.judging)
            }
        }
    }
}

/// Prints a measurement: one line of JSON, then a table with the goals under it.
fn conclude<R: Serialize + Display>(
    report: &R,
    goals: fn(&R) -> &[Goal],
    judging: Judging,
) -> anyhow::Result<ExitCode> {
    print(&serde_json::to_string(report)?);
    print(&report.to_string());
    Ok(judging.exit_code(goals(report)))
}
