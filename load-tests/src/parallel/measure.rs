//! Runs server and sender together on one core and on two, in turns.

use std::process::{Output, Stdio};

use anyhow::{Context as _, bail, ensure};
use serde::Deserialize;
use tokio::process::Command;

use super::ceiling::independent_spans_per_second;
use super::machine::idle_seconds;
use super::options::ParallelOptions;
use super::report::{CoreRun, ParallelReport, Repeat};
use crate::process::{Server, Usage, allowed_cores, on_cores};
use crate::traffic::Shape;

/// What is needed of what the sender, a process of its own, reports of a drive.
#[derive(Deserialize)]
struct Sent {
    seconds: f64,
    accepted_spans: u64,
    sender_cpu_seconds: f64,
}

/// Measures one core and two, in turns.
///
/// # Errors
/// When there are no two cores, or server or sender cannot be started.
pub async fn parallel(options: &ParallelOptions) -> anyhow::Result<ParallelReport> {
    let cores = allowed_cores()?;
    let (Some(one), Some(two)) = (cores.get(..1), cores.get(..2)) else {
        bail!("two cores are needed, this process may use {cores:?}");
    };
    let shape = Shape {
        span_bytes: options.span_bytes,
        ..Shape::default()
    };
    let mut repeats = Vec::new();
    for _ in 0..options.repeat {
        repeats.push(Repeat {
            one: run(options, one).await?,
            two: run(options, two).await?,
            ceiling: independent_spans_per_second(&shape, two)? / independent_spans_per_second(&shape, one)?,
        });
    }
    Ok(ParallelReport::new(options, repeats))
}

/// Drives a new server, which sizes itself by the cores that it finds, from a sender on the same cores.
async fn run(options: &ParallelOptions, cores: &[usize]) -> anyhow::Result<CoreRun> {
    let mut server = options.server.clone();
    server.server_cores = cores.to_vec();
    let server = Server::start(&server).await?;
    let endpoint = server.receiver(options.transport);
    send(options, endpoint, options.warm_up, cores).await?;
    let (used, idle) = (Usage::of(server.pid())?, idle_seconds(cores)?);
    let sent = send(options, endpoint, options.seconds, cores).await?;
    let server_usage = Usage::of(server.pid())?.since(&used);
    ensure!(sent.accepted_spans > 0, "the server took nothing");
    Ok(CoreRun {
        seconds: sent.seconds,
        spans: sent.accepted_spans,
        server_cpu_seconds: server_usage.cpu_seconds(),
        sender_cpu_seconds: sent.sender_cpu_seconds,
        idle_seconds: idle_seconds(cores)? - idle,
    })
}

/// Runs `spangraph-load drive` on `cores`: as a process of its own it too has threads for no more than these.
async fn send(
    options: &ParallelOptions,
    endpoint: &str,
    seconds: f64,
    cores: &[usize],
) -> anyhow::Result<Sent> {
    let transport = format!("{:?}", options.transport).to_lowercase();
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["drive", "--endpoint", endpoint, "--transport", &transport]);
    command.args(["--span-bytes", &options.span_bytes.to_string()]);
    command.args(["--connections", &options.connections.to_string()]);
    command.args([
        "--spans",
        &u64::MAX.to_string(),
        "--seconds",
        &seconds.to_string(),
    ]);
    command.args(["--seed", &fastrand::u32(..).to_string()]);
    command.stdin(Stdio::null()).kill_on_drop(true);
    let Output {
        status,
        stdout,
        stderr,
    } = on_cores(cores, || command.output())?.await?;
    let errors = String::from_utf8_lossy(&stderr);
    ensure!(status.success(), "the sender failed: {errors}");
    serde_json::from_slice(&stdout).context("the sender reports something else")
}
